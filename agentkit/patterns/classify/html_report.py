"""An evaluation as one HTML page with pictures, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentkit.patterns.classify.pictures import draw_confusion, draw_curves, draw_intervals
from agentkit.patterns.classify.text_report import sums_of, unjudged_texts
from agentkit.patterns.html_page import SERIES, html_legend, html_page, html_table, html_text

if TYPE_CHECKING:
    from agentkit.patterns.classify.measures import Comparison

_MOST_CURVES = 8
"""Labels whose curves are drawn: those with the lowest F1."""


def render_html(evaluation: Comparison) -> str:
    """Return the page of an evaluation."""
    title = f"{evaluation.setting.name}: {evaluation.setting.model}"
    parts = [
        f"<h1>{html_text(title)}</h1>",
        *_sources(evaluation),
        "<h2>In sum</h2>",
        _sums(evaluation),
        "<h2>Precision and recall by label</h2>",
        html_legend({"precision": SERIES[0], "recall": SERIES[1]}),
        f'<div class="wide">{draw_intervals(evaluation.by_label)}</div>',
        "<h2>Precision at each recall</h2>",
        *_curves(evaluation),
        "<h2>Confusion</h2>",
        f'<div class="wide">{draw_confusion(evaluation)}</div>',
        "<h2>All labels</h2>",
        _labels(evaluation),
    ]
    return html_page(title, parts)


def _sources(evaluation: Comparison) -> Iterator[str]:
    setting = evaluation.setting
    if setting.examples_from:
        yield f"<p>Examples: {html_text(setting.examples_from)}</p>"
    yield f"<p>Numbers: {html_text(setting.texts_from or 'texts as given')}, {len(evaluation.judged):,} texts</p>"
    yield from (f"<p>{line}</p>" for line in unjudged_texts(evaluation))
    yield f'<p class="soft">Intervals of 95%. Latency with {setting.concurrency} texts at once.</p>'


def _sums(evaluation: Comparison) -> str:
    columns = [sums_of(evaluation)]
    heads = ["", "with examples" if evaluation.without_examples is not None else ""]
    if evaluation.without_examples is not None:
        columns.append(sums_of(evaluation.without_examples))
        heads.append("without")
    return html_table(heads, ([name, *(column[name] for column in columns)] for name in columns[0]))


def _curves(evaluation: Comparison) -> Iterator[str]:
    rows = [row for row in sorted(evaluation.by_label.items(), key=lambda row: row[1].f1) if row[1].count]
    yield (
        '<p class="soft">By the score of a label, which compares decisions and is no probability; where there are few '
        "scores, a curve has few points.</p>"
    )
    if evaluation.without_examples is not None:
        yield html_legend({"with examples": SERIES[0], "without": SERIES[1]})
    yield '<div class="grid">'
    for label, _ in rows[:_MOST_CURVES]:
        curves = [evaluation.curve(label)]
        if evaluation.without_examples is not None:
            curves.append(evaluation.without_examples.curve(label))
        yield f"<figure>{draw_curves(curves)}<figcaption>{html_text(label)}</figcaption></figure>"
    yield "</div>"


def _labels(evaluation: Comparison) -> str:
    rows = sorted(evaluation.by_label.items(), key=lambda row: row[1].f1)
    return html_table(
        ["label", "texts", "precision", "recall", "F1"],
        ([label, f"{one.count:,}", str(one.precision), str(one.recall), f"{one.f1:.2f}"] for label, one in rows),
    )
