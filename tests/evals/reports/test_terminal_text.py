"""The text of an evaluation fits a terminal, and says what is wrong."""

from __future__ import annotations

import pytest

from agentkit.evals.reports.terminal_text import evaluation_text
from agentkit.messages.printable import cell_width
from tests.evals.reports.evaluations import HOSTILE, evaluation, problem, trial


@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_line_fits(width: int) -> None:
    long = trial("good", "task 1", 8, passed=False, reason="x" * 500, outcome="max_turns")
    whole = evaluation(extra=[problem(), long], description=HOSTILE, stopped="The budget of $1 is used up. " * 3)
    text = evaluation_text(whole, width, without_faults=evaluation())
    assert max(map(cell_width, text.split("\n"))) <= width
    assert "\x1b" not in text


def test_the_report_has_what_a_reader_looks_for() -> None:
    text = str(evaluation(extra=[problem()]))
    assert "shop: 4 tasks, 3 agents, 4 tries, 49 trials" in text
    assert "1 trial could not be judged" in text
    assert "good   88% (" in text
    assert "good against fair\n  +44 (" in text
    assert "prices    100%  62%   0%" in text
    assert "idle: task 0\n  4 of 4: expected 4.0, found 5" in text
    assert "good: 1 problem\n  grader lowest raised KeyError" in text


def test_one_agent_with_one_try_has_no_comparison() -> None:
    text = str(evaluation({"good": [1]}, tries=1))
    assert "against" not in text
    assert "pass@" not in text
    assert "failed" not in text
    assert "evaluation: 1 task" in str(evaluation({"good": [1]}, tries=1, suite=""))
