"""Intervals of a measured cascade: none is narrower than its sample allows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from agentkit.budget.usage import Cost
from agentkit.patterns import Attempt, CascadeMeasurement, CascadeResult, CascadeResults
from agentkit.patterns.escalation.comparison import Pair
from agentkit.patterns.escalation.results import mean_interval
from agentkit.run.outcome import Outcome


def attempt(level: str, usd: float | None, accepted: bool = True) -> Attempt:
    return Attempt(
        level=level,
        answer="",
        accepted=accepted,
        outcome=Outcome.COMPLETED,
        cost=Cost(usd),
        seconds=1.0,
        check_seconds=0.5,
    )


def measured(cheap: list[bool], usd: float | None = 1.0) -> CascadeMeasurement:
    cascades = [
        CascadeResult(
            attempts=(attempt("a", usd),) if solved else (attempt("a", usd, accepted=False), attempt("b", 10.0)),
            index=index,
        )
        for index, solved in enumerate(cheap)
    ]
    pairs = tuple(Pair(one, CascadeResult(attempts=(attempt("b", 10.0),))) for one in cascades)
    return CascadeMeasurement(CascadeResults(tuple(cascades), ("a", "b")), "b", pairs, len(pairs), 0)


def test_a_few_items_that_all_went_the_same_way_prove_little() -> None:
    saving = measured([True] * 5).saving
    assert saving.value == pytest.approx(0.9)
    assert saving.low < 0.5
    saving = measured([False] * 5).saving
    assert saving.value == pytest.approx(-0.1)
    assert saving.high > 0.2
    assert not measured([False] * 5).pays
    assert "includes 0" in measured([False] * 5).verdict
    assert measured([False] * 200).verdict.startswith("It does not pay: it costs 10% (")
    assert measured([True, False] * 50).saving.low > 0.25


def test_time_is_that_of_the_strong_model_without_checks() -> None:
    assert measured([True] * 5).time_saving.value == pytest.approx(1 - 1 / 0.5)


def test_each_level_has_its_price_and_time_with_intervals() -> None:
    level = measured([True, False]).results.by_level["a"]
    assert (level.cost_each.value, level.seconds_each.value) == (1.0, 1.0)
    few, many = mean_interval([1.0, 2.0] * 900), mean_interval([1.0, 2.0] * 1_100)
    assert few.low == pytest.approx(many.low, abs=0.005)
    assert few.high == pytest.approx(many.high, abs=0.005)
    assert math.isnan(mean_interval([]).value)


def test_an_unknown_price_makes_no_verdict() -> None:
    unknown = measured([True, False], usd=None)
    assert math.isnan(unknown.saving.value)
    assert not unknown.pays
    assert "the price of a model is not known" in str(unknown)
    assert not measured([]).pays


def test_an_estimated_price_says_nothing_about_price_and_time() -> None:
    plain, cheap, strong = (measured([True] * 10 + [False] * 5).pairs for _ in range(3))
    broken = replace(cheap[0].cascade.attempts[0], cost=Cost(50.0, 49.0))
    one = replace(cheap[0], cascade=replace(cheap[0].cascade, attempts=(broken,)))
    other = replace(strong[1], strong=CascadeResult(attempts=(replace(broken, level="b"),)))
    pairs = (one, other, *plain[2:])
    results = CascadeResults(tuple(pair.cascade for pair in pairs), ("a", "b"))
    found = CascadeMeasurement(results, "b", pairs, len(pairs), 0)
    whole = CascadeMeasurement(results, "b", plain[2:], len(plain[2:]), 0)
    assert (found.saving, found.time_saving) == (whole.saving, whole.time_saving)
    assert found.strong_cost_each == whole.strong_cost_each
    assert (found.estimated, found.strong_solved.value, found.results.by_level["a"].tried) == (2, 1.0, 15)
    assert found.cost_each.high < 12
    assert found.results.by_level["a"].cost_each.value == 1.0
    assert "Price and time leave out 2 of the sample" in found.verdict
    assert "$49.0000 of the cost is an estimate" in str(found)
    none = CascadeMeasurement(results, "b", pairs[:2], 2, 0)
    assert "no item has a price without an estimate" in none.verdict
    assert not none.pays
