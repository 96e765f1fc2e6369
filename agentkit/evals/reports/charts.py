"""The charts of an evaluation: cost against quality with the frontier, and pass@k and pass^k as k grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from agentkit.evals.reports.figures import AgentFigures, on_frontier
from agentkit.evals.reports.numbers import dollars, percent, percent_with_interval
from agentkit.patterns.svg import Plot, dot, line, path, svg, text, ticks

_SHARES = [(tick, f"{100 * tick:.0f}%") for tick in (0.0, 0.25, 0.5, 0.75, 1.0)]
_WIDTH, _HEIGHT = 340, 268
_LABEL_HEIGHT = 14
_CHAR_WIDTH = 6.6


def draw_cost_against_quality(figures: Sequence[AgentFigures], colours: Mapping[str, str]) -> str:
    """Return each agent with a known price at its cost of a trial and its pass rate; the frontier is a line."""
    priced = {one.name: one.cost_per_trial_usd for one in figures if one.cost_per_trial_usd is not None and one.judged}
    marks = ticks(max(priced.values(), default=0.0), count=3)
    plot = Plot(left=44, top=22, width=_WIDTH - 74, height=_HEIGHT - 62, xs=(0, marks[-1]))
    parts = plot.frame([(mark, f"${mark:g}") for mark in marks], _SHARES, "cost of a trial")
    steps: list[tuple[float, float]] = []
    for one in on_frontier(figures):
        x, y = plot.x(priced[one.name]), plot.y(one.pass_rate.value)
        steps += [(x, steps[-1][1])] if steps else []
        steps.append((x, y))
    if len(steps) > 1:
        parts.append(path([*steps, (plot.left + plot.width, steps[-1][1])], "var(--soft)", 'stroke-dasharray="4 4"'))
    taken: list[tuple[float, float, float]] = []
    for one in figures:
        if one.name in priced:
            x, rate = plot.x(priced[one.name]), one.pass_rate
            whisker = line(
                x, plot.y(rate.low), x, plot.y(rate.high), colours[one.name], 'stroke-width="2" opacity="0.4"'
            )
            said = f"{one.name}: {percent_with_interval(rate)}, {dollars(priced[one.name])} a trial"
            parts += [whisker, dot(x, plot.y(rate.value), colours[one.name], said, radius=5)]
            parts.append(_label(plot, one.name, x, plot.y(rate.value), taken))
    return svg(_WIDTH, _HEIGHT, "Pass rate over the cost of a trial", parts)


def _label(plot: Plot, name: str, x: float, y: float, taken: list[tuple[float, float, float]]) -> str:
    """Return the name beside its point, moved down where another name stands already."""
    width = min(len(name), 16) * _CHAR_WIDTH
    is_left = x + 9 + width > plot.left + plot.width + 20
    start = x - 9 - width if is_left else x + 9
    place = y - 7
    while any(
        abs(place - other) < _LABEL_HEIGHT and start < end and start + width > begin for other, begin, end in taken
    ):
        place += _LABEL_HEIGHT
    taken.append((place, start, start + width))
    return text(x - 9 if is_left else x + 9, place, name, "end" if is_left else "start", most=16)


def draw_curves_of_k(curves: Mapping[str, Sequence[float]], colours: Mapping[str, str], sign: str) -> str:
    """Return the probability of passing over the number of tries, a line for each agent.

    Args:
        curves: Agent -> the values at 1, 2 and so on.
        colours: Agent -> its colour.
        sign: `@` for at least one of k tries, `^` for all of them.
    """
    most = max(map(len, curves.values()), default=1)
    plot = Plot(left=44, top=10, width=_WIDTH - 70, height=_HEIGHT - 50, xs=(1, max(2, most)))
    step = max(1, math.ceil(most / 10))
    ks = [k for k in range(1, most + 1) if k == 1 or k % step == 0]
    parts = plot.frame([(k, str(k)) for k in ks], _SHARES, "k tries")
    for name, values in reversed([*curves.items()]):
        places = [(plot.x(k), plot.y(value)) for k, value in enumerate(values, 1)]
        parts.append(path(places, colours[name]))
        for (x, y), (k, value) in zip(places, enumerate(values, 1), strict=True):
            if k in ks or k == len(values):
                parts.append(dot(x, y, colours[name], f"{name}: pass{sign}{k} {percent(value)}", radius=3))
    return svg(_WIDTH, _HEIGHT, f"pass{sign}k of each agent", parts)
