"""`agentkit demo`: many documents read by cheap agents, over a folder or the installed packages' own docs.

By default it runs offline: a deterministic responder answers, which is not a language model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentkit.cli.arguments.connection import (
    OFFLINE_NOTE,
    add_base_url_option,
    client_for_url,
    offline_client,
    require_credentials,
)
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from pathlib import Path

    from agentkit import Document
    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.models.overriding_client import Client
    from agentkit.patterns import ReadProgress, ReadResult

DEFAULT_QUESTION = "Which of these libraries support both HTTP/1.1 and HTTP/2?"


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser(
        "demo", parents=[shared], help="watch readers and a writer at work, without a key", description=__doc__
    )
    parser.add_argument(
        "question", nargs="?", default=DEFAULT_QUESTION, metavar="QUESTION", help=f"default: {DEFAULT_QUESTION}"
    )
    parser.add_argument("--docs", type=Path, metavar="PATH", help="a folder of text, Markdown, HTML or metadata")
    parser.add_argument("--live", action="store_true", help="let Claude answer (needs credentials)")
    add_base_url_option(parser)
    parser.add_argument("--model", metavar="ID", help="one model for all agents, with --live or --base-url")
    parser.add_argument("--json", action="store_true", help="print the result as a line of JSON")
    parser.set_defaults(run=run_demo)


def run_demo(args: Namespace) -> ExitCode:
    """Read the documents, verify every quote against its document, and show the answer."""
    from agentkit.cli.commands.read import agents_of
    from agentkit.cli.terminal.reading import print_reading
    from agentkit.cli.terminal.stages import watch_stages
    from agentkit.patterns import read_many

    is_live = args.live or args.base_url
    if args.model and not is_live:
        raise CommandError("--model goes with --live or --base-url: offline, no model answers.")
    question = read_prompt(args.question)
    sources = _sources(args)
    client = _choose_client(args)
    print_message(
        f"Reading {'the documentation of installed packages' if args.docs is None else args.docs}: {question}"
    )
    agents = agents_of(args.model, args.model)

    async def read(show: Callable[[ReadProgress], None]) -> ReadResult[Any]:
        return await read_many(sources, question, **agents, client=client, progress=show)

    result = watch_stages(read, client)
    return print_reading(result, as_json=args.json, is_free=not is_live)


def _sources(args: Namespace) -> list[Document] | Path:
    """Return what is to be read: the folder, or the documents of installed packages."""
    if args.docs is None:
        from agentkit_tools.documents import read_installed

        return list(read_installed().documents)
    if not args.docs.exists():
        raise CommandError(f"There is no file or folder {str(args.docs)!r}.", ExitCode.CONFIGURATION)
    path: Path = args.docs
    return path


def _choose_client(args: Namespace) -> Client | None:
    if args.base_url:
        return client_for_url(args.base_url)
    if args.live:
        require_credentials(", or leave --live out")
        return None
    print_message(f"agentkit: {OFFLINE_NOTE}")
    return offline_client(None)
