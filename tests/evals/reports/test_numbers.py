"""Numbers as they are written."""

from __future__ import annotations

import math

from agentkit.evals.reports.numbers import (
    dollars,
    duration,
    p_value,
    percent,
    percent_with_interval,
    points,
    run_facts,
    signed,
)
from agentkit.patterns.classify.intervals import Interval
from tests.evals.reports.evaluations import evaluation, problem

NOTHING = Interval(math.nan, 0, 1)


def test_numbers_are_short_and_unknown_ones_a_dash() -> None:
    assert (percent(0.716), percent(math.nan)) == ("72%", "-")
    assert (percent_with_interval(Interval(0.72, 0.61, 0.81)), percent_with_interval(NOTHING)) == ("72% (61-81)", "-")
    assert points(Interval(0.12, -0.003, 0.2)) == "+12 (+0 to +20)"
    assert (dollars(0.00213), dollars(1234.5), dollars(None)) == ("$0.0021", "$1,234.50", "-")
    assert (duration(3.21), duration(600), duration(math.nan)) == ("3.2 s", "10 min", "-")
    assert (p_value(0.0312), p_value(0.00001)) == ("p = 0.031", "p < 0.001")
    assert (signed(1.24), signed(-0.01)) == ("+1.2", "+0.0")


def test_the_facts_of_a_run_name_what_is_unusual() -> None:
    facts = ", ".join(run_facts(evaluation(extra=[problem("idle")], until_width=0.2, faults="api=0.1", seed=7)))
    assert facts == (
        "4 tasks, 3 agents, until intervals are 0.2 wide, at most 4 tries, 49 trials, $0.3840 and what has no known "
        "price, faults: api=0.1, 2026-11-29 14:00 UTC, seed 7"
    )
