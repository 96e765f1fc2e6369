"""Statistics of measured samples: proportions with Wilson intervals, percentiles, bootstrap intervals."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

Z_95 = 1.959963984540054
"""The standard normal quantile of a two-sided interval of 95%."""
_RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval of 95%."""

    value: float
    """The estimate. NaN: there is nothing to estimate it from."""
    low: float
    """The lower end."""
    high: float
    """The upper end."""

    def __str__(self) -> str:
        return "-" if math.isnan(self.value) else f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f})"


def wilson(hits: int, total: int, z: float = Z_95) -> Interval:
    """Return a proportion with its Wilson score interval; without a trial it may be anything from 0 to 1.

    Args:
        hits: The trials that succeeded.
        total: All trials.
        z: The quantile of the standard normal distribution. Default: an interval of 95%.

    Raises:
        ValueError: `hits` is below 0 or above `total`.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"wilson({hits}, {total}): hits have to be between 0 and the total.")
    if total == 0:
        return Interval(math.nan, 0.0, 1.0)
    share, weight = hits / total, z * z / total
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / total + weight / (4 * total))
    return Interval(share, 0.0 if hits == 0 else middle - half, 1.0 if hits == total else middle + half)


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


def bootstrap(sample: Sequence[T], measure: Callable[[Sequence[T]], float], resamples: int = _RESAMPLES) -> Interval:
    """Return a measure of a sample with its percentile bootstrap interval of 95%; the same sample gives the same one.

    Args:
        sample: The observations.
        measure: Computes the measure of a sample.
        resamples: The number of samples drawn from the observations, with replacement.
    """
    if not sample:
        return Interval(math.nan, 0.0, 1.0)
    draw = random.Random(0)  # noqa: S311 - a seeded resampling, no secret
    measured = [measure(draw.choices(sample, k=len(sample))) for _ in range(resamples)]
    return Interval(measure(sample), percentile(measured, 0.025), percentile(measured, 0.975))
