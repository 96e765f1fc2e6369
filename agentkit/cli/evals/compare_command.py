"""`agentkit compare PROMPTS.jsonl`: let agents battle head to head, and rate them by who wins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.arguments.connection import add_base_url_option
from agentkit.cli.arguments.parsing import parse_count, parse_usd

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.terminal.exit_codes import ExitCode

_ABOUT = """Let agents answer prompts in pairs, have a judge name the better answer, and print ratings. With --battles,
rate battles that were fought before, such as those that public arenas publish."""
_PROMPTS = "JSON lines with `prompt` and `category`, or a prompt a line"
_JUDGE = "claude-opus-5-5"


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("compare", parents=[shared], help="rate agents head to head", description=_ABOUT)
    parser.add_argument("prompts", type=Path, nargs="?", metavar="PROMPTS", help=_PROMPTS)
    parser.add_argument("--battles", type=Path, metavar="FILE", help="instead, rate the battles of this file")
    parser.add_argument(
        "--agents", metavar="A,B,...", help="MODULE:AGENT, MODULE:FUNCTION or model ids, commas between; two at least"
    )
    parser.add_argument("--judge", default=_JUDGE, metavar="JUDGE", help="a model id, MODULE:AGENT, or person")
    parser.add_argument("--one-order", action="store_true", help="show answers in one order only: half the judgements")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the battles, for --battles and other tools")
    parser.add_argument("--concurrency", type=parse_count, default=8, metavar="N", help="prompts at once (8)")
    parser.add_argument("--budget-usd", type=parse_usd, metavar="USD", help="spend no more than so many dollars")
    parser.add_argument("--ties", choices=["outcome", "half"], default="outcome", help="as arenas publish: half")
    parser.add_argument("--json", action="store_true", help="print the ratings as a line of JSON")
    add_base_url_option(parser)
    parser.add_argument("--offline", action="store_true", help="let the offline responder answer: no key, no model")
    parser.set_defaults(run=run)


def run(args: Namespace) -> ExitCode:
    """Let the agents battle, or read battles, and print the ratings."""
    from agentkit.cli.evals.comparing import run_compare

    return run_compare(args)
