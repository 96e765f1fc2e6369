"""Drawings: places on scales, and texts that cannot leave their element."""

from __future__ import annotations

import pytest

from agentkit.patterns.svg import Plot, dot, line, path, svg, text, ticks


def test_values_have_places_also_where_all_are_equal() -> None:
    plot = Plot(left=10, top=5, width=100, height=50, xs=(0, 2))
    assert (plot.x(1), plot.y(0), plot.y(1)) == (60, 55, 5)
    assert Plot(left=10, top=5, width=100, height=50, xs=(3, 3)).x(3) == 10
    frame = plot.frame([(0, "0")], [(1, "1")], "cost")
    assert [part.startswith("<line") for part in frame] == [True, False, True, False, False]


def test_marks_are_escaped_and_shortened() -> None:
    drawing = svg(
        20, 10, "<a>", [dot(1, 2, "red", "<b>"), text(0, 0, "<c>" * 9, most=4), line(0, 0, 1, 1), path([], "x")]
    )
    assert "&lt;a&gt;" in drawing
    assert "<title>&lt;b&gt;</title>" in drawing
    assert ">&lt;c&gt;…</text>" in drawing
    assert drawing.startswith('<svg viewBox="0 0 20 10"')


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0.9, [0, 0.25, 0.5, 0.75, 1.0]), (7, [0, 2, 4, 6, 8]), (0.0, [0, 1]), (float("nan"), [0, 1])],
)
def test_ticks_are_round_and_reach_the_most(most: float, expected: list[float]) -> None:
    assert ticks(most) == pytest.approx(expected)
