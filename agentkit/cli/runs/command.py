"""`agentkit runs`: list, show, resume, cancel, copy, export, import and prune the runs of a journal."""

from __future__ import annotations

import json
import shlex
import sys
from argparse import ArgumentTypeError
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.cli.arguments.journal import OPEN_STATES, add_journal_option, find_run, open_journal, runs_by_call
from agentkit.cli.commands.run import add_run_options
from agentkit.cli.runs.resume import resume_run
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line, plural, printable

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Sequence

    from agentkit import RunInfo
    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.terminal.style import Style

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STYLES: dict[str, Style] = {"failed": "red", "in flight": "yellow", "ended": ""}


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("runs", parents=[shared], help="the runs of a journal", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, text: str, run: Callable[[Namespace], ExitCode], *, takes_run: bool = True) -> ArgumentParser:
        action = actions.add_parser(name, parents=[shared], help=text, description=f"{text[0].upper()}{text[1:]}.")
        if takes_run:
            action.add_argument("run_id", metavar="RUN", help="the id of the run")
        add_journal_option(action)
        action.set_defaults(run=run)
        return action

    import_text = "write the lines of an export, or the first of them, as a run"
    plain = [
        add("list", "all runs, the oldest first", list_runs, takes_run=False),
        add("show", "the steps of a run, what they cost, and what is in flight", show_run),
        add("cancel", "end a run that nobody executes, for good", cancel_run),
        fork := add("fork", "copy a run, or its beginning, under another id", fork_run),
        add("export", "print the records of a run, each as a line of JSON", export_run),
        importing := add("import", import_text, import_run, takes_run=False),
        prune := add("prune", "delete runs that have ended", prune_runs, takes_run=False),
    ]
    for action in plain:
        action.add_argument("--json", action="store_true", help="print lines of JSON")
    resume = add("resume", "go on with a run where it was interrupted", resume_run)
    resume.add_argument("--agent", metavar="MODULE:AGENT", help="its agent; default: that of `agentkit run`")
    text = "of a run in a conversation: what `conversation.save()` gave before it, as JSON"
    resume.add_argument("--conversation", type=Path, metavar="FILE", help=text)
    resume.add_argument(
        "--again",
        action="store_true",
        help="go on with a run that failed, from its last request, or whose budget was used up",
    )
    resume.add_argument("--cost", action="store_true", help="print the cost by agent, tool, model and cache class")
    add_run_options(resume)
    fork.add_argument("new_run_id", metavar="NEW_RUN", help="the id of the copy")
    fork.add_argument("--before", metavar="STEP", help="the first step that is not copied, as `model:3`")
    importing.add_argument("file", metavar="FILE", help="the lines; - reads stdin")
    importing.add_argument("--run-id", metavar="RUN", help="another id than the one it had")
    prune.add_argument("run_ids", nargs="*", metavar="RUN", help="these runs alone")
    prune.add_argument(
        "--older-than", type=parse_duration, metavar="AGE", help="without a step for: 30d, 12h, 45m, 10s"
    )
    prune.add_argument("--all", action="store_true", help="every run that has ended")


