"""Tries, tasks and power, known before they are paid for."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint

from agentkit.evals.statistics import clustered_interval, plan_tries, power, tasks_for_power, tries_for_width


@given(st.floats(0.02, 0.9), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_tries_are_the_fewest_whose_wilson_interval_is_as_narrow(width: float, rate: float, level: float) -> None:
    tries = tries_for_width(width, rate, level)
    for count, is_enough in ((tries, True), (tries - 1, False)):
        if count:
            low, high = proportion_confint(rate * count, count, 1 - level, "wilson")
            assert (float(high - low) <= width + 1e-9) >= is_enough
            assert is_enough or float(high - low) > width - 1e-9
    assert tries_for_width(0.1) == 381


@given(st.floats(-0.5, 0.5), st.floats(0.05, 1), st.integers(1, 1_000), st.sampled_from([0.8, 0.95, 0.99]))
def test_power_is_that_of_statsmodels(difference: float, spread: float, tasks: int, level: float) -> None:
    reference = NormalIndPower(ddof=0).power(difference / spread, tasks, 1 - level, ratio=0)
    assert power(difference, spread, tasks, level) == pytest.approx(float(reference), abs=1e-6)


@given(st.floats(0.02, 0.5), st.floats(0.05, 1), st.floats(0.1, 0.99))
def test_the_tasks_are_the_fewest_that_have_the_power(difference: float, spread: float, wanted: float) -> None:
    tasks = tasks_for_power(difference, spread, wanted)
    assert power(difference, spread, tasks) >= wanted
    assert tasks == 1 or power(difference, spread, tasks - 1) < wanted


def test_planned_tries_give_the_wanted_width() -> None:
    source = random.Random(0)
    rates = [0.3 + 0.4 * source.random() for _ in range(200)]
    pilot = {str(task): [source.random() < rate for _ in range(10)] for task, rate in enumerate(rates)}
    plan = plan_tries(pilot, 0.06)
    assert plan.tries is not None
    assert plan.least_width < 0.06
    widths: list[float] = []
    for _ in range(20):
        made = clustered_interval(
            {str(task): [source.random() < rate for _ in range(plan.tries)] for task, rate in enumerate(rates)}
        )
        widths.append(made.high - made.low)
    assert fmean(widths) == pytest.approx(0.06, abs=0.015)


def test_where_tasks_differ_more_tries_are_no_help() -> None:
    pilot = {str(task): [task % 2] * 5 for task in range(20)}
    plan = plan_tries(pilot, 0.1)
    assert plan.tries is None
    assert plan.tasks == 405
    assert plan.least_width == pytest.approx(0.45, abs=0.01)


def test_what_cannot_be_planned_is_refused() -> None:
    for width in (0, 1, float("nan")):
        with pytest.raises(ValueError, match="width"):
            tries_for_width(width)
    with pytest.raises(ValueError, match="two tasks at least, and two tries"):
        plan_tries({"a": [1], "b": [0, 1]}, 0.1)
    with pytest.raises(ValueError, match="width has to be above 0"):
        plan_tries({"a": [1, 0], "b": [0, 1]}, 0)
    with pytest.raises(ValueError, match="spread"):
        power(0.1, 0, 10)
    with pytest.raises(ValueError, match="wanted=1"):
        tasks_for_power(0.1, 0.5, 1)
    with pytest.raises(ValueError, match="a level lies above 0 and below 1"):
        tries_for_width(0.1, level=95)
