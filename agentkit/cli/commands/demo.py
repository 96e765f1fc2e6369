"""`agentkit demo`: an orchestrator and a reader for each document, over a folder or the installed packages' own docs.

By default it runs offline: a deterministic responder answers, which is not a language model.
"""

from __future__ import annotations

import json
import sys
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agentkit.cli.arguments.connection import (
    OFFLINE_NOTE,
    add_base_url_option,
    client_for_url,
    offline_client,
    require_credentials,
)
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode, exit_code_of
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import one_line, plural, printable, terminal_width
from agentkit.cli.terminal.wrapping import wrap_message

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agentkit import Document, ToolFinished
    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.commands.demo_agents import CitedAnswer, Library, Quote
    from agentkit.models.overriding_client import Client

DEFAULT_QUESTION = "Which of these libraries support both HTTP/1.1 and HTTP/2?"
_MAX_DOCUMENT_CHARS = 250_000
"""Characters of a document; a longer one is split into parts that are read by one reader each."""


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser(
        "demo", parents=[shared], help="watch an orchestrator and its readers, without a key", description=__doc__
    )
    parser.add_argument(
        "question", nargs="?", default=DEFAULT_QUESTION, metavar="QUESTION", help=f"default: {DEFAULT_QUESTION}"
    )
    parser.add_argument("--docs", type=Path, metavar="PATH", help="a folder of text, Markdown, HTML or metadata")
    parser.add_argument("--live", action="store_true", help="let Claude answer (needs credentials)")
    add_base_url_option(parser)
    parser.add_argument("--model", metavar="ID", help="one model for all agents, with --live or --base-url")
    parser.add_argument("--json", action="store_true", help="print events and the answer as lines of JSON")
    parser.set_defaults(run=run_demo)


def run_demo(args: Namespace) -> ExitCode:
    """Run the lead, verify every quote against its document, and show the answer."""
    from agentkit.cli.commands import demo_agents
    from agentkit.cli.commands.citations import answer_without_quotes, verify_quotes
    from agentkit.cli.terminal.watching import (
        choose_display,
        count_sub_agent_runs,
        print_json_line,
        print_run_report,
        result_to_json,
        watch_run,
    )

    if args.model and not (args.live or args.base_url):
        raise CommandError("--model goes with --live or --base-url: offline, no model answers.")
    question = read_prompt(args.question)
    documents = _read_documents(args)
    library = demo_agents.Library({document.id: document for document in documents})
    agent = demo_agents.lead_with_model(args.model if args.live or args.base_url else None)
    client = _choose_client(args, agent)
    options: dict[str, Any] = {} if client is None else {"client": client}
    prompt = demo_agents.lead_input(question, documents)
    heading = f"Reading {plural(len(documents), 'document')}: {question}"
    print_message(heading)
    display = choose_display(as_json=args.json, describe=_describe_quotes, max_depth=1)
    result, seconds = watch_run(lambda: agent.stream(prompt, deps=library, **options), display, client)
    if result.answer is None:
        if args.json:
            print_json_line(result_to_json(result, None))
        print_run_report(result, seconds)
        return exit_code_of(result)
    answer: CitedAnswer = result.answer.value
    quotes, dropped = verify_quotes(answer.quotes, library.documents)
    if args.json:
        facts = {
            "answer": answer_without_quotes(answer.answer, [], dropped),
            "quotes": [asdict(quote) for quote in quotes],
        }
        print_json_line({**result_to_json(result, None), "output": facts, "dropped_quotes": len(dropped)})
    else:
        _print_answer(answer_without_quotes(answer.answer, quotes, dropped), quotes, library)
    models = [args.model] if args.model else [str(demo_agents.lead.model), str(demo_agents.reader.model)]
    money = f"{'cost' if args.live or args.base_url else 'would cost'} {result.cost} with {', '.join(models)}"
    usage = result.usage
    print_message(f"{plural(len(quotes), 'quote')} checked against the source, {len(dropped)} dropped", "dim")
    runs, calls = plural(count_sub_agent_runs(result), "sub-agent run"), plural(usage.requests, "model call")
    tokens = f"{usage.prompt_tokens + usage.output_tokens:,} tokens"
    print_message(f"{runs}, {calls}, {seconds:.1f} s", "dim")
    print_message(f"{tokens}, {money}", "dim")
    return exit_code_of(result)


def _describe_quotes(event: ToolFinished) -> str:
    """Return the number of quotes in a reader's answer, for the display."""
    try:
        quotes = json.loads(event.text)["quotes"]
    except (ValueError, TypeError, KeyError):
        return ""
    return plural(len(quotes), "quote") if isinstance(quotes, list) and quotes else ""  # pyright: ignore[reportUnknownArgumentType]


def _read_documents(args: Namespace) -> list[Document]:
    from agentkit_tools.documents import read_folder, read_installed
    from agentkit_tools.sections import split_document

    folder = read_installed() if args.docs is None else read_folder(args.docs)
    if folder.unreadable:
        shown = ", ".join(f"{item.path} ({item.reason})" for item in folder.unreadable)
        print_message(f"Not read: {shown}")
    parts = (
        split_document(doc, _MAX_DOCUMENT_CHARS) if len(doc.text) > _MAX_DOCUMENT_CHARS else [doc]
        for doc in folder.documents
    )
    return [part for some in parts for part in some]


def _choose_client(args: Namespace, agent: Any) -> Client | None:
    if args.base_url:
        return client_for_url(args.base_url)
    if args.live:
        require_credentials(", or leave --live out")
        return None
    print_message(f"agentkit: {OFFLINE_NOTE}")
    return offline_client(agent)


def _print_answer(answer: str, quotes: list[Quote], library: Library) -> None:
    width = terminal_width(sys.stdout)
    for paragraph in printable(answer).split("\n\n"):
        print(f"\n{textwrap.fill(_unwrapped(paragraph), width)}")
    for number, quote in enumerate(quotes, 1):
        document = library.documents[quote.document]
        named = document.title if document.title.startswith(document.id) else f"{document.id}  {document.title}"
        where = f"[{number}] {one_line(named, 2 * width)}, characters {quote.start}-{quote.end}"
        print(f"\n{wrap_message(where, width)}")
        said = f'"{_unwrapped(printable(quote.text))}"'
        print(textwrap.fill(said, width, initial_indent="    ", subsequent_indent="    "))
    print(flush=True)


def _unwrapped(text: str) -> str:
    return " ".join(text.split())
