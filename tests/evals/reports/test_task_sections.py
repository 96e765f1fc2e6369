"""Tasks on the page: many of them are folded in, and recovery is shown where it is known."""

from __future__ import annotations

from agentkit.evals.reports.task_sections import flags_section, recovery_section, tasks_section
from tests.evals.reports.evaluations import evaluation

COLOURS = {"good": "red", "fair": "green", "idle": "blue"}


def test_many_tasks_are_folded_in_and_the_easiest_of_very_many_left_out() -> None:
    whole = evaluation({"good": [place % 3 for place in range(260)]}, tries=2, categories=("all",))
    page = "".join(tasks_section(whole, COLOURS))
    assert "176 more tasks" in page
    assert "60 tasks with higher pass rates left out" in page
    assert page.count('class="task"') == 200


def test_a_task_that_an_agent_did_not_try_has_no_rate() -> None:
    whole = evaluation({"good": [4, 2], "fair": [1]})
    page = "".join(tasks_section(whole, COLOURS))
    assert page.count('<div class="number">-</div>') == 1
    assert '<div class="number">2/4</div>' in page


def test_flags_are_named_with_their_meaning() -> None:
    page = "".join(flags_section({"<a>": "flaky", "b": "too easy", **{f"task {n}": "too hard" for n in range(50)}}))
    assert "&lt;a&gt;" in page
    assert "and 10 more" in page
    assert "tells nobody apart" in page
    assert [*flags_section({})] == []


def test_recovery_is_shown_where_both_are_known() -> None:
    faulty = evaluation({"good": [2, 2, 2, 1], "fair": [4, 2, 1, 0], "idle": [0] * 4}, faults="api=0.1")
    page = "".join(recovery_section(faulty, evaluation(), COLOURS))
    assert "api=0.1" in page
    assert "88% without faults, 44% under them" in page
    assert "nothing to recover" in page
    assert [*recovery_section(faulty, None, COLOURS)] == []
