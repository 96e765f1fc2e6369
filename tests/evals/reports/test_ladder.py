"""Ratings from trials: tries of the same number meet, and tasks are drawn again for the intervals."""

from __future__ import annotations

import math
import random

import pytest

from agentkit.evals.arena import bradley_terry
from agentkit.evals.reports.ladder import rating_ladders, task_battles
from tests.evals.reports.evaluations import evaluation, problem, trial


def test_tries_of_the_same_number_meet() -> None:
    battles = task_battles(evaluation({"good": [4], "fair": [1]}, extra=[problem()]))
    assert {(one.a, one.b, one.winner, one.weight) for one in battles["task 0"]} == {
        ("good", "fair", "tie", 1),
        ("good", "fair", "a", 3),
    }


def test_categories_have_ladders_of_their_own() -> None:
    ladders = rating_ladders(evaluation())
    assert [(one.category, one.tasks) for one in ladders] == [("", 4), ("prices", 2), ("orders", 2)]
    assert list(ladders[0].ratings) == ["good", "fair", "idle"]
    assert any("idle never won" in note for note in ladders[0].notes)
    (unbounded,) = rating_ladders(evaluation({"good": [4, 4], "idle": [0, 0]}, categories=("",)))
    assert math.isinf(unbounded.ratings["idle"].low)
    assert rating_ladders(evaluation({"good": [1]})) == []


def test_tries_of_one_task_are_no_new_tasks() -> None:
    """Eight tasks, tried often, decide for one agent or the other: the interval is that of eight, not of hundreds."""
    draw = random.Random(1)
    trials = [
        trial(agent, f"task {place}", number, passed=(draw.random() < 0.9) == (agent == ("good", "fair")[place % 2]))
        for place in range(8)
        for number in range(40)
        for agent in ("good", "fair")
    ]
    whole = evaluation({"good": [0] * 8, "fair": [0] * 8}, trials=tuple(trials), categories=("",))
    (ladder,) = rating_ladders(whole)
    battles = [one for rows in task_battles(whole).values() for one in rows]
    pooled = bradley_terry([(one.a, one.b, one.winner) for one in battles for _ in range(int(one.weight))])
    assert ladder.ratings["good"].strength == pytest.approx(pooled["good"].strength, abs=0.2)
    width, pooled_width = (one["good"].high - one["good"].low for one in (ladder.ratings, pooled))
    assert width > 2 * pooled_width
