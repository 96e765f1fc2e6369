"""Choose what a command of `guard` works with: the classifier, its examples, its client, the texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError

if TYPE_CHECKING:
    from argparse import Namespace

    from agentkit.patterns import Classifier, ExampleStore
    from agentkit.retrieval import Embedder
    from agentkit.run.agent_spec import RunOptions

OFFLINE_NOTE = "offline: no language model decides; labels follow words shared with the nearest examples"


def choose_classifier(args: Namespace, labels: Sequence[str]) -> Classifier:
    """Return the classifier that the command line names, or one whose categories are these labels, by their names.

    Raises:
        CommandError: It names something else, or there are no two labels.
    """
    from agentkit.cli.arguments.object_address import load_object
    from agentkit.patterns import Classifier

    if args.classifier:
        _, found = load_object(args.classifier)
        if not isinstance(found, Classifier):
            raise CommandError(f"{args.classifier} is no Classifier, but {type(found).__name__}.")
    elif len(labels) < 2:
        raise CommandError(f"A classifier needs two labels, and there is {', '.join(labels) or 'none'}.")
    else:
        found = Classifier(categories={label: label.replace("_", " ") for label in labels})
    return replace(found, model=args.model) if args.model else found


def choose_embedder(args: Namespace) -> Embedder | None:
    """Return the embedder for `--embed`. None: examples are found by their words."""
    if not args.embed:
        return None
    from agentkit.retrieval import WordLlamaEmbedder

    return WordLlamaEmbedder()


def with_store(classifier: Classifier, store: ExampleStore) -> Classifier:
    """Return the classifier with another store; its fixed examples stay."""
    return replace(classifier, examples=store, fixed=classifier.fixed_examples)


def run_options(args: Namespace) -> RunOptions[None]:
    """Return the options of the classifier's runs; the client in them is closed by the caller."""
    from agentkit import Budget
    from agentkit.cli.arguments.connection import client_without_agent

    budget = None if args.max_cost is None else Budget(max_cost_usd=args.max_cost)
    return {"client": client_without_agent(args, OFFLINE_NOTE), "budget": budget}


def hash_of(text: str) -> str:
    """Return a hash of a text that is the same for copies that differ in white space and case."""
    from agentkit.patterns.texts import text_key

    return hashlib.sha256(text_key(text).encode(errors="surrogatepass")).hexdigest()


def check_most(args: Namespace) -> None:
    """Raise CommandError for a number of texts below 1."""
    if args.most is not None and args.most < 1:
        raise CommandError(f"--most {args.most}: it takes a number of texts, at least one.")
