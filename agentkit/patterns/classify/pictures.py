"""The pictures of an evaluation as inline SVG: intervals by label, curves, and the confusion of labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from agentkit.patterns.classify.text_report import shortened

if TYPE_CHECKING:
    from agentkit.patterns.classify.intervals import Interval
    from agentkit.patterns.classify.measures import CurvePoint, LabelMeasures, Measures

_COLOURS = ("var(--one)", "var(--two)")
_MOST_ROWS = 40
"""Labels whose intervals are drawn: those with the lowest F1."""
_MOST_NUMBERED = 12
"""Labels up to which the confusion shows its numbers and names."""


def draw_intervals(by_label: Mapping[str, LabelMeasures]) -> str:
    """Return a row for each label: precision above recall, each a point with its interval, on a scale from 0 to 1."""
    rows = sorted(by_label.items(), key=lambda row: row[1].f1)[:_MOST_ROWS]
    left, width, step = 150, 300, 30
    height = step * len(rows) + 24
    parts: list[str] = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + tick * width
        parts.append(f'<line x1="{x:.0f}" y1="0" x2="{x:.0f}" y2="{height - 20}" stroke="var(--line)"/>')
        parts.append(f'<text class="soft" x="{x:.0f}" y="{height - 4}" text-anchor="middle">{tick:g}</text>')
    for number, (label, one) in enumerate(rows):
        middle = number * step + 15
        parts.append(f'<text x="0" y="{middle + 4}">{escape(shortened(label, 21))}</text>')
        for offset, interval, colour in ((-5, one.precision, _COLOURS[0]), (5, one.recall, _COLOURS[1])):
            parts.append(_point(interval, left, width, middle + offset, colour))
    return _svg(left + width + 12, height, "Precision and recall of each label, with intervals", parts)


def _point(interval: Interval, left: float, width: float, y: float, colour: str) -> str:
    if math.isnan(interval.value):
        return f'<text class="soft" x="{left + 4}" y="{y + 4}">none</text>'
    low, high, value = (left + share * width for share in (interval.low, interval.high, interval.value))
    return (
        f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" stroke-width="2" opacity="0.55"/>'
        f'<circle cx="{value:.1f}" cy="{y}" r="4" fill="{colour}"><title>{interval}</title></circle>'
    )


def draw_curves(curves: Sequence[Sequence[CurvePoint]]) -> str:
    """Return precision over recall, one line for each curve, with a point for each threshold where they are few."""
    size, left, top = 200, 34, 8
    parts: list[str] = []
    for tick in (0.0, 0.5, 1.0):
        x, y = left + tick * size, top + (1 - tick) * size
        parts.append(f'<line x1="{left}" y1="{y:.0f}" x2="{left + size}" y2="{y:.0f}" stroke="var(--line)"/>')
        parts.append(f'<line x1="{x:.0f}" y1="{top}" x2="{x:.0f}" y2="{top + size}" stroke="var(--line)"/>')
        parts.append(f'<text class="soft" x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<text class="soft" x="{x:.0f}" y="{top + size + 16}" text-anchor="middle">{tick:g}</text>')
    for curve, colour in reversed([*zip(curves, _COLOURS, strict=False)]):
        places = [(left + one.recall.value * size, top + (1 - one.precision.value) * size) for one in curve]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for (x, y), one in zip(places, curve, strict=True) if len(places) <= _MOST_ROWS else ():
            said = f"from {one.threshold:.2f}: precision {one.precision}, recall {one.recall}"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{said}</title></circle>')
    parts.append(f'<text class="soft" x="{left + size / 2}" y="{top + size + 32}" text-anchor="middle">recall</text>')
    return _svg(left + size + 12, top + size + 38, "Precision at each recall", parts)


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
            parts.append(f'<text x="0" y="{top + (y + 0.5) * high + 4}">{escape(shortened(wanted, 24))}</text>')
        for x, got in enumerate(columns):
            count = measures.confusion.get((wanted, got), 0)
            place = f'x="{left + x * wide}" y="{top + y * high}" width="{wide - 1}" height="{high - 1}"'
            shade = f"rgba(var(--heat), {0.06 + 0.8 * count / whole:.2f})"
            cell = escape(f"{wanted} → {_name(got)}: {count}")
            parts.append(f'<rect {place} style="fill: {shade}"><title>{cell}</title></rect>')
            if is_small and count:
                middle = f'x="{left + (x + 0.5) * wide}" y="{top + (y + 0.5) * high + 4}"'
                parts.append(f'<text {middle} text-anchor="middle">{count}</text>')
    for x, got in enumerate(columns) if is_small else ():
        parts.append(
            f'<text class="soft" x="{left + (x + 0.5) * wide}" y="{top - 8}" text-anchor="middle">'
            f"{escape(shortened(_name(got), 11))}<title>{escape(_name(got))}</title></text>"
        )
    said = "Rows: the label that texts ought to get; columns: the label that they got"
    drawing = _svg(left + wide * len(columns), top + high * len(rows), said, parts)
    return f'{drawing}<p class="soft">{said}{"; last column: abstained" if measures.abstained else ""}.</p>'


def _name(label: str | None) -> str:
    return "abstained" if label is None else label


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
