"""Intervals of a measured cascade: none is narrower than its sample allows."""

from __future__ import annotations

import math

import pytest

from agentkit.budget.usage import Cost
from agentkit.patterns import Attempt, CascadeMeasurement, CascadeResult, CascadeResults
from agentkit.patterns.escalation.measures import Pair, paired_difference
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


def test_the_difference_of_two_shares_over_the_same_items() -> None:
    # Newcombe (1998), table II, method 10: 36 + 12 + 2 + 0 of 50.
    pairs = [(True, True)] * 36 + [(True, False)] * 12 + [(False, True)] * 2
    found = paired_difference(pairs)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0569, abs=5e-4)
    assert found.high == pytest.approx(0.3404, abs=5e-4)
    same = paired_difference([(True, True)] * 10)
    assert same.low < -0.1 < 0.1 < same.high
    assert (paired_difference([]).low, paired_difference([]).high) == (-1.0, 1.0)
