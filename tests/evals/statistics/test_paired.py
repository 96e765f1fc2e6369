"""Two agents on the same tasks: differences, their interval, and a test."""

from __future__ import annotations

import math
import random

import pytest

from agentkit.evals.statistics import StoppingRule, clustered_interval, compare, mcnemar


def test_pairing_takes_out_that_tasks_differ() -> None:
    source = random.Random(0)
    rates = [source.random() * 0.8 for _ in range(40)]
    baseline, candidate = (
        {str(task): [source.random() < rate + more for _ in range(20)] for task, rate in enumerate(rates)}
        for more in (0.0, 0.15)
    )
    found = compare(baseline, candidate)
    assert 0 < found.difference.low < 0.15 < found.difference.high < 0.3
    assert found.p_value < 0.001
    assert found.better > found.worse
    assert 0.05 < found.spread < 0.3
    assert (found.tasks, found.unpaired) == (40, ())
    assert found == compare(baseline, candidate)
    apart = clustered_interval(candidate).high - clustered_interval(candidate).low
    assert found.difference.high - found.difference.low < apart
    assert compare(candidate, baseline).difference.value == -found.difference.value


def test_with_one_try_a_task_the_test_is_mcnemars() -> None:
    baseline = {str(task): [task % 3 == 0] for task in range(30)}
    candidate = {str(task): [task % 2 == 0] for task in range(30)}
    found = compare(baseline, candidate)
    assert (found.worse, found.better) == (5, 10)
    assert found.p_value == pytest.approx(mcnemar(5, 10))


def test_tasks_that_one_has_not_tried_are_named_and_count_nowhere() -> None:
    found = compare({"a": [1], "b": [0], "c": [0], "d": []}, {"b": [1], "c": [0], "d": [1]})
    assert (found.tasks, found.unpaired) == (2, ("a", "d"))
    with pytest.raises(ValueError, match=r"no task in common \('a'; 'b'\)"):
        compare({"a": [1]}, {"b": [1]})


def test_a_comparison_is_written_as_a_sentence() -> None:
    found = compare({"a": [1], "b": [0], "c": [0]}, {"b": [1], "c": [1], "d": [1]})
    assert (
        str(found) == f"{found.difference}, p = 0.5, better on 2 and worse on 0 of 2 tasks; 2 tasks tried by one only"
    )


def test_tasks_without_a_difference_do_not_exclude_one() -> None:
    for count, most in ((1, 0.98), (5, 0.53), (200, 0.02)):
        same = {str(task): [1] for task in range(count)}
        found = compare(same, same)
        assert found.difference.value == 0
        assert found.difference.high == -found.difference.low == pytest.approx(most, abs=0.01)
        assert found.p_value == 1
        assert math.isnan(found.spread) == (count == 1)


def test_tries_that_a_rule_ended_count_by_its_estimate() -> None:
    rule, stopped = StoppingRule(0.4), [1] * 5 + [0] + [1] * 7
    found = compare({"a": [1] * 8, "b": [0] * 8}, {"a": stopped, "b": [0] * 8}, stopping=rule)
    assert found.difference.value == pytest.approx((rule.estimate(12, 13) - 1) / 2)
