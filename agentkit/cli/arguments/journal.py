"""The journal that a command line names, and the run in it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError
from agentkit.cli.terminal.printing import print_message
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from agentkit import Journal, RunInfo

DEFAULT_JOURNAL = Path("runs.db")
_COMMANDS = {"funnel": "agentkit profile", "read_many": "agentkit read"}
"""The commands that make many runs, by the name that the run of their plan is listed under."""
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
    if of_call := [info for info in runs if info.run_id.startswith(f"{run_id}/")]:
        raise CommandError(
            f"{run_id!r} is the call of {plural(len(of_call), 'run')}, and no run: {_repeat_of(of_call)}"
        )
    latest = ", ".join(info.run_id for info in runs[-8:])
    raise CommandError(f"There is no run {run_id!r} in {str(journal.path)!r}; the latest are: {latest or 'none'}.")


def runs_by_call(runs: Sequence[RunInfo]) -> dict[str, list[RunInfo]]:
    """Return the runs of each funnel and reading by the id of the call, and all others by their own."""
    plans = (info.run_id for info in runs if info.agent in _COMMANDS and info.run_id.endswith("/plan"))
    calls = {plan.removesuffix("/plan") for plan in plans}
    found: dict[str, list[RunInfo]] = {}
    for info in runs:
        call = info.run_id
        while call and call not in calls:
            call = call.rpartition("/")[0]
        found.setdefault(call or info.run_id, []).append(info)
    return found


def refuse_run_of_call(journal: Journal, run_id: str) -> None:
    """Raise CommandError for one of the runs of a funnel or a reading: it goes on in the call that made it."""
    for call, runs in runs_by_call(journal.runs()).items():
        if call != run_id and any(info.run_id == run_id for info in runs):
            raise CommandError(f"{run_id!r} is one of the runs of {call!r}: {_repeat_of(runs)}")


def _repeat_of(runs: Sequence[RunInfo]) -> str:
    """Say how a call of many runs goes on."""
    made_by = next((info.agent for info in runs if info.run_id.endswith("/plan")), "")
    command = f", `{_COMMANDS[made_by]}`," if made_by in _COMMANDS else ""
    return f"make the call again{command} with this journal, and it goes on; what it has done is not paid again."


def print_way_to_go_on(args: Namespace, run_id: str) -> None:
    """Print the command that goes on with a run, if it has been interrupted, or has failed."""
    from agentkit import Journal

    states = {info.run_id: info.status for info in Journal(args.journal).runs()}
    again = {"interrupted": "", "failed": " --again"}.get(states.get(run_id, ""))
    if again is not None:
        named = "" if args.journal == DEFAULT_JOURNAL else f" --journal {shlex.quote(str(args.journal))}"
        print_message(f"agentkit: go on with `agentkit runs resume {shlex.quote(run_id)}{again}{named}`")
