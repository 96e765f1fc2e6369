"""Bars: points in their intervals, ends that are cut off or open."""

from __future__ import annotations

import math

from agentkit.evals.reports.interval_bars import bar, scale


def test_marks_have_places_between_the_ends() -> None:
    drawn = bar(0.5, 0.25, 1.5, "red", "<half>")
    assert "left:25.0%;width:75.0%;background:red" in drawn
    assert "left:50.0%" in drawn
    assert 'title="&lt;half&gt;"' in drawn
    assert "linear-gradient(90deg,transparent,red,red)" in bar(0.5, -math.inf, 0.7, "red", "")
    assert "<i" not in bar(math.nan, 0, 1, "red", "nothing")
    assert scale("0%", "100%") == '<div class="scale"><span>0%</span><span>100%</span></div>'
