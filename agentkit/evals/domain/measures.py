"""Measures of answers where one may abstain: points, coverage, and the risk of those that were given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING

from agentkit.errors import UsageError
from agentkit.evals.domain.answering import AnswerIs, Result
from agentkit.evals.statistics.clustered import clustered_bootstrap, clustered_interval
from agentkit.patterns.classify.intervals import Interval

if TYPE_CHECKING:
    from agentkit.evals.suite import Suite
    from agentkit.evals.trial import AnyTrial


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """The questions whose tries agree at least this much."""

    agreement: float
    """The least share of a question's tries that give the most frequent answer."""
    coverage: float
    """The share of all questions that are answered then."""
    risk: float
    """The share of these whose most frequent answer is wrong."""


@dataclass(frozen=True)
class AnswerMeasures:
    """The answers of one agent; intervals of 95%, clustered by question."""

    results: Mapping[str, Sequence[tuple[str, Result]]]
    """Question -> what each try said, and if that is right."""
    penalty: float
    """The points that a wrong answer costs."""

    @cached_property
    def points(self) -> Interval:
        """The mean points: 1 for right, 0 for abstaining, `-penalty` for wrong."""
        worth = {"right": 1.0, "abstained": 0.0, "wrong": -self.penalty}
        return clustered_bootstrap({name: [worth[one] for _, one in tries] for name, tries in self.results.items()})

    @cached_property
    def coverage(self) -> Interval:
        """The share of tries that answered."""
        return clustered_interval(
            {name: [float(one != "abstained") for _, one in tries] for name, tries in self.results.items()}
        )

    @cached_property
    def risk(self) -> Interval | None:
        """The share of wrong answers among those that were given. None: none was given."""
        given = {
            name: [float(one == "wrong") for _, one in tries if one != "abstained"]
            for name, tries in self.results.items()
        }
        given = {name: tries for name, tries in given.items() if tries}
        return clustered_interval(given) if given else None

    @cached_property
    def risk_coverage(self) -> tuple[RiskPoint, ...]:
        """Risk and coverage where only questions count on whose answer the tries agree, the most agreed first.

        A question is answered with the most frequent answer of its tries. With one try each, there is one point.
        """
        chosen = [_most_frequent(tries) for tries in self.results.values()]
        points = list[RiskPoint]()
        for agreement in sorted({share for share, result in chosen if result != "abstained"}, reverse=True):
            kept = [result for share, result in chosen if share >= agreement and result != "abstained"]
            points.append(RiskPoint(agreement, len(kept) / len(chosen), fmean(one == "wrong" for one in kept)))
        return tuple(points)

    def __str__(self) -> str:
        risk = "-" if self.risk is None else str(self.risk)
        return f"points {self.points}, coverage {self.coverage}, risk {risk} (95%, {len(self.results)} questions)"


def measure_answers(suite: Suite, trials: Sequence[AnyTrial]) -> AnswerMeasures:
    """Return the measures of the trials of one agent: `measure_answers(suite, evaluation.of("answerer"))`.

    Trials that are not judged, such as those that an outage ended, count nowhere.

    Args:
        suite: A suite made by `agentkit.evals.domain.suite`.
        trials: Trials of its tasks by one agent.

    Raises:
        UsageError: No trial is judged, several agents made them, or the suite is another one.
    """
    graders = {task.name: task.graders[0] for task in suite.tasks}
    judged = [trial for trial in trials if not trial.problem]
    agents = sorted({trial.agent for trial in judged})
    if len(agents) != 1:
        raise UsageError(f"measure_answers(): give it the trials of one agent, not of {', '.join(agents) or 'none'}.")
    results: dict[str, list[tuple[str, Result]]] = {}
    penalty = 0.0
    for trial in judged:
        grader = graders.get(trial.task)
        if not isinstance(grader, AnswerIs):
            raise UsageError(f"measure_answers(): {trial.task!r} is no question of the suite {suite.name!r}.")
        penalty = grader.penalty
        results.setdefault(trial.task, []).append((grader.said(trial), grader.result(trial)))
    return AnswerMeasures(results, penalty)


def measures_by_agent(suite: Suite, trials: Sequence[AnyTrial]) -> dict[str, AnswerMeasures]:
    """Return the measures of each agent that has judged trials; none where the suite has no questions.

    Args:
        suite: Any suite.
        trials: Trials of its tasks.
    """
    if not all(isinstance(task.graders[0], AnswerIs) for task in suite.tasks):
        return {}
    agents = dict.fromkeys(trial.agent for trial in trials if not trial.problem)
    return {agent: measure_answers(suite, [one for one in trials if one.agent == agent]) for agent in agents}


def _most_frequent(tries: Sequence[tuple[str, Result]]) -> tuple[float, Result]:
    """Return the share of tries that give the most frequent answer, and if it is right; of equals, the first."""
    counts = Counter(said.casefold() if result != "abstained" else "" for said, result in tries)
    most, count = counts.most_common(1)[0]
    return count / len(tries), next(
        result for said, result in tries if (said.casefold() if result != "abstained" else "") == most
    )
