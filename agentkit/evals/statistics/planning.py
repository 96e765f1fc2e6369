"""The tries and tasks that an evaluation needs, before they are paid for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, variance

from agentkit.evals.statistics.distributions import normal_cdf
from agentkit.evals.statistics.trials import Trials, check_passes
from agentkit.patterns.classify.intervals import normal_quantile, score_interval


def tries_for_width(width: float, rate: float = 0.5, level: float = 0.95) -> int:
    """Return the tries of one task after which the Wilson interval of its pass rate is this narrow.

    Args:
        width: The wanted width, above 0 and below 1.
        rate: The pass rate that one expects; 0.5 needs most tries.
        level: The coverage.

    Raises:
        ValueError: One of them cannot be.
    """
    z = normal_quantile(level)
    if not 0 < width < 1 or not 0 <= rate <= 1:
        raise ValueError(f"tries_for_width({width}, rate={rate}): the width is above 0 and below 1, the rate 0 to 1.")
    low, high = 0, 1
    while _wilson_width(rate, high, z) > width:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _wilson_width(rate, middle, z) <= width else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class TriesPlan:
    """The way to a wanted precision of a suite's mean, from the tries that were made."""

    tries: int | None
    """The tries that each of these tasks needs. None: no number is enough, since the tasks differ too much."""
    tasks: int
    """The tasks of this kind that are needed, with as many tries each as were made."""
    least_width: float
    """The width of the interval to which more tries of these tasks lead in the end."""


def plan_tries(pilot: Trials, width: float, level: float = 0.95) -> TriesPlan:
    """Return the tries a task, or the tasks, that make the interval of the suite's mean this narrow.

    The variance of the mean has a part of the tasks and a part of the tries (Miller, 2024, arXiv:2411.00640); more
    tries make only the second smaller.

    Args:
        pilot: Task -> the scores of its first tries, 0 to 1. At least two tasks, and two tries of each.
        width: The wanted width of the interval, above 0.
        level: The coverage.

    Raises:
        ValueError: There are too few tasks or tries, or `width` is not above 0.
    """
    tasks, z = check_passes(pilot), normal_quantile(level)
    if len(tasks) < 2 or any(len(scores) < 2 for scores in tasks.values()):
        raise ValueError("plan_tries needs two tasks at least, and two tries of each, to see how much they vary.")
    if not width > 0:
        raise ValueError(f"plan_tries(width={width}): the width has to be above 0.")
    of_tries = fmean(variance(scores) for scores in tasks.values())
    of_means = variance([fmean(scores) for scores in tasks.values()])
    of_tasks = max(0.0, of_means - fmean(variance(scores) / len(scores) for scores in tasks.values()))
    wanted = (width / 2 / z) ** 2
    left_to_tries = wanted * len(tasks) - of_tasks
    return TriesPlan(
        tries=max(1, math.ceil(of_tries / left_to_tries)) if left_to_tries > 0 else None,
        tasks=max(2, math.ceil(of_means / wanted)),
        least_width=2 * z * math.sqrt(of_tasks / len(tasks)),
    )


def power(difference: float, spread: float, tasks: int, level: float = 0.95) -> float:
    """Return the probability that a paired comparison over so many tasks finds a difference of this size.

    Args:
        difference: The true difference of the two agents' mean pass rates.
        spread: The standard deviation of the tasks' differences, above 0: `PairedComparison.spread` of a pilot.
        tasks: The number of tasks.
        level: 1 less the probability of finding a difference where there is none.

    Raises:
        ValueError: `spread` or `tasks` is not above 0.
    """
    z = normal_quantile(level)
    if not (spread > 0 and tasks > 0 and math.isfinite(difference)):
        raise ValueError(f"power(difference={difference}, spread={spread}, tasks={tasks}): spread and tasks above 0.")
    shift = difference * math.sqrt(tasks) / spread
    return normal_cdf(shift - z) + normal_cdf(-shift - z)


def tasks_for_power(difference: float, spread: float, wanted: float = 0.8, level: float = 0.95) -> int:
    """Return the tasks that a paired comparison needs to find a difference of this size so often.

    Args:
        difference: The smallest difference that one wants to find; not 0.
        spread: The standard deviation of the tasks' differences, as for `power`.
        wanted: The probability of finding it, above 0 and below 1.
        level: As for `power`.

    Raises:
        ValueError: One of them cannot be.
    """
    if not 0 < wanted < 1 or difference == 0:
        raise ValueError(f"tasks_for_power(difference={difference}, wanted={wanted}): not 0, and above 0 and below 1.")
    low, high = 0, 1
    while power(difference, spread, high, level) < wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(difference, spread, middle, level) >= wanted else (middle, high)
    return high


def _wilson_width(rate: float, tries: int, z: float) -> float:
    low, high = score_interval(rate, tries, z)
    return high - low
