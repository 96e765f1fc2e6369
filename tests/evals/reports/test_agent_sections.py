"""Agents on the page: their numbers, their differences, charts and ratings where there are any."""

from __future__ import annotations

from agentkit.evals.reports.agent_sections import agents_in_sum, charts_section, ladder_section, pairs_section
from agentkit.evals.reports.figures import agent_figures, agent_pairs
from agentkit.evals.reports.ladder import rating_ladders
from tests.evals.reports.evaluations import evaluation, problem

COLOURS = {"good": "red", "fair": "green", "idle": "blue"}


def test_agents_have_their_numbers_in_words() -> None:
    page = "".join(agents_in_sum(agent_figures(evaluation(extra=[problem()])), COLOURS))
    assert "claude-opus-5-5" in page
    assert "pass@4 100% · pass^4 75% · $0.0200 a trial · 1.5 s a trial · 16 trials judged · 1 problem" in page
    assert "price not known" in page


def test_pairs_tell_how_sure_they_are() -> None:
    whole = evaluation()
    page = "".join(pairs_section(agent_pairs(whole, agent_figures(whole)), COLOURS))
    assert "+44 (" in page
    assert "better on 3 and worse on 0 of 4 tasks" in page
    assert "var(--eight)" in page, "a difference that may be chance has no colour"
    assert [*pairs_section([], COLOURS)] == []


def test_charts_and_ladders_are_left_out_where_they_show_nothing() -> None:
    alone = evaluation({"good": [1, 0]}, tries=1)
    assert [*charts_section(agent_figures(alone), COLOURS)] == []
    assert [*ladder_section(rating_ladders(alone), COLOURS)] == []
    ladders = "".join(ladder_section(rating_ladders(evaluation()), COLOURS))
    assert ladders.count("<h3>") == 3
    assert "prices · 2 tasks" in ladders
