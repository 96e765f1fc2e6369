"""Intervals over tasks: tries of one task are no new tasks."""

from __future__ import annotations

import math
from statistics import fmean, median, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS

from agentkit.evals.statistics import (
    StoppingRule,
    clustered_bootstrap,
    clustered_interval,
    pass_at_k,
    standard_error,
    wilson,
)
from agentkit.evals.statistics.clustered import task_rates, widened
from benchmarks.coverage import Suite, cover

SUITES = st.integers(1, 5).flatmap(
    lambda tries: st.lists(st.lists(st.floats(0, 1), min_size=tries, max_size=tries), min_size=2, max_size=12)
)
TRIALS = {"a": [1, 1, 1, 0], "b": [0, 0], "c": [1, 1, 0, 1, 1], "d": [1]}


@given(SUITES)
def test_the_standard_error_is_that_of_clustered_regression(suite: list[list[float]]) -> None:
    scores, tasks = np.ravel(suite), np.repeat(np.arange(len(suite)), len(suite[0]))
    fitted = OLS(scores, np.ones(len(scores))).fit(cov_type="cluster", cov_kwds={"groups": tasks})
    assert standard_error({str(task): tries for task, tries in enumerate(suite)}) == pytest.approx(
        float(fitted.bse[0]), abs=1e-6
    )


@given(SUITES)
def test_the_interval_is_wilsons_for_as_many_independent_trials(suite: list[list[float]]) -> None:
    found = clustered_interval({str(task): tries for task, tries in enumerate(suite)})
    means = [fmean(tries) for tries in suite]
    assert found.value == pytest.approx(fmean(means))
    assert 0 <= found.low <= found.value <= found.high <= 1
    if stdev(means) > 0.05:
        count, p = len(means), fmean(means)
        n = min(p * (1 - p) * count / stdev(means) ** 2, sum(map(len, suite)))
        n *= (stats.norm.ppf(0.975) / stats.t.ppf(0.975, count - 1)) ** 2
        roots = np.roots([1 + 3.841458820694124 / n, -(2 * p + 3.841458820694124 / n), p * p])
        assert (found.low, found.high) == pytest.approx(tuple(sorted(roots.real)), abs=1e-6)


def test_ten_times_the_same_tries_are_no_better_than_once() -> None:
    once, often = clustered_interval(TRIALS), clustered_interval({task: list(t) * 10 for task, t in TRIALS.items()})
    assert (often.value, often.low, often.high) == pytest.approx((once.value, once.low, once.high), abs=1e-9)
    tries = [try_ for tries in TRIALS.values() for try_ in tries * 10]
    low, high = wilson(sum(tries), len(tries))
    assert high - low < (often.high - often.low) / 3


def test_where_all_passed_others_may_fail() -> None:
    few, many = ({str(task): [1] * 10 for task in range(count)} for count in (5, 500))
    assert clustered_interval(few).high == 1
    assert 0.2 < clustered_interval(few).low < 0.6
    assert clustered_interval(many).low > 0.98
    one = clustered_interval({"a": [1, 1, 1]})
    assert (one.low, one.high) == (0, 1)
    assert math.isnan(standard_error({"a": [1, 1, 1]}))


def test_a_bootstrap_draws_whole_tasks_for_any_measure() -> None:
    assert clustered_bootstrap(TRIALS) == clustered_bootstrap(TRIALS)
    often = clustered_bootstrap({task: list(tries) * 10 for task, tries in TRIALS.items()})
    assert (often.low, often.high) == pytest.approx((clustered_bootstrap(TRIALS).low, clustered_bootstrap(TRIALS).high))
    costs = {str(task): [float(task), task + 2.0] for task in range(40)}
    assert clustered_bootstrap(costs, seed=1) != clustered_bootstrap(costs)
    middle = clustered_bootstrap(costs, lambda tasks: median(map(fmean, tasks)), level=0.9)
    assert 10 < middle.low < middle.value == 20.5 < middle.high < 31
    one = clustered_bootstrap({"a": [3.5, 4.5]})
    assert (one.value, one.low, one.high) == (4, -math.inf, math.inf)
    best_of_2 = clustered_interval({task: [pass_at_k(len(t), sum(t), 2)] for task, t in TRIALS.items() if len(t) > 1})
    assert best_of_2.value == pytest.approx(2 / 3)


@given(st.integers(2, 30), st.floats(0.5, 0.99))
def test_percentiles_are_widened_by_the_factor_of_a_mean(count: int, level: float) -> None:
    factor = stats.t.ppf((1 + level) / 2, count - 1) * math.sqrt(count / (count - 1))
    assert widened(level, count) == pytest.approx(2 * stats.norm.cdf(factor) - 1, abs=1e-9)


def test_tries_that_a_rule_ended_count_by_its_estimate() -> None:
    rule = StoppingRule(0.4)
    stopped = {"always": [1] * 8, "mostly": [1] * 5 + [0] + [1] * 7}
    assert task_rates(stopped) == {"always": 1, "mostly": pytest.approx(12 / 13)}
    assert task_rates(stopped, rule) == {"always": 1, "mostly": pytest.approx(0.875)}
    assert clustered_interval(stopped, stopping=rule).value == pytest.approx(0.9375)
    with pytest.raises(ValueError, match="'half' has a score between 0 and 1: a stopping rule"):
        clustered_interval({"half": [0.5]}, stopping=rule)


def test_it_covers_where_tries_ended_early_and_pooled_tries_do_not() -> None:
    found = cover(Suite(40, (4.0, 1.0), StoppingRule(0.4)), 60, bootstraps=0)
    assert found["clustered"] >= 0.9
    assert found["clustered"] > found["plain means"]
    assert found["pooled"] < 0.75
