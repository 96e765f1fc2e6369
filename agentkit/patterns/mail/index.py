"""The index of mail: sources of any size are added to a file of SQLite, and found again by queries."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from contextlib import aclosing, closing
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path, PurePath
from types import TracebackType
from typing import TypeVar, cast

import anyio
import anyio.to_thread

from agentkit.errors import ConfigurationError, UsageError
from agentkit.messages.content import Document, File
from agentkit.patterns.mail.add_report import AddReport
from agentkit.patterns.mail.conditions import Condition
from agentkit.patterns.mail.files import FileIndexer
from agentkit.patterns.mail.parsed_message import ParsedMessage, parse_document, parse_message
from agentkit.patterns.mail.people import Person
from agentkit.patterns.mail.records import FoundThread, MailMessage, MailThread, SearchResult
from agentkit.patterns.mail.searching import MailReader
from agentkit.patterns.mail.tables import named_errors, open_database
from agentkit.patterns.mail.writing import MailWriter, Place
from agentkit.patterns.sources import Source, Sources
from agentkit_tools.mail_stores import START_BYTES, mail_kind, messages_of_store
from agentkit_tools.mail_text import Attachment
from agentkit_tools.mbox import StoredMessage
from agentkit_tools.unreadable import NotReadable

T = TypeVar("T")


class MailIndex:
    """Mail in a file of SQLite, with its words, threads and people indexed.

        async with MailIndex.open("mail.db") as index:
            print(await index.add(Path("Mail")))
            for hit in await index.search("from:anna invoice after:2023"):
                print(hit.date, hit.subject)

    Several processes may open one index, and search it while one of them adds to it.

    Args:
        path: The file; it is made where there is none.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = path
        self._connections: tuple[sqlite3.Connection, sqlite3.Connection] | None = None
        self._adding, self._reading = anyio.Lock(), anyio.Lock()

    @classmethod
    def open(cls, path: str | PathLike[str]) -> MailIndex:
        """Return the index in a file, to be opened with `async with`."""
        return cls(path)

    async def __aenter__(self) -> MailIndex:
        writing = await anyio.to_thread.run_sync(open_database, self._path)
        try:
            self._connections = writing, await anyio.to_thread.run_sync(open_database, self._path)
        except BaseException:
            writing.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections or ():
            connection.close()
        self._connections = None

    async def add(self, source: Sources | str | Document | File) -> AddReport:
        """Add what is new in a source, and return a report.

        What was added before is known by its content, also in a file that was moved or has grown. Adding that was
        interrupted, by whatever, goes on where it stopped. Messages that are gone from a source stay in the index.

        Args:
            source: The path of an mbox file, a message, a Maildir or a folder that holds such; or documents and paths
                from any iterable, sync or async. A document whose text begins with the headers of mail is read as mail.

        Raises:
            ConfigurationError: There is no file or folder at a path that is the whole source, or the index is damaged.
        """
        began = time.monotonic()
        report = AddReport()
        async with self._adding:
            writer = MailWriter(self._opened()[0])
            async with aclosing(_items_of(source)) as items:
                async for item in items:
                    with named_errors(self._path):
                        await self._add_item(item, writer, report)
            with named_errors(self._path):
                await anyio.to_thread.run_sync(writer.write)
        report.new = writer.new
        report.seconds = time.monotonic() - began
        return report

    async def search(self, query: str | Condition, *, limit: int | None = 20) -> SearchResult:
        """Return the newest messages that a query finds, and how many there are.

        Args:
            query: A query as docs/mail.md describes it, or its conditions.
            limit: Maximum number of messages to return. None: all.

        Raises:
            QueryError: The query cannot be parsed; the error names the place and the reason.
            UsageError: The conditions are too many.
            ConfigurationError: The index is damaged.
        """
        return await self._read(lambda reader: reader.search(query, limit))

    async def find_threads(self, query: str | Condition) -> list[FoundThread]:
        """Return all threads in which a query finds a message, those with the latest message first.

        Args:
            query: A query as docs/mail.md describes it, or its conditions.

        Raises:
            QueryError: The query cannot be parsed.
        """
        return await self._read(lambda reader: reader.find_threads(query))

    async def thread(self, id: str, *, first: int = 1, limit: int | None = None) -> MailThread:  # noqa: A002 - it is what everybody calls it
        """Return a thread by its id, or by that of one of its messages. Raises UsageError if there is none.

        Args:
            id: The id.
            first: The number of the message to begin at.
            limit: Maximum number of messages. None: all.
        """
        return await self._read(lambda reader: reader.thread(id, first, limit))

    async def message(self, id: str) -> MailMessage:  # noqa: A002 - as above
        """Return a message. Raises UsageError if there is none of this id."""
        return await self._read(lambda reader: reader.message(id))

    async def attachments(self, id: str) -> list[Attachment]:  # noqa: A002 - as above
        """Return the attachments of a message with their `data`, from the file that the message came from.

        Raises:
            UsageError: There is no such message, or it no longer stands in that file.
        """
        return await self._read(lambda reader: reader.attachments(id))

    async def people(self, named: str = "", *, limit: int = 100) -> list[Person]:
        """Return people, those of most messages first.

        Args:
            named: A part of an address or a name. Empty: everybody.
            limit: Maximum number of people.
        """
        return await self._read(lambda reader: reader.people(named, limit))

    async def _read(self, read: Callable[[MailReader], T]) -> T:
        reader = MailReader(self._opened()[1])
        async with self._reading:
            with named_errors(self._path):
                return await anyio.to_thread.run_sync(read, reader)

    async def _add_item(self, item: Source, writer: MailWriter, report: AddReport) -> None:
        if isinstance(item, Document | File):
            await anyio.to_thread.run_sync(_add_content, item, writer, report)
            return
        with closing(FileIndexer(writer, report).add_path(Path(fspath(item)))) as steps:
            while await anyio.to_thread.run_sync(_take_step, steps):
                pass

    def _opened(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        if self._connections is None:
            raise UsageError("The index of mail is not open: use it within `async with MailIndex.open(path) as index`.")
        return self._connections


async def _items_of(source: Sources | str | Document | File) -> AsyncGenerator[Source]:
    if isinstance(source, str | PathLike):
        path = fspath(source)
        if not await anyio.Path(await anyio.Path(path).expanduser()).exists():
            raise ConfigurationError(f"There is no file or folder {path!r} to add to the index of mail.")
        yield path
    elif isinstance(source, Document | File):
        yield source
    elif isinstance(source, AsyncIterable):
        async for item in source:
            yield _checked(item)
    else:
        for item in source:
            yield _checked(item)


def _checked(item: object) -> Source:
    if isinstance(item, Document | File | str | PathLike):
        return cast("Source", item)
    raise UsageError(f"An index of mail takes Documents, Files and paths, not {type(item).__name__}.")


def _take_step(steps: Iterator[None]) -> bool:
    return next(steps, steps) is None


def _add_content(item: Document | File, writer: MailWriter, report: AddReport) -> None:
    """Add a document, as mail where it is some. Runs in a thread."""
    name, data = (item.id, item.text.encode(errors="replace")) if isinstance(item, Document) else (item.name, item.data)
    name = name.encode(errors="replace").decode()
    kind = mail_kind(PurePath(), data[:START_BYTES])
    found = messages_of_store(BytesIO(data), kind) if kind else [StoredMessage(0, None)]
    for stored in found:
        report.read += 1
        place = Place(document=name, start=stored.start)
        try:
            message = _parse_other(item) if stored.data is None else parse_message(stored.data)
            if not writer.is_known(message.key):
                writer.add(message, place)
            writer.forget_unreadable(place)
        except NotReadable as error:
            report.add_gap(name, str(error))
            writer.add_unreadable(place, name, str(error))
    if writer.is_full:
        writer.write()


def _parse_other(item: Document | File) -> ParsedMessage:
    if isinstance(item, File):
        raise NotReadable("a file that is no e-mail")
    if not item.text.strip():
        raise NotReadable("empty")
    return parse_document(item)
