"""Charts: prices that are not known or nothing, names that would cover one another."""

from __future__ import annotations

import re

from agentkit.evals.reports.charts import draw_cost_against_quality, draw_curves_of_k
from agentkit.evals.reports.figures import agent_figures
from tests.evals.reports.evaluations import evaluation, trial

COLOURS = {"good": "red", "fair": "green", "idle": "blue", "free": "grey"}


def test_agents_stand_at_their_price_and_rate() -> None:
    drawing = draw_cost_against_quality(agent_figures(evaluation()), COLOURS)
    assert "good: 88% (" in drawing
    assert "$0.0200 a trial" in drawing
    assert "idle" not in drawing, "its price is not known"
    assert drawing.count("stroke-dasharray") == 1


def test_names_at_one_place_do_not_cover_one_another() -> None:
    trials = [trial(name, "task 0", 1, passed=True, cost_usd=0.0) for name in ("good", "fair", "free")]
    chosen = evaluation({"good": [1], "fair": [1], "free": [1]}, trials=tuple(trials))
    drawing = draw_cost_against_quality(agent_figures(chosen), COLOURS)
    heights = [float(y) for y in re.findall(r'y="([\d.]+)" text-anchor="start"', drawing)]
    assert len(heights) == 3
    assert min(abs(one - other) for one in heights for other in heights if one != other) >= 14


def test_curves_have_a_point_for_each_k_that_is_labelled() -> None:
    drawing = draw_curves_of_k({"good": [0.5] * 100, "fair": [0.2]}, COLOURS, "@")
    assert drawing.count("<circle") == 12
    assert "good: pass@100 50%" in drawing
    assert draw_curves_of_k({}, COLOURS, "^").startswith("<svg")
