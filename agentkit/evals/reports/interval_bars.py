"""Intervals as bars of HTML, which are as wide as the page lets them be."""

from __future__ import annotations

import math

from agentkit.patterns.html_page import html_text

BAR_STYLE = """
.bar { position: relative; height: .8rem; min-width: 3rem; border-right: 1px solid var(--line); background:
  linear-gradient(90deg, var(--line) 1px, transparent 1px) 0 0 / 25% 100%,
  linear-gradient(var(--line), var(--line)) 0 50% / 100% 1px no-repeat; }
.bar i, .bar b { position: absolute; top: 50%; transform: translateY(-50%); }
.bar i { height: .3rem; border-radius: .15rem; opacity: .4; }
.bar b { width: .6rem; height: .6rem; margin-left: -.3rem; border-radius: 50%; border: 1.5px solid var(--card); }
.bar.big { height: 1.1rem; } .bar.big i { height: .45rem; border-radius: .25rem; }
.bar.big b { width: .85rem; height: .85rem; margin-left: -.425rem; }
.scale { display: flex; justify-content: space-between; color: var(--soft); font-size: .75rem; }
.scale span { display: flex; width: 0; justify-content: center; white-space: nowrap; }
.scale span:first-child { justify-content: flex-start; } .scale span:last-child { justify-content: flex-end; }
"""


def bar(value: float, low: float, high: float, colour: str, said: str, *, big: bool = False) -> str:
    """Return a bar from 0 to 1: a point in its interval, which says something when it is pointed at.

    Args:
        value: The point. NaN: there is none, and the bar is empty.
        low: The lower end; it is cut off at 0, and fades where there is none.
        high: The upper end; it is cut off at 1, and fades where there is none.
        colour: The colour.
        said: The text.
        big: True: a higher bar.
    """
    marks = ""
    if not math.isnan(value):
        start, end, point = (100 * min(1.0, max(0.0, place)) for place in (low, high, value))
        marks = (
            f'<i style="left:{start:.1f}%;width:{end - start:.1f}%;background:{_fill(low, high, colour)}"></i>'
            f'<b style="left:{point:.1f}%;background:{colour}"></b>'
        )
    return f'<div class="bar{" big" if big else ""}" title="{html_text(said)}">{marks}</div>'


def _fill(low: float, high: float, colour: str) -> str:
    """Return the filling of an interval, which fades where it has no end."""
    if math.isfinite(low) and math.isfinite(high):
        return colour
    ends = [colour if math.isfinite(end) else "transparent" for end in (low, high)]
    return f"linear-gradient(90deg,{ends[0]},{colour},{ends[1]})"


def scale(*labels: str) -> str:
    """Return labels that stand below a bar, evenly from its left to its right end."""
    return f'<div class="scale">{"".join(f"<span>{html_text(label)}</span>" for label in labels)}</div>'
