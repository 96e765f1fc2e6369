"""Read the index of mail: search, messages, threads, attachments."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agentkit.errors import UsageError
from agentkit.patterns.mail.conditions import And, Condition, Or, Text, refuse_size
from agentkit.patterns.mail.files import kind_of_mail, shown_path
from agentkit.patterns.mail.matching import IDENTITY, rows_of
from agentkit.patterns.mail.people import Person, find_people, utc
from agentkit.patterns.mail.query import parse_query
from agentkit.patterns.mail.records import (
    FoundThread,
    MailAttachment,
    MailHit,
    MailMessage,
    MailThread,
    SearchResult,
)
from agentkit.retrieval.terms import split_terms
from agentkit_tools.mail_identity import content_key
from agentkit_tools.mail_stores import START_BYTES, messages_of_store
from agentkit_tools.mail_text import Attachment, read_mail

EXCERPT_CHARS = 240
"""Maximum number of characters of an excerpt."""
_SEARCHED_CHARS = 200_000
_MOST_HITS = 2**62
_ROWS = """
SELECT messages.id, messages.key, coalesce(first.key, messages.key), messages.date, sender, receivers, copies, subject,
    attachments, text, path, document, start
FROM messages JOIN contents USING (id) LEFT JOIN messages first ON first.id = messages.thread
    LEFT JOIN files ON files.id = contents.file
"""
_UNREADABLE = """
SELECT (SELECT count(*) FROM unreadable)
    + (SELECT count(*) FROM files WHERE state IS NULL AND id NOT IN (SELECT file FROM unreadable)),
    (SELECT count(*) FROM cut_messages)
