"""The evaluation of a classifier: its decisions on labelled texts measured, with examples and without."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from agentkit.errors import UsageError
from agentkit.patterns.classify.classifier import Classifier
from agentkit.patterns.classify.example import Example
from agentkit.patterns.classify.html_report import render_html
from agentkit.patterns.classify.measures import Comparison, Judged, Measures, Setting
from agentkit.patterns.classify.text_report import render_text
from agentkit.patterns.texts import text_key
from agentkit.run.delegation_terms import model_id

if TYPE_CHECKING:
    from agentkit.run.agent_spec import RunOptions


@dataclass(frozen=True)
class Evaluation(Comparison):
    """The measures of a classifier on labelled texts. Printed, it is a table; `save` writes a page with pictures."""

    def __str__(self) -> str:
        return render_text(self)

    def to_html(self) -> str:
        """Return a page of its own with tables and pictures; it loads nothing from elsewhere."""
        return render_html(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to a file. Raises OSError as `open` does.

        Args:
            path: The file; one that exists is replaced.
        """
        Path(path).write_text(self.to_html(), encoding="utf-8", errors="xmlcharrefreplace")


async def evaluate_classifier(
    classifier: Classifier,
    labelled: Iterable[tuple[str, str] | Example],
    *,
    compare: bool = True,
    concurrency: int = 8,
    examples_from: str = "",
    texts_from: str = "",
    progress: Callable[[int, int], object] | None = None,
    **options: Unpack[RunOptions[None]],
) -> Evaluation:
    """Let a classifier decide on labelled texts, and measure its decisions.

    A text never gets itself as an example. Where you choose something by these numbers, measure it on other texts.

    Args:
        classifier: The classifier.
        labelled: Texts with the labels that they ought to get.
        compare: False: leave out the second pass, without the examples of the store.
        concurrency: The most texts at once.
        examples_from: The place that the examples come from, for the table.
        texts_from: The place that the texts come from, for the table.
        progress: Called with the number of decisions so far, and with that of all.
        options: See `RunOptions`. A budget is for each pass; texts that it does not cover are `unjudged`.

    Raises:
        UsageError: There is no text, or a label is none of the classifier's.
        ConfigurationError: Something is missing before anything is sent, such as credentials.
    """
    texts, left_out = _texts_to_judge(classifier, labelled)
    passes = [classifier, *([classifier.without_examples()] if compare and classifier.store is not None else ())]
    measured: list[tuple[Judged, ...]] = []
    for number, one in enumerate(passes):

        def report(done: int, before: int = number * len(texts)) -> None:
            if progress is not None:
                progress(before + done, len(passes) * len(texts))

        decisions = await one.map((text for text, _ in texts), concurrency=concurrency, progress=report, **options)
        measured.append(tuple(Judged(*pair, decision) for pair, decision in zip(texts, decisions, strict=True)))
    setting = Setting(
        name=classifier.name,
        model=model_id(classifier.model),
        examples_from=examples_from,
        texts_from=texts_from,
        left_out=left_out,
        concurrency=concurrency,
    )
    first, *others = (_measures_of(classifier, pairs) for pairs in measured)
    return Evaluation(first.labels, first.judged, setting, next(iter(others), None), unjudged=first.unjudged)


def _measures_of(classifier: Classifier, pairs: Iterable[Judged]) -> Measures:
    judged, unjudged = list[Judged](), list[Judged]()
    for one in pairs:
        (judged if one.decision.was_judged else unjudged).append(one)
    return Measures(tuple(classifier.categories), tuple(judged), unjudged=tuple(unjudged))


def _texts_to_judge(
    classifier: Classifier, labelled: Iterable[tuple[str, str] | Example]
) -> tuple[list[tuple[str, str]], int]:
    """Return the labelled texts that are no fixed examples, and the number of those that are."""
    fixed = {text_key(text) for text, _ in classifier.fixed_examples}
    given = [(one.text, one.label) if isinstance(one, Example) else one for one in labelled]
    for text, label in given:
        if label not in classifier.categories:
            raise UsageError(
                f"evaluate_classifier: {label!r}, the label of {text[:60]!r}, is none of the classifier's, "
                f"{', '.join(classifier.categories)}."
            )
    texts = [(text, label) for text, label in given if text_key(text) not in fixed]
    if not texts:
        raise UsageError("evaluate_classifier: there is no labelled text to judge beside the fixed examples.")
    return texts, len(given) - len(texts)
