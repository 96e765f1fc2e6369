"""The sections of the page on the agents: in sum, in pairs, charts, and their ratings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from agentkit.evals.reports.charts import draw_cost_against_quality, draw_curves_of_k
from agentkit.evals.reports.figures import AgentFigures, AgentPair, common_k
from agentkit.evals.reports.interval_bars import bar, scale
from agentkit.evals.reports.ladder import Ladder
from agentkit.evals.reports.numbers import dollars, duration, p_value, percent, percent_with_interval, points, signed
from agentkit.messages.printable import plural
from agentkit.patterns.html_page import html_legend, html_text

AGENT_STYLE = """
.rows { display: grid; gap: 1rem; } .row { display: grid; gap: .1rem 1rem; align-items: center;
  grid-template-columns: minmax(0, 1fr) auto; } .row .bar { grid-column: 1 / -1; }
.row .facts { grid-column: 1 / -1; } .row strong { font-weight: 600; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; text-align: right; }
.number.main { font-size: 1.35rem; font-weight: 600; } .dot { display: inline-block; width: .65rem; height: .65rem;
  border-radius: 50%; margin-right: .45rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.cards .row { font-size: .9rem; } .cards .rows { gap: .45rem; }
"""

Colours = Mapping[str, str]
"""Agent -> its colour."""


def agents_in_sum(figures: Sequence[AgentFigures], colours: Colours) -> Iterator[str]:
    """Yield a row for each agent: its pass rate with the interval, and the other numbers in words."""
    k = common_k(figures)
    yield '<div class="card main"><div class="rows">'
    for one in figures:
        rate, said = one.pass_rate, percent_with_interval(one.pass_rate)
        model = f' <span class="soft">{html_text(one.model)}</span>' if one.model not in ("", one.name) else ""
        interval = f' <span class="soft">{html_text(_ends(rate.low, rate.high))}</span>' if one.judged else ""
        yield (
            f'<div class="row"><div>{agent_name(one.name, colours)}{model}</div>'
            f'<div class="number main">{percent(rate.value)}{interval}</div>'
            f"{bar(rate.value, rate.low, rate.high, colours[one.name], said, big=True)}"
            f'<div class="facts soft">{html_text(" · ".join(_facts(one, k)))}</div></div>'
        )
    yield f"{scale('0%', '25%', '50%', '75%', '100%')}</div></div>"


def agent_name(name: str, colours: Colours) -> str:
    """Return the name of an agent behind a dot in its colour."""
    colour = colours.get(name, "var(--soft)")
    return f'<span class="dot" style="background:{colour}"></span><strong>{html_text(name)}</strong>'


def _ends(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f}"


def _facts(one: AgentFigures, k: int) -> Iterator[str]:
    if k > 1:
        yield f"pass@{k} {percent(one.at(k))}"
        yield f"pass^{k} {percent(one.hat(k))}"
    price = "price not known" if one.cost_per_trial_usd is None else f"{dollars(one.cost_per_trial_usd)} a trial"
    yield price
    yield f"{duration(one.seconds)} a trial"
    yield f"{plural(one.judged, 'trial')} judged"
    if one.problems:
        yield plural(one.problems, "problem")


def pairs_section(pairs: Sequence[AgentPair], colours: Colours) -> Iterator[str]:
    """Yield a row for each pair of agents: their difference on the tasks that both tried."""
    if not pairs:
        return
    yield "<h2>Agents compared</h2>"
    yield (
        '<p class="soft">Differences in percentage points, task by task; p values are adjusted for the number of '
        "comparisons (Holm).</p>"
    )
    yield '<div class="card main"><div class="rows">'
    for one in pairs:
        difference, paired = one.paired.difference, one.paired
        colour = colours.get(one.candidate, "var(--soft)") if one.p_value < 0.05 else "var(--eight)"
        low, value, high = ((share + 1) / 2 for share in (difference.low, difference.value, difference.high))
        counted = f"better on {paired.better} and worse on {paired.worse} of {plural(paired.tasks, 'task')}"
        yield (
            f'<div class="row"><div><strong>{html_text(one.candidate)}</strong> <span class="soft">against</span> '
            f'{html_text(one.baseline)}</div><div class="number">{html_text(points(difference))}</div>'
            f"{bar(value, low, high, colour, points(difference))}"
            f'<div class="facts soft">{html_text(p_value(one.p_value))} · {html_text(counted)}</div></div>'
        )
    yield f"{scale('-100', '-50', '0', '+50', '+100')}</div></div>"


def charts_section(figures: Sequence[AgentFigures], colours: Colours) -> Iterator[str]:
    """Yield the charts: cost against quality, pass@k and pass^k."""
    judged = [one for one in figures if one.judged]
    has_curves = any(len(one.pass_at) > 1 for one in judged)
    has_prices = sum(one.cost_per_trial_usd is not None for one in judged) > 1
    if not (has_curves or has_prices):
        return
    yield f"<h2>{'Price and reliability' if has_curves else 'Price'}</h2>"
    if has_curves:
        yield legend([one.name for one in judged], colours)
    yield '<div class="cards">'
    if has_prices:
        yield _chart("Cost against quality", "The dashed line: nobody is both cheaper and better.",
                     draw_cost_against_quality(judged, colours))  # fmt: skip
    if has_curves:
        at = {one.name: one.pass_at for one in judged if one.pass_at}
        hat = {one.name: one.pass_hat for one in judged if one.pass_hat}
        yield _chart("pass@k", "At least one of k tries passes.", draw_curves_of_k(at, colours, "@"))
        yield _chart("pass^k", "All of k tries pass.", draw_curves_of_k(hat, colours, "^"))
    yield "</div>"


def legend(names: Sequence[str], colours: Colours) -> str:
    """Return a line of agents with their colours."""
    return html_legend({name: colours[name] for name in names})


def _chart(title: str, caption: str, drawing: str) -> str:
    below = f"<figcaption>{html_text(caption)}</figcaption>"
    return f'<figure class="card"><h3>{html_text(title)}</h3>{drawing}{below}</figure>'


def ladder_section(ladders: Sequence[Ladder], colours: Colours) -> Iterator[str]:
    """Yield the ratings over all tasks and of each category, on one scale."""
    shown = [ladder for ladder in ladders if len(ladder.ratings) > 1]
    if not shown:
        return
    ends = [
        abs(end) for ladder in shown for one in ladder.ratings.values() for end in (one.strength, one.low, one.high)
    ]
    most = max(1.0, math.ceil(max(end for end in ends if math.isfinite(end))))
    yield "<h2>Ratings</h2>"
    yield (
        '<p class="soft">Bradley-Terry strengths in logits, from who passed where another failed; 1 apart is e wins to '
        "1. An end that fades has no bound: the agent never lost, or never won, against some others.</p>"
    )
    yield '<div class="cards">'
    for ladder in shown:
        title = f"{ladder.category or 'All tasks'} · {plural(ladder.tasks, 'task')}"
        yield f'<div class="card"><h3>{html_text(title)}</h3><div class="rows">'
        for name, one in ladder.ratings.items():
            value, low, high = ((end + most) / (2 * most) for end in (one.strength, one.low, one.high))
            drawn = bar(value, low, high, colours.get(name, "var(--soft)"), f"{name}: {one}")
            number = f'<div class="number">{signed(one.strength)}</div>'
            yield f'<div class="row"><div>{agent_name(name, colours)}</div>{number}{drawn}</div>'
        yield f"{scale(f'-{most:.0f}', '0', f'+{most:.0f}')}</div>"
        yield "</div>"
    yield "</div>"
