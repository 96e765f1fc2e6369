"""The numbers of reports: agents in order, pairs with adjusted p values, the frontier, recovery."""

from __future__ import annotations

import math

import pytest

from agentkit.evals.reports.figures import agent_figures, agent_pairs, common_k, on_frontier, recoveries
from agentkit.evals.statistics import pass_at_k, pass_hat_k
from tests.evals.reports.evaluations import evaluation, problem


def test_agents_come_in_order_with_their_numbers() -> None:
    good, fair, idle = agent_figures(evaluation(extra=[problem("idle")]))
    assert [good.name, fair.name, idle.name] == ["good", "fair", "idle"]
    assert good.pass_rate.value == pytest.approx(14 / 16)
    assert (good.model, good.judged, good.seconds, good.cost_per_trial_usd) == ("claude-opus-5-5", 16, 1.5, 0.02)
    assert (idle.cost_per_trial_usd, idle.problems, idle.judged) == (None, 1, 16)
    assert good.at(2) == pytest.approx((3 + pass_at_k(4, 2, 2)) / 4)
    assert good.hat(4) == pytest.approx((3 + pass_hat_k(4, 2, 4)) / 4)
    assert math.isnan(good.at(5))
    assert math.isnan(good.hat(0))
    assert common_k([good, fair, idle]) == 4


def test_k_goes_as_far_as_every_task_has_judged_tries() -> None:
    short = evaluation({"good": [1, 1]}, extra=[problem()])
    lost = [one for one in short.trials if not (one.task == "task 1" and one.number > 2)]
    (good,) = agent_figures(evaluation({"good": [1, 1]}, trials=tuple(lost)))
    assert len(good.pass_at) == len(good.pass_hat) == 2
    (nothing,) = agent_figures(evaluation({"good": [1]}, trials=(problem(),)))
    assert (nothing.judged, nothing.pass_at) == (0, ())
    assert math.isnan(nothing.pass_rate.value)


def test_better_agents_are_compared_with_worse_ones() -> None:
    whole = evaluation()
    pairs = agent_pairs(whole, agent_figures(whole))
    assert [(one.candidate, one.baseline) for one in pairs] == [("good", "fair"), ("good", "idle"), ("fair", "idle")]
    assert pairs[0].paired.difference.value == pytest.approx(7 / 16)
    assert all(one.p_value >= one.paired.p_value for one in pairs), "adjusted for three comparisons"
    many = evaluation({f"agent {number}": [number % 5, 3] for number in range(7)})
    assert len(agent_pairs(many, agent_figures(many))) == 6, "of many agents, the best with each"


def test_the_frontier_has_whom_nobody_beats_in_price_and_quality() -> None:
    figures = agent_figures(evaluation({"good": [4, 4], "fair": [4, 2], "dear": [3, 2], "idle": [0, 0]}))
    assert [one.name for one in on_frontier(figures)] == ["fair", "good"]


def test_recovery_is_the_share_of_success_that_is_left() -> None:
    faulty = evaluation({"good": [2, 2, 2, 1], "fair": [4, 2, 1, 0], "idle": [0] * 4}, faults="api=0.1")
    found = recoveries(faulty, evaluation())
    assert str(found["good"]).startswith("50%")
    assert "nothing to recover" in str(found["idle"])
    assert recoveries(faulty, None) == {}
