"""Tests of a difference: McNemar's, sign flips for tasks with several tries, and Holm's correction for many tests."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import SupportsIndex, TypeVar, cast

K = TypeVar("K")

_MOST_SUMS = 20_000
_FLIPS = 10_000
_FINEST = 1_000
_PRECISION = 1e-9


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the p-value of McNemar's exact two-sided test (McNemar, 1947): two agents, one try of each task.

    Args:
        only_first: The tasks that only the first agent passed.
        only_second: The tasks that only the second agent passed.

    Raises:
        ValueError: A count is below 0.
        TypeError: One is no number of tasks.
    """
    for count in (only_first, only_second):
        if not isinstance(cast("object", count), SupportsIndex):
            raise TypeError(
                f"mcnemar takes two numbers of tasks, those that only one agent passed, not {type(count).__name__}: "
                "two agents' tries go to `compare(baseline, candidate)`, whose `p_value` is this one with a try a task."
            )
    if only_first < 0 or only_second < 0:
        raise ValueError(f"mcnemar({only_first}, {only_second}): numbers of tasks are at least 0.")
    count = only_first + only_second
    tail = sum(math.comb(count, passed) for passed in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / (1 << count))


def sign_flip_test(differences: Sequence[float], seed: int = 0) -> float:
    """Return the two-sided p-value of the differences of tasks: how often random signs give so large a sum.

    It needs no normal distribution (Fisher, 1935), and with one try a task it is McNemar's exact test. All signs are
    counted where the differences have a common denominator, as with the same number of tries for each task; otherwise
    10,000 are drawn.

    Args:
        differences: The difference of two agents on each task.
        seed: The same seed draws the same signs.

    Raises:
        ValueError: A difference is not a finite number.
    """
    if not all(map(math.isfinite, differences)):
        raise ValueError(f"sign_flip_test: the differences have to be finite numbers, not {list(differences)}.")
    whole = _as_integers(differences)
    p_value = _count_signs(whole) if whole is not None else None
    return _draw_signs(differences, seed) if p_value is None else p_value


def holm(p_values: Mapping[K, float]) -> dict[K, float]:
    """Return p-values corrected for many comparisons (Holm, 1979): those below 0.05 hold together at 5%.

    Args:
        p_values: Comparison -> its p-value.

    Raises:
        ValueError: One of them is not between 0 and 1.
        TypeError: They have no names.
    """
    if not isinstance(cast("object", p_values), Mapping):
        raise TypeError(
            f"holm takes comparison -> p-value, not {type(p_values).__name__}: `holm({{'a-b': 0.01, 'a-c': 0.04}})`, "
            "or `holm(dict(enumerate(p_values)))`."
        )
    for name, p_value in p_values.items():
        if not 0 <= p_value <= 1:
            raise ValueError(f"holm: the p-value of {name!r} is {p_value!r}; it has to be between 0 and 1.")
    corrected, highest = dict(p_values), 0.0
    for place, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[name]))
        corrected[name] = highest
    return corrected


def _as_integers(differences: Sequence[float]) -> list[int] | None:
    """Return the differences times their common denominator. None: they have none that is small."""
    fractions = [Fraction(difference).limit_denominator(_FINEST) for difference in differences]
    if any(abs(exact - given) > _PRECISION for exact, given in zip(fractions, differences, strict=True)):
        return None
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    return [int(fraction * common) for fraction in fractions]


def _count_signs(differences: Sequence[int]) -> float | None:
    """Return the share of signs with so large a sum. None: too many different sums."""
    sums = Counter({0: 1})
    for difference in differences:
        following: Counter[int] = Counter()
        for total, ways in sums.items():
            following[total + difference] += ways
            following[total - difference] += ways
        sums = following
        if len(sums) > _MOST_SUMS:
            return None
    found = abs(sum(differences))
    return sum(ways for total, ways in sums.items() if abs(total) >= found) / (1 << len(differences))


def _draw_signs(differences: Sequence[float], seed: int) -> float:
    draw = random.Random(seed)  # noqa: S311 - a seeded resampling, no secret
    found = abs(sum(differences)) - _PRECISION
    as_large = 0
    for _ in range(_FLIPS):
        signs = draw.getrandbits(len(differences) or 1)
        total = sum(one if signs >> place & 1 else -one for place, one in enumerate(differences))
        as_large += abs(total) >= found
    return (as_large + 1) / (_FLIPS + 1)
