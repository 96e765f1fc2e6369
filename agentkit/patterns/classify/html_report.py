"""An evaluation as one HTML page with pictures, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from agentkit.patterns.classify.pictures import draw_confusion, draw_curves, draw_intervals
from agentkit.patterns.classify.text_report import sums_of, unjudged_texts

if TYPE_CHECKING:
    from agentkit.patterns.classify.measures import Comparison

_MOST_CURVES = 8
"""Labels whose curves are drawn: those with the lowest F1."""
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1d2433; --soft: #5b6475; --line: #d9dee7;
  --one: #2a66c8; --two: #c2571a; --heat: 42, 102, 200; }
@media (prefers-color-scheme: dark) { :root { --page: #14171d; --ink: #e7eaf0; --soft: #9aa4b5; --line: #333b49;
  --one: #7fb0ff; --two: #f2a063; --heat: 127, 176, 255; } }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p { margin: .3rem 0; } .soft, figcaption { color: var(--soft); font-size: .875rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.number, th.number { text-align: right; } svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg text.soft { fill: var(--soft); }
.wide svg { min-width: 22rem; }
.curves { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { margin: 0; } .one { color: var(--one); } .two { color: var(--two); }
"""


def render_html(evaluation: Comparison) -> str:
    """Return the page of an evaluation."""
    title = f"{evaluation.setting.name}: {evaluation.setting.model}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        *_sources(evaluation),
        "<h2>In sum</h2>",
        _sums(evaluation),
        "<h2>Precision and recall by label</h2>",
        _legend("precision", "recall"),
        f'<div class="wide">{draw_intervals(evaluation.by_label)}</div>',
        "<h2>Precision at each recall</h2>",
        *_curves(evaluation),
        "<h2>Confusion</h2>",
        f'<div class="wide">{draw_confusion(evaluation)}</div>',
        "<h2>All labels</h2>",
        _labels(evaluation),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{chr(10).join(parts)}\n</body>\n"
        "</html>\n"
    )


def _sources(evaluation: Comparison) -> Iterator[str]:
    setting = evaluation.setting
    if setting.examples_from:
        yield f"<p>Examples: {escape(setting.examples_from)}</p>"
    yield f"<p>Numbers: {escape(setting.texts_from or 'texts as given')}, {len(evaluation.judged):,} texts</p>"
    yield from (f"<p>{line}</p>" for line in unjudged_texts(evaluation))
    yield f'<p class="soft">Intervals of 95%. Latency with {setting.concurrency} texts at once.</p>'


def _sums(evaluation: Comparison) -> str:
    columns = [sums_of(evaluation)]
    heads = ["", "with examples" if evaluation.without_examples is not None else ""]
    if evaluation.without_examples is not None:
        columns.append(sums_of(evaluation.without_examples))
        heads.append("without")
    return _table(heads, ([name, *(column[name] for column in columns)] for name in columns[0]))


def _curves(evaluation: Comparison) -> Iterator[str]:
    rows = [row for row in sorted(evaluation.by_label.items(), key=lambda row: row[1].f1) if row[1].count]
    yield (
        '<p class="soft">By the score of a label, which compares decisions and is no probability; where there are few '
        "scores, a curve has few points.</p>"
    )
    if evaluation.without_examples is not None:
        yield _legend("with examples", "without")
    yield '<div class="curves">'
    for label, _ in rows[:_MOST_CURVES]:
        curves = [evaluation.curve(label)]
        if evaluation.without_examples is not None:
            curves.append(evaluation.without_examples.curve(label))
        yield f"<figure>{draw_curves(curves)}<figcaption>{escape(label)}</figcaption></figure>"
    yield "</div>"


def _labels(evaluation: Comparison) -> str:
    rows = sorted(evaluation.by_label.items(), key=lambda row: row[1].f1)
    return _table(
        ["label", "texts", "precision", "recall", "F1"],
        ([label, f"{one.count:,}", str(one.precision), str(one.recall), f"{one.f1:.2f}"] for label, one in rows),
    )


def _legend(one: str, two: str) -> str:
    return f'<p class="soft"><span class="one">&#9679;</span> {one} <span class="two">&#9679;</span> {two}</p>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'
