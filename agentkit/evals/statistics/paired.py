"""Two agents compared on the same tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from agentkit.evals.statistics.clustered import task_rates, widened
from agentkit.evals.statistics.significance import sign_flip_test
from agentkit.evals.statistics.stopping import StoppingRule, clopper_pearson
from agentkit.evals.statistics.trials import Trials
from agentkit.messages.printable import plural
from agentkit.patterns.classify.intervals import Interval, bootstrap


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """The difference of two agents on the tasks that both have tried."""

    difference: Interval
    """The candidate's mean pass rate over these tasks less the baseline's."""
    p_value: float
    """The probability of so large a difference between two agents that are equally good at each task."""
    better: int
    """The tasks that the candidate passes more often."""
    worse: int
    """The tasks that it passes less often."""
    tasks: int
    """The tasks that both have tried."""
    spread: float
    """The standard deviation of the tasks' differences, for `power`. NaN: there is one task only."""
    unpaired: tuple[str, ...]
    """The tasks that only one has tried: they count nowhere."""

    def __str__(self) -> str:
        counted = f"better on {self.better} and worse on {self.worse} of {plural(self.tasks, 'task')}"
        left_out = f"; {plural(len(self.unpaired), 'task')} tried by one only" if self.unpaired else ""
        return f"{self.difference}, p = {self.p_value:.3g}, {counted}{left_out}"


def compare(
    baseline: Trials,
    candidate: Trials,
    level: float = 0.95,
    *,
    stopping: StoppingRule | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> PairedComparison:
    """Compare two agents task by task: a paired bootstrap over tasks, and an exact test.

    That a task is hard for both says nothing about their difference, and pairing takes it out. With one try a task the
    test is McNemar's, otherwise that of random signs.

    Args:
        baseline: Task -> the scores of the baseline's tries, 0 to 1.
        candidate: The same of the candidate.
        level: The coverage of the interval.
        stopping: The rule by which the tries of a task were ended, as for `clustered_interval`.
        resamples: The number of samples drawn for the interval.
        seed: The same seed draws the same samples.

    Raises:
        ValueError: No task was tried by both.
    """
    first, second = task_rates(baseline, stopping), task_rates(candidate, stopping)
    differences = [second[task] - rate for task, rate in first.items() if task in second]
    if not differences:
        raise ValueError(
            f"The baseline and the candidate have tried no task in common ({_few(first)}; {_few(second)}): "
            "only the same tasks can be compared."
        )
    return PairedComparison(
        difference=_interval(differences, level, resamples, seed),
        p_value=sign_flip_test(differences, seed),
        better=sum(difference > 0 for difference in differences),
        worse=sum(difference < 0 for difference in differences),
        tasks=len(differences),
        spread=stdev(differences) if len(differences) > 1 else math.nan,
        unpaired=tuple(sorted(first.keys() ^ second.keys())),
    )


def _interval(differences: Sequence[float], level: float, resamples: int, seed: int) -> Interval:
    if len(set(differences)) > 1:
        return bootstrap(differences, fmean, resamples, level=widened(level, len(differences)), seed=seed)
    # Resampling cannot show a task that differs otherwise: as many of them may exist as so few tasks can miss.
    (difference,), (_, missed) = set(differences), clopper_pearson(0, len(differences), level)
    return Interval(difference, max(-1.0, difference - missed), min(1.0, difference + missed))


def _few(rates: dict[str, float]) -> str:
    names = [repr(task) for task in rates]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
