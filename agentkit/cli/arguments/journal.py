"""The journal that a command line names, and the run in it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError
from agentkit.cli.terminal.printing import print_message

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agentkit import Journal, RunInfo

DEFAULT_JOURNAL = Path("runs.db")
OPEN_STATES = ("running", "interrupted")
"""The states of a run that has not ended."""


def add_journal_option(parser: ArgumentParser) -> None:
    """Add the option `--journal` of commands that work on one."""
    parser.add_argument(
        "--journal", type=Path, default=DEFAULT_JOURNAL, metavar="FILE", help=f"the journal; default: {DEFAULT_JOURNAL}"
    )


def open_journal(args: Namespace) -> Journal:
    """Return the journal that the command line names. Raises CommandError if there is none."""
    from agentkit import Journal

    if not args.journal.exists():
        raise CommandError(f"There is no journal {str(args.journal)!r}: name one with --journal FILE.")
    return Journal(args.journal)


def find_run(journal: Journal, run_id: str) -> RunInfo:
    """Return a run of a journal. Raises CommandError if it has none of this id."""
    runs = journal.runs()
    for info in runs:
        if info.run_id == run_id:
            return info
    latest = ", ".join(info.run_id for info in runs[-8:])
    raise CommandError(f"There is no run {run_id!r} in {str(journal.path)!r}; the latest are: {latest or 'none'}.")


def print_way_to_go_on(args: Namespace, run_id: str) -> None:
    """Print the command that goes on with a run, if it has been interrupted, or has failed."""
    from agentkit import Journal

    states = {info.run_id: info.status for info in Journal(args.journal).runs()}
    again = {"interrupted": "", "failed": " --again"}.get(states.get(run_id, ""))
    if again is not None:
        named = "" if args.journal == DEFAULT_JOURNAL else f" --journal {shlex.quote(str(args.journal))}"
        print_message(f"agentkit: go on with `agentkit runs resume {shlex.quote(run_id)}{again}{named}`")
