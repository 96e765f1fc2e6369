"""`agentkit eval SUITE`: try agents at the tasks of a suite, many times, and report what they do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.arguments.connection import add_base_url_option
from agentkit.cli.arguments.parsing import parse_count, parse_share, parse_usd

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.terminal.exit_codes import ExitCode

DEFAULT_STORE = Path("evals.db")
_ABOUT = """Try agents at the tasks of a suite and grade every trial. Trials are kept by their content: to run the same
command again costs nothing, and one that was stopped goes on. `agentkit eval history` lists what the store has."""
_SUITE = "office, synthesis or synthesis:TOKENS, domain:FILE, a file of cases (.yaml, .jsonl), MODULE:SUITE; or history"
_AGENTS = """commas between: names that the suite brings (oracle, idle, random), offline, model ids for the suite's
agent, MODULE:AGENT; NAME=... gives another name. Default: the suite's agent"""
_BASELINE = "fail if worse, by a paired test: an agent of this evaluation, or of the store, by name, ID or ID:NAME"


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("eval", parents=[shared], help="evaluate agents on a suite", description=_ABOUT)
    parser.add_argument("suite", metavar="SUITE", help=_SUITE)
    parser.add_argument("--agents", metavar="A,B,...", help=_AGENTS)
    parser.add_argument("--tries", type=parse_count, metavar="N", help="tries of each agent at each task (1)")
    parser.add_argument("--until-width", type=parse_share, metavar="W", help="try until a task's interval is so narrow")
    parser.add_argument("--concurrency", type=parse_count, default=16, metavar="N", help="trials at once (16)")
    parser.add_argument("--budget-usd", type=parse_usd, metavar="USD", help="spend no more than so many dollars")
    parser.add_argument("--faults", metavar="F", help="plant faults, as tool_errors=0.2,api=0.1, or usual; see docs")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the seed of all that is random (0)")
    _add_filters(parser)
    parser.add_argument("--store", type=Path, default=DEFAULT_STORE, metavar="FILE", help=f"default: {DEFAULT_STORE}")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write the report as a page")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write it as Markdown")
    parser.add_argument("--json", action="store_true", help="print it as a line of JSON")
    parser.add_argument("--min-pass-rate", type=parse_share, metavar="R", help="fail below this pass rate, 0 to 1")
    parser.add_argument("--no-worse-than", metavar="BASELINE", help=_BASELINE)
    add_base_url_option(parser)
    parser.add_argument("--offline", action="store_true", help="let the offline responder answer: no key, no model")
    parser.set_defaults(run=run)


def _add_filters(parser: ArgumentParser) -> None:
    for name, about in (("task", "by name, * is any text"), ("category", "of this category"), ("tag", "with this tag")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar=name.upper(), help=f"only tasks {about}; repeatable"
        )


def run(args: Namespace) -> ExitCode:
    """Evaluate, or list the history."""
    if args.suite == "history":
        from agentkit.cli.evals.history import run_history

        return run_history(args)
    from agentkit.cli.evals.evaluating import run_eval

    return run_eval(args)
