"""The pictures of an evaluation as inline SVG: intervals by label, curves, and the confusion of labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agentkit.patterns.html_page import SERIES, html_text
from agentkit.patterns.svg import Plot, dot, line, path, svg, text

if TYPE_CHECKING:
    from agentkit.patterns.classify.intervals import Interval
    from agentkit.patterns.classify.measures import CurvePoint, LabelMeasures, Measures

_MOST_ROWS = 40
"""Labels whose intervals are drawn: those with the lowest F1."""
_MOST_NUMBERED = 12
"""Labels up to which the confusion shows its numbers and names."""


def draw_intervals(by_label: Mapping[str, LabelMeasures]) -> str:
    """Return a row for each label: precision above recall, each a point with its interval, on a scale from 0 to 1."""
    rows = sorted(by_label.items(), key=lambda row: row[1].f1)[:_MOST_ROWS]
    step = 30
    plot = Plot(left=150, top=0, width=300, height=step * len(rows) + 4, xs=(0, 1))
    parts: list[str] = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(line(plot.x(tick), 0, plot.x(tick), plot.height))
        parts.append(text(plot.x(tick), plot.height + 16, f"{tick:g}", "middle", soft=True))
    for number, (label, one) in enumerate(rows):
        middle = number * step + 15
        parts.append(text(0, middle + 4, label, most=21))
        for offset, interval, colour in ((-5, one.precision, SERIES[0]), (5, one.recall, SERIES[1])):
            parts.append(_point(interval, plot, middle + offset, colour))
    return svg(plot.left + plot.width + 12, plot.height + 20, "Precision and recall of each label", parts)


def _point(interval: Interval, plot: Plot, y: float, colour: str) -> str:
    if math.isnan(interval.value):
        return text(plot.left + 4, y + 4, "none", soft=True)
    whisker = line(plot.x(interval.low), y, plot.x(interval.high), y, colour, 'stroke-width="2" opacity="0.55"')
    return whisker + dot(plot.x(interval.value), y, colour, str(interval))


def draw_curves(curves: Sequence[Sequence[CurvePoint]]) -> str:
    """Return precision over recall, one line for each curve, with a point for each threshold where they are few."""
    plot = Plot(left=34, top=8, width=200, height=200, xs=(0, 1))
    halves = [(tick, f"{tick:g}") for tick in (0.0, 0.5, 1.0)]
    parts = plot.frame(halves, halves, "recall")
    for curve, colour in reversed([*zip(curves, SERIES, strict=False)]):
        places = [(plot.x(one.recall.value), plot.y(one.precision.value)) for one in curve]
        parts.append(path(places, colour))
        for (x, y), one in zip(places, curve, strict=True) if len(places) <= _MOST_ROWS else ():
            said = f"from {one.threshold:.2f}: precision {one.precision}, recall {one.recall}"
            parts.append(dot(x, y, colour, said, radius=3))
    return svg(246, 246, "Precision at each recall", parts)


def draw_confusion(measures: Measures) -> str:
    """Return a cell for each pair of labels: rows are what the texts ought to get, columns what they got.

    A cell is as dark as its share of the row. A table of many labels has no numbers; each cell says its own when it is
    pointed at.
    """
    rows = [label for label in measures.labels if any(wanted == label for wanted, _ in measures.confusion)]
    columns: list[str | None] = [*measures.labels, *([None] if measures.abstained else [])]
    is_small = len(columns) <= _MOST_NUMBERED
    wide, high = (76, 36) if is_small else [max(6, 560 // len(columns))] * 2
    left, top = (170, 24) if is_small else (0, 0)
    parts: list[str] = []
    for y, wanted in enumerate(rows):
        whole = sum(count for (label, _), count in measures.confusion.items() if label == wanted)
        if is_small:
            parts.append(text(0, top + (y + 0.5) * high + 4, wanted, most=24))
        for x, got in enumerate(columns):
            count = measures.confusion.get((wanted, got), 0)
            place = f'x="{left + x * wide}" y="{top + y * high}" width="{wide - 1}" height="{high - 1}"'
            shade = f"rgba(var(--heat), {0.06 + 0.8 * count / whole:.2f})"
            cell = html_text(f"{wanted} → {_name(got)}: {count}")
            parts.append(f'<rect {place} style="fill: {shade}"><title>{cell}</title></rect>')
            if is_small and count:
                parts.append(text(left + (x + 0.5) * wide, top + (y + 0.5) * high + 4, str(count), "middle"))
    for x, got in enumerate(columns) if is_small else ():
        parts.append(text(left + (x + 0.5) * wide, top - 8, _name(got), "middle", soft=True, most=11))
    said = "Rows: the label that texts ought to get; columns: the label that they got"
    drawing = svg(left + wide * len(columns), top + high * len(rows), said, parts)
    return f'{drawing}<p class="soft">{said}{"; last column: abstained" if measures.abstained else ""}.</p>'


def _name(label: str | None) -> str:
    return "abstained" if label is None else label
