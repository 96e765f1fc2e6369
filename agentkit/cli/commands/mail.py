"""`agentkit mail`: an index of mail, searched from the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from agentkit.cli.terminal.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.patterns import AddReport, MailHit, MailIndex, MailMessage, Person

T = TypeVar("T")

_INDEX = "mail.db"
_SHOWN_CHARS = 300


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser("mail", help="index a mailbox, and search it", description=__doc__)
    what = parser.add_subparsers(title="commands", dest="what", metavar="COMMAND", required=True)
    adding = what.add_parser("index", parents=[shared], help="add mail to the index: only what is new is read")
    adding.add_argument(
        "source", nargs="+", type=Path, metavar="PATH", help="an mbox file, a Maildir, a folder of mail"
    )
    adding.set_defaults(run=run_index)
    searching = what.add_parser("search", parents=[shared], help="find messages: how many, and the newest")
    searching.add_argument("query", metavar="QUERY", help="words, fields and dates, as docs/mail.md describes them")
    searching.add_argument("--gmail", action="store_true", help="print the query in Gmail's search syntax, and stop")
    searching.set_defaults(run=run_search)
    thread = what.add_parser("thread", parents=[shared], help="print the messages of a thread")
    thread.add_argument("id", metavar="ID", help="the id of a message or a thread, as a search shows it")
    thread.set_defaults(run=run_thread)
    people = what.add_parser("people", parents=[shared], help="list people by how much they wrote and got")
    people.add_argument("named", nargs="?", default="", metavar="NAME", help="a part of a name or an address")
    people.set_defaults(run=run_people)
    for command in (adding, searching, thread, people):
        command.add_argument("--index", type=Path, default=Path(_INDEX), metavar="FILE", help=f"the index ({_INDEX})")
        command.add_argument("--json", action="store_true", help="print lines of JSON")
    for command in (searching, people):
        command.add_argument("--limit", type=int, default=20, metavar="N", help="the most to show (20)")


def run_index(args: Namespace) -> ExitCode:
    """Add sources to the index, and print a report of each; exit with 1 where something cannot be read."""
    from dataclasses import asdict

    from agentkit.cli.terminal.printing import print_message
    from agentkit.cli.terminal.watching import print_json_line

    async def add_all(index: MailIndex) -> list[tuple[Path, AddReport]]:
        return [(source, await index.add(source)) for source in args.source]

    reports = _in_index(args, add_all, is_new=True)
    for source, report in reports:
        if args.json:
            print_json_line({"type": "added", "source": str(source), **asdict(report)})
            continue
        print(f"{source}: {report}", flush=True)
        for gap in report.gaps:
            print_message(f"not read: {gap.document}: {gap.reason}")
        if report.unreadable > len(report.gaps):
            print_message(f"not read: {report.unreadable - len(report.gaps)} more")
    return ExitCode.OK if all(report.ok for _, report in reports) else ExitCode.FAILED


def run_search(args: Namespace) -> ExitCode:
    """Print the newest messages that a query finds; the counts are on stderr."""
    from agentkit.cli.terminal.printing import print_message
    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.patterns import gmail_query

    if args.gmail:
        print(gmail_query(args.query), flush=True)
        return ExitCode.OK
    found = _in_index(args, lambda index: index.search(args.query, limit=args.limit))
    if args.json:
        counts = {"count": found.count, "threads": found.threads, "unreadable": found.unreadable}
        print_json_line({"type": "found", **counts})
    for hit in found:
        if args.json:
            print_json_line({"type": "message", **_facts(hit)})
        else:
            print(_line(hit), flush=True)
    if not args.json:
        print_message(str(found))
    return ExitCode.OK


def run_thread(args: Namespace) -> ExitCode:
    """Print the messages of a thread, the earliest first."""
    from agentkit.cli.terminal.printing import print_prose
    from agentkit.cli.terminal.watching import print_json_line

    for message in _in_index(args, lambda index: index.thread(args.id)):
        if args.json:
            print_json_line({"type": "message", **_facts(message)})
        else:
            print_prose(_page(message))
    return ExitCode.OK


def run_people(args: Namespace) -> ExitCode:
    """Print people, those of most messages first."""
    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.messages.printable import printable

    for person in _in_index(args, lambda index: index.people(args.named, limit=args.limit)):
        if args.json:
            print_json_line({"type": "person", **_facts(person)})
        else:
            addresses = ", ".join(person.addresses)
            line = f"{person.sent:6} sent {person.received:6} received  {person.name or '-'} <{addresses}>"
            print(printable(line)[:_SHOWN_CHARS], flush=True)
    return ExitCode.OK


def _in_index(args: Namespace, use: Callable[[MailIndex], Awaitable[T]], *, is_new: bool = False) -> T:
    """Return what a function returns for the opened index."""
    import anyio

    from agentkit.patterns import MailIndex

    if not is_new and not args.index.exists():
        raise CommandError(f"There is no index {str(args.index)!r}; `agentkit mail index PATH` makes one.")

    async def open_and_use() -> T:
        async with MailIndex.open(args.index) as index:
            return await use(index)

    return anyio.run(open_and_use)


def _facts(record: MailHit | MailMessage | Person) -> dict[str, object]:
    from dataclasses import asdict
    from datetime import datetime

    facts = asdict(record).items()
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts}


def _line(hit: MailHit) -> str:
    from agentkit.messages.printable import plural, printable

    date = hit.date.strftime("%Y-%m-%d") if hit.date else "undated   "
    files = f" [{plural(len(hit.attachments), 'file')}]" if hit.attachments else ""
    return printable(f"{hit.id}  {date}  {hit.sender[:40]}  {hit.subject[:80]}{files}  {hit.excerpt}"[:_SHOWN_CHARS])


def _page(message: MailMessage) -> str:
    files = ", ".join(f"{each.name} ({each.size} bytes)" for each in message.attachments)
    heads = {
        "Id": message.id,
        "From": message.sender,
        "To": message.recipients,
        "Cc": message.copies,
        "Date": f"{message.date:%Y-%m-%d %H:%M} UTC" if message.date else "",
        "Subject": message.subject,
        "Attachments": files,
    }
    head = "\n".join(f"{name}: {value}" for name, value in heads.items() if value)
    return f"{head}\n\n{message.text}\n"
