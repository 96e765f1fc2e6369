"""`agentkit demo`: an orchestrator and a reader for each document, over a folder or the installed packages' own docs.

It runs offline unless asked otherwise: a deterministic reader answers, which is not a language model.
"""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from agentkit.cli.connection import OFFLINE_NOTE, add_base_url, check_credentials, client_at, offline_client
from agentkit.cli.exits import Exit, exit_of
from agentkit.cli.terminal import clean, one_line, plural, width_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from agentkit import Document, RunResult
    from agentkit.cli.demo_agents import Answer, Library, Quote
    from agentkit.cli.parsing import Commands
    from agentkit.client import Client

QUESTION = "Which of these libraries run on both asyncio and trio?"
_LONGEST = 250_000
"""Characters of a document; a longer one is read in parts."""


def add_to(commands: Commands, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser(
        "demo", parents=[shared], help="watch an orchestrator and its readers, without a key", description=__doc__
    )
    parser.add_argument("question", nargs="?", default=QUESTION, metavar="QUESTION", help=f"default: {QUESTION}")
    parser.add_argument("--docs", type=Path, metavar="PATH", help="a folder of text, Markdown, HTML or metadata")
    parser.add_argument("--live", action="store_true", help="let Claude answer (needs credentials)")
    add_base_url(parser)
    parser.add_argument("--model", metavar="ID", help="one model for all agents, with --live or --base-url")
    parser.add_argument("--json", action="store_true", help="print events and the answer as lines of JSON")
    parser.set_defaults(run=run)


def run(args: Namespace) -> Exit:
    """Ask, watch, check every quote against its source, and show the answer."""
    from agentkit.cli import demo_agents
    from agentkit.cli.watching import choose_display, watch

    documents = _documents(args)
    library = demo_agents.Library({document.id: document for document in documents})
    agent = demo_agents.lead_on(args.model if args.live or args.base_url else None)
    client = _client(args, agent)
    options: dict[str, Any] = {} if client is None else {"client": client}
    prompt = demo_agents.question_about(args.question, documents)
    print(f"Reading {plural(len(documents), 'document')}: {args.question}", file=sys.stderr)
    display = choose_display(as_json=args.json, most_depth=1)
    result, seconds = watch(lambda: agent.stream(prompt, deps=library, **options), display, client)
    if result.answer is None:
        print(f"agentkit: {clean(result.reason)}", file=sys.stderr)
        return exit_of(result)
    answer: Answer = result.answer.value
    quotes = demo_agents.checked(answer.quotes, library)
    if args.json:
        print(_as_json(answer, quotes))
    else:
        _show(answer, quotes, library)
    is_offline = not (args.live or args.base_url)
    _report(result, seconds, len(quotes), len(answer.quotes) - len(quotes), is_offline=is_offline)
    return exit_of(result)


def _documents(args: Namespace) -> list[Document]:
    from agentkit_tools.documents import read_folder, read_installed
    from agentkit_tools.sections import split

    folder = read_installed() if args.docs is None else read_folder(args.docs)
    if folder.unreadable:
        shown = ", ".join(f"{item.path} ({item.reason})" for item in folder.unreadable)
        print(one_line(f"Not read: {shown}", 2 * width_of(sys.stderr)), file=sys.stderr)
    parts = (split(doc, _LONGEST) if len(doc.text) > _LONGEST else [doc] for doc in folder.documents)
    return [part for some in parts for part in some]


def _client(args: Namespace, agent: Any) -> Client | None:
    if args.base_url:
        return client_at(args.base_url)
    if args.live:
        check_credentials(", or leave --live out")
        return None
    print(f"agentkit: {OFFLINE_NOTE}", file=sys.stderr)
    return offline_client(agent)


def _show(answer: Answer, quotes: list[Quote], library: Library) -> None:
    width = width_of(sys.stdout)
    print()
    quoted = [_joined(quote.text) for quote in quotes]
    for paragraph in clean(answer.answer).split("\n\n"):
        if not any(text in _joined(paragraph) for text in quoted):  # the quotes stand below, each with its place
            print(textwrap.fill(_joined(paragraph), width))
    for number, quote in enumerate(quotes, 1):
        document = library.documents[quote.document]
        title = f"  {document.title}" if document.title and document.title != document.id else ""
        print(f"\n[{number}] {one_line(f'{document.id}{title}', width - 30)}  characters {quote.start}-{quote.end}")
        said = f'"{_joined(clean(quote.text))}"'
        print(textwrap.fill(said, width, initial_indent="    ", subsequent_indent="    "))
    print(flush=True)


def _joined(text: str) -> str:
    return " ".join(text.split())


def _as_json(answer: Answer, quotes: list[Quote]) -> str:
    from dataclasses import asdict

    facts = {"type": "answer", "answer": answer.answer, "quotes": [asdict(quote) for quote in quotes]}
    return json.dumps(facts, ensure_ascii=False)


def _report(result: RunResult[object], seconds: float, kept: int, dropped: int, *, is_offline: bool) -> None:
    usage = result.usage
    tokens = usage.prompt_tokens + usage.output_tokens
    checks = f"{plural(kept, 'quote')} checked against the source, {dropped} dropped"
    counts = f"{plural(len(result.children), 'sub-agent run')}, {plural(usage.requests, 'model call')}, {seconds:.1f} s"
    money = "would cost" if is_offline else "cost"
    models = ", ".join(dict.fromkeys(_models(result)))
    print(f"{checks}\n{counts}\n{tokens:,} tokens, {money} {result.cost} with {models}", file=sys.stderr)


def _models(result: RunResult[object]) -> list[str]:
    from agentkit.cli.demo_agents import lead, reader

    return [str(lead.model), str(reader.model)] if result.children else [str(lead.model)]
