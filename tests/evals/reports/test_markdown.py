"""Markdown for pull requests: tables that hold, nobody notified, a size that code hosts take."""

from __future__ import annotations

from agentkit.evals.reports.markdown import evaluation_markdown
from tests.evals.reports.evaluations import HOSTILE, evaluation, problem, trial


def test_the_report_is_tables_with_the_rest_folded_in() -> None:
    text = evaluation(extra=[problem()], stopped="The budget is used up.").to_markdown()
    assert text.startswith("### shop\n")
    assert "| good | 88% (" in text
    assert "| good against fair | +44 (" in text
    assert "**1 trial could not be judged**" in text
    assert "**Not complete**: The budget is used up." in text
    assert "<summary>Failures</summary>" in text
    assert "<summary>Problems</summary>" in text
    assert "| task 0 | 4/4 | 4/4 | 0/4 |" in text


def test_texts_cannot_leave_their_cell_or_notify_anybody() -> None:
    odd = trial("good", "task 0", 8, passed=False, reason=f"@everyone | a | `{HOSTILE}` [x](y)", outcome="max_turns")
    text = evaluation({"a|b": [1], "good": [0]}, extra=[odd], suite="<b>@me").to_markdown()
    assert "@everyone" not in text
    assert "<script" not in text
    assert "\x1b" not in text
    assert text.startswith("### &#60;b&#62;&#64;me")
    rows = [line for line in text.splitlines() if line.startswith("| a&#124;b")]
    assert all(row.count("|") == 8 for row in rows[:1])


def test_it_is_never_larger_than_a_comment() -> None:
    long = [trial("good", "task 0", 8, passed=False, outcome="max_turns", reason="y" * 300)]
    passes = {f"agent with a long name {'x' * 80} {number}": [1] * 100 for number in range(8)}
    text = evaluation_markdown(evaluation(passes, tries=2, extra=long), without_faults=evaluation(passes, tries=2))
    assert len(text) < 65_000
    assert "under faults: 100%" in text
