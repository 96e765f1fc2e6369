"""An evaluation as one HTML page that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentkit.evals.reports.agent_sections import (
    AGENT_STYLE,
    agents_in_sum,
    charts_section,
    ladder_section,
    pairs_section,
)
from agentkit.evals.reports.failure_section import (
    FAILURE_STYLE,
    failures_section,
    problems_alarm,
    problems_section,
)
from agentkit.evals.reports.figures import agent_figures, agent_pairs
from agentkit.evals.reports.interval_bars import BAR_STYLE
from agentkit.evals.reports.ladder import rating_ladders
from agentkit.evals.reports.numbers import run_facts
from agentkit.evals.reports.task_sections import TASK_STYLE, flags_section, recovery_section, tasks_section
from agentkit.patterns.html_page import SERIES, html_page, html_text

if TYPE_CHECKING:
    from agentkit.evals.reports.reported import Reported

_STYLE = """
body { max-width: 72rem; } .lead { max-width: 48rem; } .card.main { margin-top: 1.2rem; padding: 1.2rem; }
td .problem { white-space: normal; min-width: 18rem; max-width: 40rem; }
"""


def evaluation_html(evaluation: Reported, *, without_faults: Reported | None = None) -> str:
    """Return the page of an evaluation.

    Args:
        evaluation: The evaluation.
        without_faults: The same evaluation without faults, for the recovery rates.
    """
    style = BAR_STYLE + AGENT_STYLE + TASK_STYLE + FAILURE_STYLE + _STYLE
    return html_page(evaluation.suite or "evaluation", _parts(evaluation, without_faults), style)


def _parts(evaluation: Reported, without_faults: Reported | None) -> Iterator[str]:
    colours = {name: SERIES[place % len(SERIES)] for place, name in enumerate(evaluation.agents)}
    figures = agent_figures(evaluation)
    yield f"<h1>{html_text(evaluation.suite or 'evaluation')}</h1>"
    if evaluation.description:
        yield f'<p class="lead">{html_text(evaluation.description)}</p>'
    yield f'<p class="soft">{html_text(" · ".join(run_facts(evaluation)))}</p>'
    if evaluation.stopped:
        yield f'<div class="alarm"><strong>Not complete.</strong> {html_text(evaluation.stopped)}</div>'
    yield from problems_alarm(evaluation.problems)
    yield from agents_in_sum(figures, colours)
    yield (
        '<p class="soft">Intervals of 95% over tasks: the tries of one task are no new tasks, and count together.</p>'
    )
    yield from recovery_section(evaluation, without_faults, colours)
    yield from pairs_section(agent_pairs(evaluation, figures), colours)
    yield from charts_section(figures, colours)
    yield from ladder_section(rating_ladders(evaluation), colours)
    yield from tasks_section(evaluation, colours)
    yield from flags_section(evaluation.flags())
    yield from failures_section(evaluation, colours)
    yield from problems_section(evaluation.problems)
