"""The failed trials of an evaluation, by task and agent, with the reasons that their graders gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentkit.evals.reports.reported import Reported
from agentkit.evals.trial import AnyTrial


@dataclass(frozen=True, slots=True)
class Failures:
    """The failed tries of an agent at a task."""

    task: str
    agent: str
    trials: Sequence[AnyTrial]
    """The failed tries, the first in front."""
    judged: int
    """All tries that passed or failed."""

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The reasons with the number of tries that they failed, the most frequent first."""
        return Counter(reason for trial in self.trials for reason in failure_reasons(trial)).most_common()


def failures_of(evaluation: Reported) -> list[Failures]:
    """Return the failed tries by agent and task, in the order of agents and tasks."""
    found: dict[tuple[str, str], list[AnyTrial]] = {}
    for trial in evaluation.trials:
        if trial.is_judged:
            found.setdefault((trial.agent, trial.task), []).append(trial)
    places = {task.name: place for place, task in enumerate(evaluation.tasks)}
    agents = {name: place for place, name in enumerate(evaluation.agents)}
    ordered = sorted(found.items(), key=lambda item: (agents.get(item[0][0], 0), places.get(item[0][1], 0)))
    grouped = (
        Failures(task, agent, sorted((one for one in trials if not one.passed), key=_number), len(trials))
        for (agent, task), trials in ordered
    )
    return [one for one in grouped if one.trials]


def failure_reasons(trial: AnyTrial) -> Iterator[str]:
    """Yield a sentence for each grader that a trial failed, and for an outcome other than completed."""
    if trial.outcome != "completed":
        yield f"{trial.outcome}: {trial.reason}" if trial.reason else str(trial.outcome)
    for grade in trial.grades:
        if not grade.passed:
            yield grade.reason or f"{grade.grader or 'a grader'} failed it"


def _number(trial: AnyTrial) -> int:
    return trial.number
