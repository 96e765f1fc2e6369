"""`agentkit profile MAILBOX --out FILE`: a mailbox narrowed to a profile, each statement with its messages."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeVar

from agentkit.cli.arguments.connection import add_base_url_option, client_without_agent
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.messages.printable import plural

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from agentkit import Budget
    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.terminal.stages import Progress
    from agentkit.models.overriding_client import Client
    from agentkit.patterns import FunnelOptions, FunnelResult, MailIndex, Plan

T = TypeVar("T")

_SHOWN_CHARS = 200
_GOAL = "Whose mail is this? Who matters in it, what recurs, what has changed, and what is undecided?"


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    from agentkit.cli.arguments.parsing import parse_count, parse_usd

    parser = commands.add_parser("profile", parents=[shared], help="narrow a mailbox to a profile", description=__doc__)
    parser.add_argument("mailbox", type=Path, metavar="MAILBOX", help="an mbox file, a Maildir, a folder of mail")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the profile here: .json, else Markdown")
    purpose = f"its purpose; @FILE reads a file, - reads stdin ({_GOAL})"
    parser.add_argument("--goal", default=_GOAL, metavar="TEXT", help=purpose)
    parser.add_argument("--outline", metavar="ADDRESS", help="module:Model, a pydantic model of the sections")
    parser.add_argument("--index", type=Path, metavar="FILE", help="the index (one for MAILBOX, in this folder)")
    parser.add_argument("--query", action="append", metavar="QUERY", help="search with this; may be repeated")
    price = parser.add_mutually_exclusive_group()
    price.add_argument("--plan", action="store_true", help="print threads, calls, tokens and price, and stop")
    sample = "read N threads, print the price of all, and stop"
    price.add_argument("--sample", type=parse_count, metavar="N", help=sample)
    limit = "leave out what could go over so many dollars, and exit with 4"
    parser.add_argument("--budget-usd", type=parse_usd, metavar="USD", help=limit)
    parser.add_argument("--journal", type=Path, metavar="FILE", help="record all runs: the next call pays what is new")
    kept = "keep what was read: it is free for any later call, and --plan and --budget-usd know it"
    parser.add_argument("--kept", type=Path, metavar="FILE", help=kept)
    at_once = "the most readers at once (16)"
    parser.add_argument("--concurrency", type=parse_count, default=16, metavar="N", help=at_once)
    parser.add_argument("--reader", metavar="ID", help="the model that filters and reads")
    parser.add_argument("--writer", metavar="ID", help="the model that writes")
    add_base_url_option(parser)
    parser.add_argument("--offline", action="store_true", help="let the offline responder answer: no key, no model")
    parser.add_argument("--json", action="store_true", help="print the result as a line of JSON")
    parser.set_defaults(run=run_profile)


def run_profile(args: Namespace) -> ExitCode:
    """Index the mailbox, narrow it, and write the profile; a plan alone costs nothing."""
    from agentkit.cli.terminal.printing import print_message
    from agentkit.cli.terminal.stages import watch_stages
    from agentkit.errors import BudgetExceeded
    from agentkit.messages.printable import one_line
    from agentkit.patterns import funnel, plan_funnel

    if not args.mailbox.exists():
        raise CommandError(f"There is no file or folder {str(args.mailbox)!r}.")
    if args.out is None and not (args.plan or args.sample):
        raise CommandError("Where is the profile to be written? Give --out FILE; --plan prints its price alone.")
    if args.out is not None:
        _check_out(args.out)
    goal, given, client = read_prompt(args.goal), _given(args), None if args.plan else client_without_agent(args)

    async def plan(show: Callable[[Progress], None]) -> Plan:
        options, sample = _options(args, client, show), None if args.plan else args.sample
        return await _in_index(args, lambda index: plan_funnel(index, goal, sample=sample, **given, **options))

    async def narrow(show: Callable[[Progress], None]) -> FunnelResult[Any]:
        options = _options(args, client, show)
        return await _in_index(args, lambda index: funnel(index, goal, **given, **options))

    print_message(f"goal: {one_line(goal, _SHOWN_CHARS)}", "dim")
    try:
        if args.plan or args.sample:
            return _print_plan(args, watch_stages(plan, client))
        return _write(args, watch_stages(narrow, client))
    except BudgetExceeded as error:
        said = str(error).replace(f"funnel(budget={_budget(args)})", f"--budget-usd {args.budget_usd}")
        raise CommandError(said, ExitCode.LIMIT) from error


def _check_out(out: Path) -> None:
    """Refuse a file that cannot be written, before anything is paid."""
    if out.is_dir():
        raise CommandError(f"--out {str(out)!r} is a folder: name a file in it.")
    if not out.parent.is_dir():
        raise CommandError(f"--out {str(out)!r}: there is no folder {str(out.parent)!r}.")


def _given(args: Namespace) -> dict[str, Any]:
    """Return outline and agents."""
    from agentkit.cli.arguments.object_address import load_object
    from agentkit.patterns.profile.funnel import default_reader, default_writer

    given: dict[str, Any] = {
        "reader": replace(default_reader, model=args.reader) if args.reader else default_reader,
        "writer": replace(default_writer, model=args.writer) if args.writer else default_writer,
    }
    return {**given, "outline": load_object(args.outline)[1]} if args.outline else given


def _budget(args: Namespace) -> Budget | None:
    from agentkit import Budget

    return None if args.budget_usd is None else Budget(max_cost_usd=args.budget_usd)


def _options(args: Namespace, client: Client | None, show: Callable[[Progress], None]) -> FunnelOptions:
    return {
        "client": client,
        "budget": _budget(args),
        "concurrency": args.concurrency,
        "queries": args.query,
        "journal": args.journal,
        "kept": args.kept,
        "progress": show,
    }


async def _in_index(args: Namespace, use: Callable[[MailIndex], Awaitable[T]]) -> T:
    """Add the mailbox to the index, and return what a function returns for it."""
    from agentkit.cli.terminal.printing import print_message
    from agentkit.patterns import MailIndex

    path = args.index or _own_index(args.mailbox)
    async with MailIndex.open(path) as index:
        report = await index.add(args.mailbox)
        print_message(f"index: {report}; in {path}")
        others = (await index.search("*", limit=0)).count - report.read
        if others > 0:
            counted = plural(others, "message in it is", "messages in it are")
            print_message(f"index: {counted} not of {args.mailbox}, and searched, too")
        return await use(index)


def _own_index(mailbox: Path) -> Path:
    """Return the index of a mailbox in the current folder: another mailbox has another one."""
    from pathlib import Path

    whole = mailbox.resolve()
    return Path(f"{whole.name}.{hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]}.db")


def _print_plan(args: Namespace, plan: Plan) -> ExitCode:
    from agentkit.cli.terminal.watching import print_json_line

    if args.json:
        print_json_line({"type": "plan", **asdict(plan)})
    else:
        print(plan, flush=True)
    return ExitCode.OK


def _write(args: Namespace, result: FunnelResult[Any]) -> ExitCode:
    """Write the profile, and say what it cost; the exit code says whether there is one, of all threads."""
    from agentkit.cli.terminal.printing import print_message
    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.patterns.profile.result import gap_lines

    if args.json:
        print_json_line(profile_to_json(result))
    for line in gap_lines(result.gaps):
        print_message(f"not read: {line}")
    dropped = plural(result.dropped, "quote or statement", "quotes or statements")
    print_message(f"{plural(len(result.statements), 'statement')}, {dropped} dropped", "dim")
    paid = "" if result.new_cost == result.cost else f", {result.new_cost} of it now"
    print_message(f"{'would cost' if args.offline else 'cost'} {result.cost}{paid}", "dim")
    if result.profile is None:
        for query in result.queries:
            print_message(f"query: {query}")
        advice = " Say more in --goal, or search with --query." if result.queries else ""
        print_message(f"agentkit: {result.reason}{advice}", "red")
        return ExitCode.FAILED
    is_json = args.out.suffix == ".json"
    text = json.dumps(profile_to_json(result), ensure_ascii=False, indent=2) if is_json else str(result)
    try:
        args.out.write_bytes(f"{text}\n".encode(errors="backslashreplace"))
    except OSError as error:  # it is paid for
        if not args.json:
            print(text, flush=True)
        raise CommandError(f"The profile is on stdout, for {error}.", ExitCode.FAILED) from error
    print_message(f"written: {args.out}")
    left_out = {f"thread {thread}" for thread in result.plan.left_out}
    if any(gap.document in left_out for gap in result.gaps):
        return ExitCode.LIMIT
    return ExitCode.OK if result.ok else ExitCode.FAILED


def profile_to_json(result: FunnelResult[Any]) -> dict[str, object]:
    """Return a result as JSON."""
    return {
        "type": "result",
        "profile": None if result.profile is None else result.profile.model_dump(mode="json"),
        "statements": [{**asdict(one), "messages": one.messages} for one in result.statements],
        "stages": [
            {"name": one.name, "unit": one.unit, "in": one.in_, "out": one.out,
             "share": one.share if one.in_ else None, "cost_usd": one.cost.usd, "seconds": one.seconds}
            for one in result.stages
        ],
        "queries": [asdict(one) for one in result.queries],
        "dropped": result.dropped,
        "gaps": [asdict(gap) for gap in result.gaps],
        "plan": asdict(result.plan),
        "actual": asdict(result.actual),
        "cost_usd": result.cost.usd,
        "new_cost_usd": result.new_cost.usd,
        "ok": result.ok,
        "reason": result.reason,
    }  # fmt: skip
