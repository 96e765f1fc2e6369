"""`agentkit guard eval` and `agentkit guard label`: measure a classifier, and label texts by hand for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.arguments.connection import add_base_url_option
from agentkit.cli.guard.evaluating import run_eval
from agentkit.cli.guard.labelling import run_label

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.terminal.exit_codes import ExitCode

_EVAL = """Let a classifier decide on labelled texts, and print precision, recall, price and latency. FILE is CSV or
JSON lines with `text` and `label`, or a folder with a file for each label. Without examples of its own, the classifier
gets those of one half of the texts, by a hash of each, and the numbers come from the other half."""
_LABEL = """Show texts, those first that the classifier is least certain about, and add the labels that you type to the
examples. Enter takes the suggestion; /undo, /skip, /all and /quit do what they say."""


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("guard", parents=[shared], help="measure and teach a classifier", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, text: str, about: str, run: Callable[[Namespace], ExitCode]) -> ArgumentParser:
        action = actions.add_parser(name, parents=[shared], help=text, description=about)
        action.add_argument("file", type=Path, metavar="FILE", help="the texts: .csv, .jsonl, .txt, or a folder")
        action.add_argument("--classifier", metavar="MODULE:NAME", help="a Classifier; default: one made of the labels")
        action.add_argument("--model", metavar="ID", help="instead of the classifier's model")
        action.add_argument("--most", type=int, metavar="N", help="judge N of the texts, chosen by their hashes")
        action.add_argument("--max-cost", type=float, metavar="USD", help="spend no more than so many dollars")
        action.add_argument("--concurrency", type=int, default=8, metavar="N", help="texts at once (8)")
        action.add_argument("--embed", action="store_true", help="find examples by embeddings (extra `embed`)")
        add_base_url_option(action)
        action.add_argument("--offline", action="store_true", help="let the offline responder decide: no key, no model")
        action.set_defaults(run=run)
        return action

    evaluate = add("eval", "measure a classifier on labelled texts", _EVAL, run_eval)
    evaluate.add_argument("--examples", type=Path, metavar="STORE", help="a file of examples; all of FILE is judged")
    evaluate.add_argument("--recall", type=float, metavar="R", help="print the threshold of each label for this recall")
    evaluate.add_argument("--html", type=Path, metavar="PAGE", help="write a page with pictures")
    evaluate.add_argument("--json", action="store_true", help="print the numbers as a line of JSON")
    label = add("label", "label texts by hand, the least certain first", _LABEL, run_label)
    label.add_argument("--examples", type=Path, metavar="STORE", required=True, help="the file that labels go to")
    label.add_argument("--categories", metavar="A,B,...", help="the labels; default: those of the classifier or STORE")