def parse_duration(text: str) -> float:
    """Return the seconds of `30d`, `12h`, `45m` or `10s`. Raises ArgumentTypeError for anything else."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no age: write 30d, 12h, 45m or 10s")
    return float(int(number) * _UNITS[unit])


def list_runs(args: Namespace) -> ExitCode:
    """Print a line for each run, and one for those of a funnel or reading; where it does not fit the terminal, two."""
    found = open_journal(args).runs()
    if args.json:
        _print_json_lines(asdict(info) for info in found)
        return ExitCode.OK
    calls = runs_by_call(found)
    rows = [_cells(runs[0]) if len(runs) == 1 else _call_cells(call, runs) for call, runs in calls.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    width = terminal_width(sys.stdout)
    is_wide = not sys.stdout.isatty() or sum(widths) + 2 * (len(widths) - 1) <= width
    for row in rows:
        if is_wide:
            print("  ".join(cell.ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip())
        else:
            print(one_line("  ".join(row[:3]), width))
            print(f"  {one_line(' · '.join(row[3:]), width - 2)}")
    if len(rows) < len(found):
        print_message("agentkit: --json lists each of the runs that a funnel or a reading has made.", "dim")
    if not found:
        print_message(f"agentkit: there are no runs in {args.journal}.")
    return ExitCode.OK


def _cells(info: RunInfo) -> tuple[str, ...]:
    started = datetime.fromtimestamp(info.created_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    agent = printable(info.agent) or "?"
    return printable(info.run_id), agent, info.status, plural(info.steps, "step"), _cost_text(info), started


def _call_cells(call: str, runs: Sequence[RunInfo]) -> tuple[str, ...]:
    """Return what is shown of a funnel or a reading: the number of its runs, and what they have cost together."""
    plan = next(info for info in runs if info.run_id == f"{call}/plan")
    costs = [info.cost_usd for info in runs]
    usd = None if None in costs else sum(filter(None, costs))
    whole = replace(plan, run_id=call, steps=sum(info.steps for info in runs), cost_usd=usd)
    open_runs = sum(info.status in OPEN_STATES for info in runs)
    run_id, agent, _, *facts = _cells(whole)
    return run_id, agent, plural(len(runs), "run") + (f", {open_runs} not ended" if open_runs else ""), *facts


def _cost_text(info: RunInfo) -> str:
    from agentkit.budget.usage import usd_text

    return "cost unknown" if info.cost_usd is None else usd_text(info.cost_usd)


def show_run(args: Namespace) -> ExitCode:
    """Print a run and the tree of its steps."""
    from agentkit.cli.runs.step_tree import StepTree, tree_lines
    from agentkit.cli.terminal.style import styled

    journal = open_journal(args)
    info = find_run(journal, args.run_id)
    has_ended = info.status not in OPEN_STATES
    tree = StepTree(journal.export(args.run_id), has_ended=has_ended)
    if args.json:
        _print_json_lines([{"type": "run", **asdict(info)}, *(node.to_json() for node in tree.root.all_below())])
        return ExitCode.OK
    width = terminal_width(sys.stdout)
    print(one_line(f"{info.run_id}  {info.agent}  {info.status}", width))
    print(one_line(f"{plural(info.steps, 'step')} · {_cost_text(info)}", width))
    for line, state in tree_lines(tree.root):
        text = line if len(line) <= width else f"{line[: width - 1]}…"
        print(styled(text, _STYLES["ended" if has_ended else state], sys.stdout))
    return ExitCode.OK


def cancel_run(args: Namespace) -> ExitCode:
    """End a run for good."""
    open_journal(args).cancel(args.run_id)
    if args.json:
        _print_json_lines([{"run_id": args.run_id, "status": "cancelled"}])
    else:
        print_message(f"agentkit: {args.run_id} is cancelled, and does not go on.")
    return ExitCode.OK


def fork_run(args: Namespace) -> ExitCode:
    """Copy a run, and print the id of the copy."""
    open_journal(args).fork(args.run_id, args.new_run_id, args.before)
    print(json.dumps({"run_id": args.new_run_id}) if args.json else args.new_run_id)
    return ExitCode.OK


def export_run(args: Namespace) -> ExitCode:
    """Print the records of a run."""
    for line in open_journal(args).export(args.run_id):
        print(line)
    return ExitCode.OK


def import_run(args: Namespace) -> ExitCode:
    """Write a run from the lines of an export, and print its id."""
    from agentkit import Journal
    from agentkit.cli.arguments.prompt_source import read_argument

    text = read_argument(args.file if args.file == "-" else f"@{args.file}")
    run_id = Journal(args.journal).import_lines(text.splitlines(), args.run_id)
    print(json.dumps({"run_id": run_id}) if args.json else run_id)
    return ExitCode.OK


def prune_runs(args: Namespace) -> ExitCode:
    """Delete runs that have ended, and print their ids."""
    if not args.run_ids and args.older_than is None and not args.all:
        raise CommandError("Say what to prune: the ids of runs, --older-than 30d, or --all.")
    journal = open_journal(args)
    states = {info.run_id: info.status for info in journal.runs()}
    deleted = journal.prune(args.older_than, args.run_ids or None)
    for run_id in deleted:
        print(json.dumps({"run_id": run_id}) if args.json else run_id)
    for run_id in args.run_ids:
        if run_id not in deleted:
            state = states.get(run_id, "not there")
            hint = f"; `agentkit runs cancel {shlex.quote(run_id)}` ends it" if state == "interrupted" else ""
            print_message(f"agentkit: {run_id} was left: it is {state}{hint}.")
    print_message(f"agentkit: {plural(len(deleted), 'run')} deleted.")
    return ExitCode.OK


def _print_json_lines(lines: Iterable[dict[str, object]]) -> None:
    for line in lines:
        print(json.dumps(line, ensure_ascii=False))