"""
"""Counts what could not be read, with files of which reading was interrupted; and messages that were too long."""
_THREAD = """
(SELECT key FROM messages first WHERE first.id = found.thread), min(key), count(*), sum(length(text)), max(date),
    group_concat(hex(key))"""
"""A thread among the rows of its messages, in whatever order they are."""


class _Row(NamedTuple):
    """A message as `_ROWS` selects it."""

    row: int
    key: bytes
    thread_key: bytes
    date: int | None
    sender: str
    receivers: str
    copies: str
    subject: str
    attachments: str
    text: str
    path: str | bytes | None
    document: str | None
    start: int

    def hit(self, words: list[str]) -> MailHit:
        """Return the row as a hit of a search for words."""
        return MailHit(
            id=_id(self.key),
            thread=_id(self.thread_key),
            date=utc(self.date),
            sender=self.sender,
            recipients=", ".join(filter(None, (self.receivers, self.copies))),
            subject=self.subject,
            excerpt=_excerpt(self.text, words),
            attachments=_attachments(self.attachments),
        )

    def message(self) -> MailMessage:
        """Return the row as a message."""
        return MailMessage(
            id=_id(self.key),
            thread=_id(self.thread_key),
            date=utc(self.date),
            sender=self.sender,
            recipients=self.receivers,
            copies=self.copies,
            subject=self.subject,
            text=self.text,
            attachments=_attachments(self.attachments),
            place=shown_path(self.path or self.document or ""),
        )


class MailReader:
    """Reads an index through one connection.

    Args:
        database: The connection.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def search(self, query: str | Condition, limit: int | None) -> SearchResult:
        """Return the newest messages that a query finds, and how many there are."""
        condition = parse_query(query) if isinstance(query, str) else query
        refuse_size(condition)
        found, words = rows_of(condition), _words_of(condition)
        with _snapshot(self._database):
            count, threads = self._database.execute(
                f"SELECT count(*), count(DISTINCT thread) FROM {found.text}",  # noqa: S608 - of our own, as all below
                found.values,
            ).fetchone()
            rows = self._database.execute(
                f"SELECT id FROM {found.text} ORDER BY date DESC, id DESC LIMIT ?",  # noqa: S608
                (*found.values, -1 if limit is None else min(max(0, limit), _MOST_HITS)),
            ).fetchall()
            hits = tuple(self._row(row).hit(words) for (row,) in rows)
            unreadable, cut = self._database.execute(_UNREADABLE).fetchone()
        return SearchResult(hits, count, threads, unreadable, cut)

    def find_threads(self, query: str | Condition) -> list[FoundThread]:
        """Return all threads in which a query finds a message, those with the latest message first."""
        condition = parse_query(query) if isinstance(query, str) else query
        refuse_size(condition)
        found = rows_of(condition)
        with _snapshot(self._database):
            rows = self._database.execute(
                f"WITH found (thread) AS (SELECT DISTINCT thread FROM {found.text}) "  # noqa: S608 - of our own
                f"SELECT {_THREAD} FROM found CROSS JOIN messages USING (thread) JOIN contents USING (id) "
                "GROUP BY found.thread ORDER BY max(date) DESC, found.thread DESC",
                found.values,
            )
            return [
                FoundThread(_id(first or key), count, chars, utc(last), _digest(keys))
                for first, key, count, chars, last, keys in rows
            ]

    def message(self, id: str) -> MailMessage:  # noqa: A002 - it is what everybody calls it
        """Return a message. Raises UsageError if there is none of this id."""
        return self._named(id).message()

    def thread(self, id: str, first: int, limit: int | None) -> MailThread:  # noqa: A002 - as above
        """Return the thread with an id, or of a message with one. Raises UsageError if there is none."""
        with _snapshot(self._database):
            named = self._named(id)
            rows = self._database.execute(
                "SELECT id FROM messages WHERE thread = (SELECT thread FROM messages WHERE id = ?) "
                "ORDER BY date IS NULL, date, id",
                (named.row,),
            ).fetchall()
            start = max(0, first - 1)
            chosen = rows[start : None if limit is None else start + max(0, limit)]
            messages = tuple(self._row(row).message() for (row,) in chosen)
            subject = self._row(rows[0][0]).subject
        return MailThread(_id(named.thread_key), subject, messages, len(rows))

    def people(self, named: str, limit: int) -> list[Person]:
        """Return people, those of most messages first. For the arguments see `find_people`."""
        return find_people(self._database, named, limit)

    def attachments(self, id: str) -> list[Attachment]:  # noqa: A002 - as above
        """Return the attachments of a message, whose bytes are read from the file that it came from.

        Raises:
            UsageError: There is no such message, or it no longer stands there.
        """
        row = self._named(id)
        if row.path is None:
            raise UsageError(f"The message {id!r} was not read from a file, so its attachments cannot be read again.")
        path = Path(os.fsdecode(row.path))
        gone = f"The message {id!r} no longer stands in {str(path)!r}: add the place where it is now to the index."
        try:
            with path.open("rb") as file:
                kind = kind_of_mail(path, file.read(START_BYTES)) or "mail"
                file.seek(0)
                stored = next(messages_of_store(file, kind, start=row.start), None)
        except OSError:
            raise UsageError(gone) from None
        if stored is None or stored.data is None or content_key(stored.data) != row.key:
            raise UsageError(gone)
        return list(read_mail(stored.data).attachments)

    def _named(self, id: str) -> _Row:  # noqa: A002 - as above
        if not IDENTITY.fullmatch(id):
            raise UsageError(f"{id[:100]!r} is no id of a message; a search shows the ids.")
        key = bytes.fromhex(id)
        found = self._database.execute(
            f"{_ROWS} WHERE messages.key BETWEEN ? AND ? LIMIT 1", (key, key + b"\xff" * 16)
        ).fetchone()
        if found is None:
            raise UsageError(f"There is no message {id!r} in the index; a search shows the ids.")
        return _Row(*found)

    def _row(self, row: int) -> _Row:
        return _Row(*self._database.execute(f"{_ROWS} WHERE messages.id = ?", (row,)).fetchone())


@contextmanager
def _snapshot(database: sqlite3.Connection) -> Generator[None]:
    """Let a connection see one state of the database, though another process writes."""
    database.execute("BEGIN")
    try:
        yield
    finally:
        database.execute("ROLLBACK")


def _digest(keys: str) -> str:
    """Return a text for a set of keys, whatever their order."""
    return hashlib.sha256(",".join(sorted(keys.split(","))).encode()).hexdigest()


def _id(key: bytes) -> str:
    return key.hex()[:16]


def _attachments(text: str) -> tuple[MailAttachment, ...]:
    return tuple(MailAttachment(*each) for each in json.loads(text)) if text else ()


def _words_of(condition: Condition) -> list[str]:
    """Return the words that have to occur in a message or may, without their endings."""
    return [
        word[: max(3, len(word) - 2)]
        for text in _texts_of(condition)
        if text.field in ("any", "body")
        for word in split_terms(text.text)
    ]


def _texts_of(condition: Condition) -> Iterator[Text]:
    match condition:
        case Text():
            yield condition
        case And(parts) | Or(parts):
            for part in parts:
                yield from _texts_of(part)
        case _:
            return


def _excerpt(text: str, words: list[str]) -> str:
    pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})"
    found = re.search(pattern, text[:_SEARCHED_CHARS], re.IGNORECASE) if words else None
    start = max(0, found.start() - EXCERPT_CHARS // 3) if found else 0
    shown = " ".join(text[start : start + EXCERPT_CHARS].split())
    return ("..." if start else "") + shown + ("..." if len(text) > start + EXCERPT_CHARS else "")
