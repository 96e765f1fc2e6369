"""Statistics: intervals as the textbooks have them, at their edges too."""

from __future__ import annotations

import math
from statistics import fmean, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from agentkit.patterns.classify.intervals import Interval, bootstrap, percentile, proportion, wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (15, 148, 0.0624, 0.1605)],
)
def test_a_proportion_has_the_interval_of_the_textbooks(hits: int, total: int, low: float, high: float) -> None:
    found = proportion(hits, total)
    assert (found.value, found.low, found.high) == pytest.approx((hits / total, low, high), abs=1e-4)


@given(st.integers(0, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_an_interval_holds_its_value_and_stays_between_0_and_1(counts: tuple[int, int]) -> None:
    found = proportion(*counts)
    assert 0 <= found.low <= found.high <= 1
    assert counts[1] == 0 or found.low <= found.value <= found.high


@given(st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_a_score_interval_is_that_of_statsmodels(counts: tuple[int, int], level: float) -> None:
    reference = proportion_confint(*counts, 1 - level, "wilson")
    assert wilson(*counts, level) == pytest.approx(tuple(map(float, reference)), abs=1e-9)


def test_nothing_measured_is_anything() -> None:
    assert str(proportion(0, 0)) == "-"
    assert wilson(0, 0) == (0.0, 1.0)
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(bootstrap([], fmean).value)
    with pytest.raises(ValueError, match="between 0 and the number of trials"):
        wilson(3, 2)


def test_a_percentile_lies_between_its_neighbours() -> None:
    values = [9.0, 1.0, 4.0, 7.0, 2.0]
    assert [percentile(values, share) for share in (0, 0.25, 0.5, 1)] == [1, 2, 4, 9]
    assert percentile(values, 0.95) == pytest.approx(quantiles(values, n=20, method="inclusive")[-1])


def test_a_bootstrap_is_the_same_each_time_and_narrower_for_more() -> None:
    few, many = [0.0, 1.0] * 10, [0.0, 1.0] * 200
    assert bootstrap(few, fmean) == bootstrap(few, fmean)
    assert bootstrap(few, fmean).value == 0.5
    wide, narrow = bootstrap(few, fmean), bootstrap(many, fmean)
    assert 0.2 < wide.low < narrow.low < 0.5 < narrow.high < wide.high < 0.8
    assert bootstrap(few, fmean, level=0.5).high < wide.high
    assert bootstrap(few, fmean, seed=1) != wide
    assert str(Interval(0.5, 0.25, 0.75)) == "0.50 (0.25-0.75)"
    assert str(Interval(-0.5, -0.75, -0.25)) == "-0.50 (-0.75 to -0.25)"
