"""Drawings as inline SVG: their frame, their marks, and scales with ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agentkit.messages.printable import one_line
from agentkit.patterns.html_page import html_text


def svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    """Return a drawing.

    Args:
        width: Its width in pixels; it shrinks with the page.
        height: Its height.
        title: The sentence that stands for it where it is not seen.
        parts: What is drawn, the first below.
    """
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{html_text(title)}">{"".join(parts)}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = "var(--line)", more: str = "") -> str:
    """Return a line; `more` are further attributes."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more and f" {more}"}/>'


def path(places: Sequence[tuple[float, float]], colour: str, more: str = "") -> str:
    """Return a line through several places."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{more and f" {more}"}/>'


def dot(x: float, y: float, colour: str, title: str, radius: float = 4) -> str:
    """Return a point that says something when it is pointed at."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"><title>{html_text(title)}</title></circle>'
    )


def text(x: float, y: float, said: str, anchor: str = "start", *, soft: bool = False, most: int = 60) -> str:
    """Return a text on one line, shortened where it has more than `most` characters."""
    kind = ' class="soft"' if soft else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html_text(one_line(said, most))}</text>'


@dataclass(frozen=True, slots=True)
class Plot:
    """A field with two axes, whose values have places."""

    left: float
    """The room at the left, for the ticks."""
    top: float
    """The room above."""
    width: float
    """The width of the field."""
    height: float
    """The height of the field."""
    xs: tuple[float, float]
    """The values at its left and right."""
    ys: tuple[float, float] = (0.0, 1.0)
    """The values at its bottom and top."""

    def x(self, value: float) -> float:
        """Return the place of a value on the axis below."""
        return self.left + self.width * (value - self.xs[0]) / ((self.xs[1] - self.xs[0]) or 1)

    def y(self, value: float) -> float:
        """Return the place of a value on the axis at the left."""
        return self.top + self.height * (1 - (value - self.ys[0]) / ((self.ys[1] - self.ys[0]) or 1))

    def frame(
        self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], below: str
    ) -> list[str]:
        """Return lines and labels at the ticks, and the name of the axis below."""
        bottom, right = self.top + self.height, self.left + self.width
        parts: list[str] = []
        for value, label in y_ticks:
            parts.append(line(self.left, self.y(value), right, self.y(value)))
            parts.append(text(self.left - 6, self.y(value) + 4, label, "end", soft=True))
        for value, label in x_ticks:
            parts.append(line(self.x(value), self.top, self.x(value), bottom))
            parts.append(text(self.x(value), bottom + 16, label, "middle", soft=True))
        parts.append(text(self.left + self.width / 2, bottom + 32, below, "middle", soft=True))
        return parts


def ticks(most: float, count: int = 4) -> list[float]:
    """Return round values from 0 up to the first that is not below `most`, about so many steps."""
    if not (most > 0 and math.isfinite(most)):
        return [0.0, 1.0]
    raw = most / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]
