"""`agentkit guard label`: let the classifier decide, then ask a person, the least certain decisions first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentkit.cli.guard.choosing import check_most, choose_classifier, choose_embedder, hash_of, run_options, with_store
from agentkit.cli.guard.deciding import run_with_client
from agentkit.cli.guard.label_form import LabelForm, certainty_of
from agentkit.cli.guard.labelled_file import read_texts
from agentkit.cli.terminal.exit_codes import ExitCode
from agentkit.cli.terminal.printing import print_message
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from agentkit.patterns import Decision


def run_label(args: Namespace) -> ExitCode:
    """Ask for labels until the texts, or the person, have no more; what was labelled is in the store already."""
    from agentkit.budget.usage import Cost
    from agentkit.patterns import ExampleStore

    check_most(args)
    store = ExampleStore.load(args.examples, embedder=choose_embedder(args))
    given = [label.strip() for label in (args.categories or "").split(",") if label.strip()]
    classifier = with_store(choose_classifier(args, given or sorted(store.labels)), store)
    texts = {hash_of(text): text for text in read_texts(args.file) if text.strip() and store.label_of(text) is None}
    chosen = [text for _, text in sorted(texts.items())[: args.most]] if args.most else [*texts.values()]
    if not chosen:
        print_message(f"agentkit: {args.examples} has a label for every text of {args.file}.")
        return ExitCode.OK
    options = run_options(args)

    async def decide(show: Callable[[int, int], None]) -> list[Decision]:
        return await classifier.map(
            chosen, concurrency=args.concurrency, progress=lambda done: show(done, len(chosen)), **options
        )

    decisions = run_with_client(decide, options.get("client"))
    cost = sum((decision.cost for decision in decisions), Cost())
    print_message(f"{plural(len(chosen), 'text')}, cost {cost}; /undo, /skip, /all, /quit", "dim")
    pairs = sorted(zip(chosen, decisions, strict=True), key=lambda pair: certainty_of(pair[1]))
    form = LabelForm(store, classifier.categories, classifier.letters, pairs)
    code = ExitCode.OK
    try:
        form.run()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        code = ExitCode.INTERRUPTED
    print_message(f"{plural(form.labelled, 'label')} given; {args.examples} has {plural(len(store), 'example')}.")
    return code
