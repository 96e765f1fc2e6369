"""An evaluation: the trials of agents at the tasks of a suite, with their statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from agentkit.errors import UsageError
from agentkit.evals.statistics.clustered import clustered_interval
from agentkit.evals.statistics.paired import PairedComparison, compare
from agentkit.evals.statistics.pass_rates import pass_at_k, pass_hat_k
from agentkit.evals.statistics.stopping import StoppingRule
from agentkit.evals.statistics.task_flags import TaskFlag, flag_tasks
from agentkit.patterns.classify.intervals import Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from agentkit.evals.trial import AnyTrial
    from agentkit.messages.message import JSONObject

_MOST_FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task as reports show it."""

    name: str
    """The name."""
    category: str = ""
    """The category."""
    tags: Sequence[str] = ()
    """The tags."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The trials of agents at the tasks of a suite. Returned by `evaluate`; printed, it is a report.

    Where a method takes an agent, None is allowed if there is one only. Statistics are of judged trials: one with a
    `problem` has neither passed nor failed, and is among `problems`.
    """

    suite: str
    """The name of the suite. Empty: the tasks were given without one."""
    description: str = ""
    """The description of the suite."""
    tasks: tuple[TaskInfo, ...]
    """The tasks, in order."""
    agents: tuple[str, ...]
    """The names of the agents, in order."""
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    """The model id of each agent. Empty: a pipeline, or an agent for each task."""
    trials: tuple[AnyTrial, ...] = field(repr=False)
    """The trials, by agent, task and number."""
    seed: int = 0
    """The seed."""
    tries: int = 1
    """The tries of each agent at each task; with `until_width` the most of them."""
    until_width: float | None = None
    """The width of the interval that ended the tries at a task. None: all tries were made."""
    batch: int = 1
    """The tries after which that interval was looked at."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    """The time of its start, in UTC."""
    seconds: float = 0.0
    """The time that it took."""
    spent_usd: float = 0.0
    """US dollars spent on the trials made for it, with graders, users and repeated attempts. Kept ones cost nothing."""
    faults: str = ""
    """The faults under which the agents ran. Empty: none."""
    stopped: str = ""
    """The reason why trials are missing. Empty: it is complete."""

    @property
    def problems(self) -> tuple[AnyTrial, ...]:
        """The trials that are not judged, each with its `problem`."""
        return tuple(trial for trial in self.trials if not trial.is_judged)

    @property
    def cost_usd(self) -> float | None:
        """The cost of all trials, in US dollars, whenever they were paid. None: a price is not known."""
        costs = [trial.cost_usd for trial in self.trials]
        return None if None in costs else math.fsum(cost for cost in costs if cost is not None)

    @property
    def stopping_rule(self) -> StoppingRule | None:
        """The rule that ended the tries at a task. None: all tries were made."""
        return None if self.until_width is None else StoppingRule(self.until_width, batch=self.batch)

    def of(self, agent: str | None = None) -> tuple[AnyTrial, ...]:
        """Return the trials of an agent.

        Args:
            agent: Its name.

        Raises:
            UsageError: There is none of this name, or none is named and there are several.
        """
        chosen = self.agents[0] if agent is None and len(self.agents) == 1 else agent
        if chosen not in self.agents:
            problem = (
                "name one of them, as agent=" + repr(self.agents[0])
                if agent is None
                else f"there is no agent {agent!r}"
            )
            raise UsageError(f"An evaluation of {', '.join(map(repr, self.agents))}: {problem}.")
        return tuple(trial for trial in self.trials if trial.agent == chosen)

    def task_trials(self, agent: str | None = None) -> dict[str, list[AnyTrial]]:
        """Return the trials of an agent by task.

        Args:
            agent: Its name.
        """
        found: dict[str, list[AnyTrial]] = {task.name: [] for task in self.tasks}
        for trial in self.of(agent):
            found[trial.task].append(trial)
        return found

    def scores(self, agent: str | None = None) -> dict[str, list[float]]:
        """Return for each task 1.0 or 0.0 for every judged trial that passed or failed: what `statistics` take.

        Args:
            agent: Its name.
        """
        trials = self.task_trials(agent)
        return {task: [float(one.passed) for one in of_task if one.is_judged] for task, of_task in trials.items()}

    def pass_rate(self, agent: str | None = None) -> Interval:
        """Return the mean pass rate over tasks with its interval, clustered by task. NaN: no trial is judged.

        Args:
            agent: Its name.
        """
        scores = self.scores(agent)
        if not any(scores.values()):
            return Interval(math.nan, 0.0, 1.0)
        return clustered_interval(scores, stopping=self.stopping_rule)

    def task_rates(self, agent: str | None = None) -> dict[str, Interval]:
        """Return the pass rate of each task: Wilson's interval, or that of the rule where tries were ended early.

        Args:
            agent: Its name.
        """
        rule = self.stopping_rule
        found: dict[str, Interval] = {}
        for task, scores in self.scores(agent).items():
            passed, count = round(sum(scores)), len(scores)
            if not count:
                found[task] = Interval(math.nan, 0.0, 1.0)
            elif rule is None:
                found[task] = Interval(passed / count, *wilson(passed, count))
            else:
                found[task] = Interval(rule.estimate(passed, count), *rule.interval(passed, count))
        return found

    def pass_at(self, k: int, agent: str | None = None) -> float:
        """Return pass@k: the probability that one of k tries passes, over the tasks that have k judged trials.

        Args:
            k: The number of tries.
            agent: Its name.
        """
        return self._mean_of_tasks(pass_at_k, k, agent)

    def pass_hat(self, k: int, agent: str | None = None) -> float:
        """Return pass^k: the probability that all of k tries pass, over the tasks that have k judged trials.

        Args:
            k: The number of tries.
            agent: Its name.
        """
        return self._mean_of_tasks(pass_hat_k, k, agent)

    def _mean_of_tasks(self, measure: Callable[[int, int, int], float], k: int, agent: str | None) -> float:
        tasks = [scores for scores in self.scores(agent).values() if len(scores) >= k]
        return fmean(measure(len(scores), round(sum(scores)), k) for scores in tasks) if tasks else math.nan

    def compare(self, baseline: str, candidate: str) -> PairedComparison:
        """Compare two agents on the tasks that both have tried: the candidate less the baseline.

        Args:
            baseline: The name of the one.
            candidate: The name of the other.
        """
        first, second = self.scores(baseline), self.scores(candidate)
        return compare(first, second, stopping=self.stopping_rule, seed=self.seed)

    def flags(self, agent: str | None = None) -> dict[str, TaskFlag]:
        """Return the tasks that are too easy, too hard or flaky.

        Args:
            agent: An agent. None: all of them.
        """
        names = self.agents if agent is None else (agent,)
        judged = [scores for name in names if any((scores := self.scores(name)).values())]
        return flag_tasks(*judged) if judged else {}

    def transcript(self, trial: AnyTrial) -> list[JSONObject]:
        """Return the messages of a trial.

        Args:
            trial: A trial of this evaluation.
        """
        return list(trial.transcript)

    def check(
        self,
        min_pass_rate: float | None = None,
        no_worse_than: str | tuple[Evaluation, str] | None = None,
        agent: str | None = None,
    ) -> None:
        """Raise AssertionError, with the trials that failed, unless the agent is as good as wanted.

        A task whose trials could not be judged, not one of them, fails it too: nothing is known about it.

        Args:
            min_pass_rate: The pass rate that it has to have at least: its mean over tasks.
            no_worse_than: Another agent of this evaluation, or an agent of an earlier one, than which it may not be
                worse: by a paired test of the tasks that both have tried, at 5%.
            agent: The agent. None: the only one.

        Raises:
            AssertionError: It is not as good as wanted.
            UsageError: `min_pass_rate` is no share, or there is no such agent, or none is named of several.
        """
        __tracebackhide__ = True  # pytest shows the line of the test alone
        wrong = [f"The evaluation is not complete: {self.stopped}."] if self.stopped else []
        if min_pass_rate is not None and not 0 <= min_pass_rate <= 1:
            raise UsageError(f"check(min_pass_rate={min_pass_rate!r}): it is a share from 0 to 1.")
        if unknown := [name for name, scores in self.scores(agent).items() if not scores]:
            wrong.append(f"No trial could be judged at {len(unknown)} of {len(self.tasks)} tasks.")
        rate = self.pass_rate(agent)
        if min_pass_rate is not None and not rate.value >= min_pass_rate:
            wrong.append(f"The pass rate is {rate}, wanted is {min_pass_rate:g} at least.")
        if no_worse_than is not None and not math.isnan(rate.value):
            found = self._compare_with(no_worse_than, agent)
            if found.difference.value < 0 and found.p_value < 0.05:
                wrong.append(f"It is worse than the baseline: {found}.")
        if min_pass_rate is None and no_worse_than is None:
            wrong += ["Not every trial has passed."] if any(not trial.passed for trial in self.of(agent)) else []
        if wrong:
            raise AssertionError("\n".join([*wrong, *self._failures(agent)]))

    def _compare_with(self, baseline: str | tuple[Evaluation, str], agent: str | None) -> PairedComparison:
        other, name = (self, baseline) if isinstance(baseline, str) else baseline
        return compare(other.scores(name), self.scores(agent), seed=self.seed)

    def _failures(self, agent: str | None) -> list[str]:
        lines: list[str] = []
        for trial in self.of(agent):
            if not trial.passed:
                reasons = [f"{one.grader}: {one.reason}" for one in trial.grades if not one.passed]
                what = f"not judged: {trial.problem}" if trial.problem else "; ".join(reasons)
                lines.append(f"  {trial.task!r}, try {trial.number}: {what}")
        more = [f"  and {len(lines) - _MOST_FAILURES_SHOWN} more"] if len(lines) > _MOST_FAILURES_SHOWN else []
        return [*lines[:_MOST_FAILURES_SHOWN], *more]

    def __str__(self) -> str:
        """Return the report as a text for a terminal, 80 columns wide."""
        from agentkit.evals.reports.terminal_text import evaluation_text

        return evaluation_text(self)

    def to_html(self, *, without_faults: Evaluation | None = None) -> str:
        """Return the report as one HTML page that loads nothing from elsewhere.

        Args:
            without_faults: The same evaluation without faults, for the recovery rates.
        """
        from agentkit.evals.reports.html_page import evaluation_html

        return evaluation_html(self, without_faults=without_faults)

    def to_markdown(self, *, without_faults: Evaluation | None = None) -> str:
        """Return the report as Markdown for a pull request.

        Args:
            without_faults: The same evaluation without faults, for the recovery rates.
        """
        from agentkit.evals.reports.markdown import evaluation_markdown

        return evaluation_markdown(self, without_faults=without_faults)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the HTML page to a file.

        Args:
            path: The file; it is replaced.
        """
        Path(path).write_text(self.to_html(), encoding="utf-8")
