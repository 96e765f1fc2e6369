"""Intervals of measured samples: proportions (Wilson), any measure (bootstrap); percentiles."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval, of 95% where nothing else is said."""

    value: float
    """The estimate. NaN: there is nothing to estimate it from."""
    low: float
    """The lower end."""
    high: float
    """The upper end."""

    def __str__(self) -> str:
        to = " to " if self.low < 0 else "-"
        return "-" if math.isnan(self.value) else f"{self.value:.2f} ({self.low:.2f}{to}{self.high:.2f})"


def normal_quantile(level: float) -> float:
    """Return the number of standard errors on both sides of an estimate that make an interval; 1.96 for 95%.

    Args:
        level: The wanted coverage, above 0 and below 1.

    Raises:
        ValueError: `level` is none.
    """
    if not 0 < level < 1:
        raise ValueError(f"level={level!r}: a level lies above 0 and below 1, as 0.95.")
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the ends of the score interval of a proportion (Wilson, 1927); without a trial it may be anything.

    Args:
        successes: The trials that succeeded.
        n: All trials.
        level: The coverage.

    Raises:
        ValueError: `successes` is below 0 or above `n`, or `level` is none.
    """
    z = normal_quantile(level)
    if not 0 <= successes <= n:
        raise ValueError(f"wilson({successes}, {n}): the successes have to be between 0 and the number of trials.")
    return score_interval(successes / n, n, z) if n else (0.0, 1.0)


def score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval around a share of n trials, which need not be a whole number.

    Args:
        share: The share that succeeded.
        n: The number of independent trials, above 0.
        z: The standard errors on both sides, from `normal_quantile`.
    """
    weight = z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    return 0.0 if share == 0 else middle - half, 1.0 if share == 1 else middle + half


def proportion(successes: int, n: int) -> Interval:
    """Return a proportion with its Wilson interval of 95%.

    Args:
        successes: The trials that succeeded.
        n: All trials.
    """
    return Interval(successes / n if n else math.nan, *wilson(successes, n))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies, interpolated between its neighbours.

    Args:
        values: The values, in any order. Without any, the result is NaN.
        share: 0 to 1; 0.5 is the median.
    """
    if not values:
        return math.nan
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    before = math.floor(place)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (ordered[after] - ordered[before]) * (place - before)


def bootstrap(
    sample: Sequence[T],
    measure: Callable[[Sequence[T]], float],
    resamples: int = _RESAMPLES,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return a measure of a sample with its percentile bootstrap interval; the same sample gives the same one.

    Args:
        sample: The observations.
        measure: Computes the measure of a sample.
        resamples: The number of samples drawn from the observations, with replacement.
        level: The coverage.
        seed: The same seed draws the same samples.
    """
    if not sample:
        return Interval(math.nan, 0.0, 1.0)
    draw = random.Random(seed)  # noqa: S311 - a seeded resampling, no secret
    measured = [measure(draw.choices(sample, k=len(sample))) for _ in range(resamples)]
    tail = (1 - level) / 2
    return Interval(measure(sample), percentile(measured, tail), percentile(measured, 1 - tail))
