"""`agentkit guard eval`: split the texts, let the classifier decide, print the table."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.cli.guard.choosing import (
    check_most,
    choose_classifier,
    choose_embedder,
    hash_of,
    run_options,
    with_store,
)
from agentkit.cli.guard.deciding import run_with_client
from agentkit.cli.guard.labelled_file import read_labelled
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.watching import print_json_line
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from agentkit.messages.message import JSONObject
    from agentkit.patterns import Classifier, Evaluation
    from agentkit.patterns.classify.intervals import Interval


@dataclass(frozen=True, slots=True)
class _Trial:
    """A classifier to measure, the texts for the numbers, and the places that its examples and they come from."""

    classifier: Classifier
    texts: Sequence[tuple[str, str]]
    examples_from: str
    texts_from: str


def run_eval(args: Namespace) -> ExitCode:
    """Measure the classifier and print its numbers; nothing is chosen by them."""
    from agentkit.patterns import evaluate_classifier
    from agentkit.patterns.classify.text_report import unjudged_texts

    check_most(args)
    if args.recall is not None and not 0 < args.recall <= 1:
        raise CommandError(f"--recall {args.recall}: it takes a share above 0, up to 1.")
    trial = _prepare(args)
    options = run_options(args)

    async def evaluate(progress: Callable[[int, int], None]) -> Evaluation:
        return await evaluate_classifier(
            trial.classifier,
            trial.texts,
            concurrency=args.concurrency,
            examples_from=trial.examples_from,
            texts_from=trial.texts_from,
            progress=progress,
            **options,
        )

    evaluation = run_with_client(evaluate, options.get("client"))
    if args.html:
        evaluation.save(args.html)
        print_message(f"agentkit: the page is {args.html}.")
    if args.json:
        print_json_line(_to_json(evaluation, args.recall))
    else:
        print(evaluation)
        if args.recall is not None:
            print(_threshold_table(evaluation, args.recall))
    sys.stdout.flush()
    silent = [one.decision for one in evaluation.judged if one.decision.label is None]
    if silent:
        print_message(f"agentkit: {plural(len(silent), 'text')} got no label. Of the first: {silent[0].reason}", "dim")
    if lines := [*unjudged_texts(evaluation)]:
        print_message(f"agentkit: {lines[0]}", "red")
        return ExitCode.LIMIT
    return ExitCode.FAILED if len(silent) == len(evaluation.judged) else ExitCode.OK


def _prepare(args: Namespace) -> _Trial:
    from agentkit.patterns import ExampleStore

    labelled, embedder = read_labelled(args.file), choose_embedder(args)
    classifier = choose_classifier(args, tuple(dict.fromkeys(label for _, label in labelled)))
    how = "by embeddings" if embedder is not None else "by words"
    if args.examples is not None:
        store = ExampleStore.load(args.examples, embedder=embedder)
        source, texts, kind = f"{args.examples}, {len(store):,}, found {how}", labelled, "all"
        classifier = with_store(classifier, store)
    elif classifier.store is not None:
        source, texts, kind = f"{len(classifier.store):,} of the classifier's own", labelled, "all"
    else:
        halves: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
        for text, label in labelled:
            halves[int(hash_of(text)[0], 16) % 2].append((text, label))
        store = ExampleStore(halves[0], embedder=embedder)
        source = f"{args.file.name}, {len(store):,} of one half by hash, found {how}"
        texts, kind = halves[1], "the other half"
        classifier = with_store(classifier, store)
    if args.most is not None and args.most < len(texts):
        texts, kind = sorted(texts, key=lambda pair: hash_of(pair[0]))[: args.most], f"a part of {kind}"
    return _Trial(classifier, texts, source, f"{args.file.name}, {kind}")


def _threshold_table(evaluation: Evaluation, recall: float) -> str:
    lines = ["", f"thresholds for a recall of {recall:g} on these texts"]
    for label in evaluation.by_label:
        point = evaluation.threshold(label, recall)
        said = "no score reaches it"
        if point is not None:
            said = f"from {point.threshold:.3f}: precision {point.precision}, recall {point.recall}"
        lines.append(f"  {label}: {said}")
    return "\n".join(lines)


def _to_json(evaluation: Evaluation, recall: float | None) -> JSONObject:
    value: JSONObject = {"type": "evaluation", "examples_from": evaluation.setting.examples_from}
    value |= {"texts_from": evaluation.setting.texts_from, "texts": len(evaluation.judged)}
    passes = {"with_examples": evaluation, "without_examples": evaluation.without_examples}
    for name, measures in passes.items():
        value[name] = measures and {
            "macro_f1": _interval(measures.macro_f1),
            "accuracy": _interval(measures.accuracy),
            "abstained": measures.abstained,
            "unjudged": len(measures.unjudged),
            "cost_per_1000_usd": measures.cost_per_1000.usd,
            "latency_s": {"p50": measures.latency_s(0.5), "p95": measures.latency_s(0.95)},
            "labels": {
                label: {
                    "texts": one.count,
                    "precision": _interval(one.precision),
                    "recall": _interval(one.recall),
                    "f1": one.f1,
                }
                for label, one in measures.by_label.items()
            },
            "confusion": [[*pair, count] for pair, count in measures.confusion.items()],
        }
    if recall is not None:
        points = {label: evaluation.threshold(label, recall) for label in evaluation.by_label}
        value["thresholds"] = {label: point and point.threshold for label, point in points.items()}
    return value


def _interval(interval: Interval) -> list[float] | None:
    return None if math.isnan(interval.value) else [interval.value, interval.low, interval.high]
