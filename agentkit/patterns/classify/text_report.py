"""An evaluation as a table of text, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentkit.messages.printable import one_line

if TYPE_CHECKING:
    from agentkit.patterns.classify.measures import Comparison, Measures

_MOST_LABELS = 20
"""Labels in the table: those with the lowest F1."""
_MOST_MISTAKES = 8
_LABEL_WIDTH = 26


def render_text(evaluation: Comparison) -> str:
    """Return the table of an evaluation: the sums, the labels, and the mistakes that are most frequent."""
    return "\n".join([*_head(evaluation), "", *_sums(evaluation), "", *_labels(evaluation), *_mistakes(evaluation)])


def _head(evaluation: Comparison) -> Iterator[str]:
    setting = evaluation.setting
    yield f"{setting.name}: {setting.model}, {len(evaluation.labels)} labels"
    if setting.examples_from:
        yield f"examples: {setting.examples_from}"
    left_out = f", {setting.left_out} left out as fixed examples" if setting.left_out else ""
    yield f"numbers:  {setting.texts_from or 'texts as given'} ({len(evaluation.judged):,} texts{left_out})"


def sums_of(measures: Measures) -> dict[str, str]:
    """Return the sums of some measures, each with its name."""
    latency = f"{measures.latency_s(0.5):.3f} s, {measures.latency_s(0.95):.3f} s"
    return {
        "macro F1": str(measures.macro_f1),
        "accuracy": str(measures.accuracy),
        "abstained": f"{measures.abstained:,} of {len(measures.judged):,}",
        "cost per 1,000": str(measures.cost_per_1000),
        "latency p50, p95": latency,
    }


def unjudged_texts(evaluation: Comparison) -> Iterator[str]:
    """Yield a line about the texts that were not judged, with examples and without, where there are any."""
    for measures, where in ((evaluation, ""), (evaluation.without_examples, " without examples")):
        if measures is not None and (count := len(measures.unjudged)):
            yield f"{count:,} {'text was' if count == 1 else 'texts were'} not judged{where}: budget"


def _sums(evaluation: Comparison) -> Iterator[str]:
    columns = [sums_of(evaluation)]
    if evaluation.without_examples is not None:
        columns.append(sums_of(evaluation.without_examples))
        yield f"{'':18}{'with examples':24}{'without':24}".rstrip()
    for name in columns[0]:
        yield f"{name:18}{''.join(f'{column[name]:24}' for column in columns)}".rstrip()
    yield from unjudged_texts(evaluation)
    yield f"(intervals of 95%; latency with {evaluation.setting.concurrency} at once)"


def _labels(evaluation: Comparison) -> Iterator[str]:
    rows = sorted(evaluation.by_label.items(), key=lambda row: row[1].f1)
    yield f"{'label':{_LABEL_WIDTH}}{'texts':>6}  {'precision':18}{'recall':18}{'F1':>5}"
    for label, one in rows[:_MOST_LABELS]:
        name = one_line(label, _LABEL_WIDTH - 1)
        yield f"{name:{_LABEL_WIDTH}}{one.count:>6}  {one.precision!s:18}{one.recall!s:18}{one.f1:>5.2f}"
    if len(rows) > _MOST_LABELS:
        yield f"and {len(rows) - _MOST_LABELS} labels with a higher F1"


def _mistakes(evaluation: Comparison) -> Iterator[str]:
    mistakes = [(count, pair) for pair, count in evaluation.confusion.items() if pair[0] != pair[1]]
    if not mistakes:
        return
    yield from ("", "most frequent mistakes (ought to be -> got)")
    for count, (wanted, got) in sorted(mistakes, key=lambda one: (-one[0], str(one[1])))[:_MOST_MISTAKES]:
        yield f"{count:>6}  {one_line(wanted, 34)} -> {one_line(got or '(abstained)', 34)}"
