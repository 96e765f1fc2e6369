"""Tables of text: columns where they fit, paragraphs where they do not."""

from __future__ import annotations

import pytest

from agentkit.evals.reports.text_tables import indented, text_table
from agentkit.messages.printable import cell_width

HEADS = ["agent", "pass rate", "cost"]
ROWS = [["claude-opus-5-5 with a long name", "89% (83-93)", "$0.0217"], ["漢字", "-", ""]]


def test_columns_are_aligned_also_for_wide_characters() -> None:
    lines = [*text_table(HEADS, ROWS, 60)]
    assert lines[0] == "agent" + " " * 29 + "pass rate    cost"
    assert lines[2] == "漢字" + " " * 30 + "-"
    assert [*text_table(HEADS, ROWS, 42)][1].startswith("claude-opus-5-5 wit…  89%")


@pytest.mark.parametrize("width", [20, 30, 40])
def test_narrow_terminals_get_paragraphs(width: int) -> None:
    lines = [*text_table([*HEADS, "time"], [[*row, "1 s"] for row in ROWS], width)]
    assert max(map(cell_width, lines)) <= width
    assert any("pass rate 89%" in line for line in lines)


def test_an_empty_text_has_no_line() -> None:
    assert [*indented("", 40)] == []
    assert [*indented("a b", 40)] == ["  a b"]
