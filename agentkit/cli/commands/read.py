"""`agentkit read PATH "question"`: a cheap model reads every document, a strong one answers with verified quotes."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentkit.cli.arguments.connection import add_base_url_option, client_without_agent
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.patterns import ReadOptions, ReadProgress, ReadResult


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser(
        "read", parents=[shared], help="answer a question from many documents", description=__doc__
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="a file, or a folder with its subfolders")
    parser.add_argument("question", metavar="QUESTION", help="the question; @FILE reads a file, - reads stdin")
    parser.add_argument("--plan", action="store_true", help="print documents, calls, tokens and price, and stop")
    parser.add_argument("--max-cost", type=float, metavar="USD", help="leave out what could go over so many dollars")
    parser.add_argument("--most", type=int, metavar="N", help="read the N documents that share most with the question")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="keep evidence here: a text is read once")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="record the reading: an interrupted one goes on")
    parser.add_argument("--run-id", metavar="RUN", help="with --journal, refuse another reading under this id")
    parser.add_argument("--batch", action="store_true", help="read in message batches: half the price, within hours")
    parser.add_argument("--concurrency", type=int, metavar="N", help="the most readers at once (16; 1,000 in batches)")
    parser.add_argument("--reader", metavar="ID", help="the model that reads")
    parser.add_argument("--writer", metavar="ID", help="the model that answers")
    add_base_url_option(parser)
    parser.add_argument("--offline", action="store_true", help="let the offline responder answer: no key, no model")
    parser.add_argument("--json", action="store_true", help="print the result as a line of JSON")
    parser.set_defaults(run=run_read)


def run_read(args: Namespace) -> ExitCode:
    """Read the documents and print the answer with its sources; a plan alone costs nothing."""
    from agentkit.cli.terminal.reading import print_reading
    from agentkit.cli.terminal.stages import watch_stages
    from agentkit.patterns import read_many

    question = read_prompt(args.question)
    if not args.path.exists():
        raise CommandError(f"There is no file or folder {str(args.path)!r}.")
    if args.run_id is not None and args.journal is None:
        raise CommandError("--run-id goes with --journal: it names the reading there.")
    if args.plan:
        return _print_plan(args, question)
    client = client_without_agent(args)
    if args.journal is not None:
        print_message(f"agentkit: recorded in {args.journal}; the same command goes on where this one stops", "dim")

    async def read(show: Callable[[ReadProgress], None]) -> ReadResult[Any]:
        options: ReadOptions = {**_read_options(args), "client": client, "progress": show}
        return await read_many(args.path, question, **agents_of(args.reader, args.writer), **options)

    result = watch_stages(read, client)
    return print_reading(result, as_json=args.json, is_free=args.offline)


def _read_options(args: Namespace) -> ReadOptions:
    """Return the options of a reading that the command line gives."""
    from agentkit import Budget

    options: ReadOptions = {
        "budget": None if args.max_cost is None else Budget(max_cost_usd=args.max_cost),
        "most_documents": args.most,
        "kept": args.kept,
        "journal": args.journal,
        "run_id": args.run_id,
        "batch": args.batch,
    }
    if args.concurrency is not None:
        options["concurrency"] = args.concurrency
    return options


def agents_of(reader: str | None, writer: str | None) -> dict[str, Any]:
    """Return the default agents, on these models where they are given."""
    from agentkit.patterns.reading.evidence import default_reader, default_writer

    return {
        "reader": replace(default_reader, model=reader) if reader else default_reader,
        "writer": replace(default_writer, model=writer) if writer else default_writer,
    }


def _print_plan(args: Namespace, question: str) -> ExitCode:
    from dataclasses import asdict

    import anyio

    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.patterns import Plan, plan_reading

    async def make() -> Plan:
        return await plan_reading(args.path, question, **agents_of(args.reader, args.writer), **_read_options(args))

    plan = anyio.run(make)
    if args.json:
        print_json_line({"type": "plan", **asdict(plan)})
    else:
        print(plan)
    sys.stdout.flush()
    return ExitCode.OK
