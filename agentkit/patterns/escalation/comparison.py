"""An item that the cascade and the strong model were both given: prices and seconds of both, and what they differ by.

Intervals are of 95%. The saving is a ratio of means over such items, resampled item by item. Where few items went on to
the next level, or few did not, such an interval is too narrow; so it reaches at least as far as Wilson's interval of
the share that the first level solves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Generic

from agentkit.patterns.classify.intervals import Interval, bootstrap, wilson
from agentkit.patterns.escalation.result import CascadeResult, Out_co

_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Pair(Generic[Out_co]):
    """An item that the cascade and the strong model alone were both given."""

    cascade: CascadeResult[Out_co]
    """The result of the cascade."""
    strong: CascadeResult[Out_co]
    """The result of the strong model alone: one attempt."""

    @property
    def is_estimated(self) -> bool:
        """True if a part of either price is our estimate."""
        return self.cascade.is_estimated or self.strong.is_estimated


@dataclass(frozen=True, slots=True)
class Parts:
    """The price, or the seconds, of one item."""

    first: float
    """Of the first level, with its checks."""
    rest: float
    """Of the levels behind it, with their checks."""
    strong: float
    """Of the strong model alone, without checks."""
    went_on: bool
    """True if the first level did not solve it."""


def usd_or_nan(usd: float | None) -> float:
    """Return an amount of US dollars as a number. NaN: it is not known."""
    return math.nan if usd is None else usd


def cost_parts(pair: Pair[Out_co]) -> Parts:
    """Return the prices of an item. NaN: one is not known."""
    first, *rest = (usd_or_nan(one.total_cost.usd) for one in pair.cascade.attempts)
    strong = sum(usd_or_nan(one.cost.usd) for one in pair.strong.attempts)
    return Parts(first, sum(rest), strong, not pair.cascade.attempts[0].accepted)


def time_parts(pair: Pair[Out_co]) -> Parts:
    """Return the seconds of an item."""
    first, *rest = (one.seconds for one in pair.cascade.attempts)
    strong = sum(one.seconds - one.check_seconds for one in pair.strong.attempts)
    return Parts(first, sum(rest), strong, not pair.cascade.attempts[0].accepted)


def _ratio_saved(parts: Sequence[Parts]) -> float:
    strong = sum(one.strong for one in parts)
    return 1 - sum(one.first + one.rest for one in parts) / strong if strong else math.nan


def saving_interval(parts: Sequence[Parts]) -> Interval:
    """Return the share saved, with the wider of two intervals; see the beginning of the file.

    Args:
        parts: The price, or the seconds, of each item.
    """
    if not parts or math.isnan(_ratio_saved(parts)):
        return Interval(math.nan, -math.inf, 1.0)
    drawn = bootstrap(parts, _ratio_saved, _RESAMPLES)
    strong = fmean(one.strong for one in parts)
    went_on = [one.rest for one in parts if one.went_on]
    further = fmean(went_on) if went_on else strong
    least, most = (
        1 - (fmean(one.first for one in parts) + share * further) / strong
        for share in reversed(wilson(len(went_on), len(parts)))
    )
    return Interval(drawn.value, min(drawn.low, least), max(drawn.high, most))


def paired_difference(pairs: Sequence[tuple[bool, bool]]) -> Interval:
    """Return the difference of two proportions over the same items, with its interval (Newcombe, 1998, method 10).

    Args:
        pairs: Whether the one, and whether the other, holds for each item.
    """
    n = len(pairs)
    if n == 0:
        return Interval(math.nan, -1.0, 1.0)
    one, other, both = sum(a for a, _ in pairs), sum(b for _, b in pairs), sum(a and b for a, b in pairs)
    (low_1, high_1), (low_2, high_2) = wilson(one, n), wilson(other, n)
    p_1, p_2 = one / n, other / n
    spread = one * (n - one) * other * (n - other)
    phi = (both * (n - one - other + both) - (one - both) * (other - both)) / math.sqrt(spread) if spread else 0.0
    below = _distance(p_1 - low_1, high_2 - p_2, phi)
    above = _distance(high_1 - p_1, p_2 - low_2, phi)
    return Interval(p_1 - p_2, p_1 - p_2 - below, p_1 - p_2 + above)


def _distance(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))
