"""Write messages into the index: in batches, each of which is written whole or not at all.

With the messages of a file, a batch records up to where the file is known. A process that is killed loses no more than
its last batch, and a second one goes on from there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from agentkit.patterns.mail.matching import searchable
from agentkit.patterns.mail.parsed_message import ParsedMessage
from agentkit.patterns.mail.people import PeopleCounts
from agentkit.patterns.mail.tables import COLUMNS, transaction
from agentkit.patterns.mail.threads import ThreadFinder, number_of_text, topic_number

_BATCH_MESSAGES = 2_000
_BATCH_CHARS = 16_000_000
_TORN_CHARS = 200
"""Number of characters at the end of a text that was cut off which may differ from the whole one."""
_MESSAGE = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_CONTENT = "INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REMOVED_WORDS = (
    f"INSERT INTO words (words, rowid, {', '.join(COLUMNS)}) "  # noqa: S608 - names
    "VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"
)
_WORDS = f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - names


@dataclass(frozen=True, slots=True)
class Place:
    """The place that a message came from."""

    file: int | None = None
    """The row of its file. None: it came from none."""
    start: int = 0
    """The byte at which it begins in the file."""
    document: str | None = None
    """The id of the document that it came as. None: it is mail."""

    @property
    def row(self) -> tuple[int, int]:
        """The key of the place in the table `unreadable`; that of a document is by its id."""
        if self.document is None:
            return self.file or 0, self.start
        return 0, number_of_text(f"{self.start} {self.document}")


class FilePoint(NamedTuple):
    """Up to where the messages of a file are in the index."""

    known: int
    """The byte at which the last of them begins that could be read."""
    digest: bytes
    """The digest of the bytes before that."""
    passed: int
    """Number of messages before it."""
    messages: int
    """Number of all messages so far."""
    last_key: bytes | None
    """The digest of the message that begins there. None: it could not be read."""


@dataclass(slots=True)
class _Batch:
    messages: list[tuple[ParsedMessage, Place, bytes | None]] = field(
        default_factory=list[tuple[ParsedMessage, Place, "bytes | None"]]
    )
    keys: set[bytes] = field(default_factory=set[bytes])
    moved: list[tuple[int, int, bytes]] = field(default_factory=list[tuple[int, int, bytes]])
    readable: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    unreadable: list[tuple[int, int, str, str]] = field(default_factory=list[tuple[int, int, str, str]])
    points: dict[int, FilePoint] = field(default_factory=dict[int, FilePoint])
    states: dict[int, str] = field(default_factory=dict[int, str])
    chars: int = 0


class MailWriter:
    """Collects messages, and writes them.

    Args:
        database: A connection that nobody else writes with.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self._batch = _Batch()
        self._people = PeopleCounts()
        self._threads = ThreadFinder(database)
        self.new = 0
        """Number of messages written that were not in the index."""

    @property
    def is_full(self) -> bool:
        """True if it is time to write."""
        return len(self._batch.messages) >= _BATCH_MESSAGES or self._batch.chars > _BATCH_CHARS

    def is_known(self, key: bytes) -> bool:
        """Return True if a message is in the index, or waits to be written."""
        found = self.database.execute("SELECT 1 FROM messages WHERE key = ?", (key,)).fetchone()
        return found is not None or key in self._batch.keys

    def add(self, message: ParsedMessage, place: Place, replaced: bytes | None = None) -> None:
        """Add a message to those that are to be written.

        Args:
            message: The message.
            place: The place that it came from.
            replaced: The key of the message that stood there before. It is removed if it was the beginning of this one.
        """
        self._batch.messages.append((message, place, replaced))
        self._batch.keys.add(message.key)
        self._batch.chars += len(message.text) + 1_000

    def move(self, key: bytes, place: Place) -> None:
        """Record that a message that is known stands in a file."""
        if place.file is not None:
            self._batch.moved.append((place.file, place.start, key))

    def add_unreadable(self, place: Place, part: str, reason: str) -> None:
        """Record that something at a place cannot be read. `part`: what follows the path of the file in its name."""
        self._batch.unreadable.append((*place.row, part, reason))

    def forget_unreadable(self, place: Place) -> None:
        """Record that what is at a place can be read."""
        self._batch.readable.append(place.row)

    def set_point(self, file: int, point: FilePoint) -> None:
        """Record up to where the messages of a file are in the index, with those that were added."""
        self._batch.points[file] = point

    def set_state(self, file: int, state: str) -> None:
        """Record the state of a file all of which was added."""
        self._batch.states[file] = state

    def write(self) -> None:
        """Write what was added, all or nothing."""
        batch, self._batch = self._batch, _Batch()
        if batch == _Batch():
            return
        with transaction(self.database):
            self._write_messages(batch.messages)
            self.database.executemany(
                "UPDATE contents SET file = ?, start = ? WHERE id = (SELECT id FROM messages WHERE key = ?)",
                batch.moved,
            )
            self.database.executemany("DELETE FROM unreadable WHERE file = ? AND start = ?", batch.readable)
            self.database.executemany("INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?)", batch.unreadable)
            self.database.executemany(
                "UPDATE files SET known = ?, digest = ?, passed = ?, messages = ?, last_key = ? WHERE id = ?",
                [(*point, file) for file, point in batch.points.items()],
            )
            self.database.executemany(
                "UPDATE files SET state = ? WHERE id = ?", [(state, file) for file, state in batch.states.items()]
            )
            self._people.write(self.database)

    def _write_messages(self, messages: list[tuple[ParsedMessage, Place, bytes | None]]) -> None:
        last = int(self.database.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0])
        words: list[tuple[int | str, ...]] = []
        for message, place, replaced in messages:
            if self.database.execute("SELECT 1 FROM messages WHERE key = ?", (message.key,)).fetchone():
                continue  # another process, or the same batch, has added it
            row = self._remove_beginning(replaced, message, place) if replaced is not None else None
            if row is None:
                row = last = last + 1
            self._insert(message, place, row)
            self._people.add(message)
            words.append((row, *_words_of(message)))
            self.new += 1
        self.database.executemany(_WORDS, words)

    def _insert(self, message: ParsedMessage, place: Place, row: int) -> None:
        thread = self._threads.place(message, row)
        has_attachment = bool(message.attachments)
        files = json.dumps(message.attachments, ensure_ascii=False) if has_attachment else ""
        self.database.execute(
            _MESSAGE,
            (row, message.key, thread, message.date, message.size, has_attachment, topic_number(message),
             message.is_answer),
        )  # fmt: skip
        self.database.execute(
            _CONTENT,
            (row, message.subject, message.sender, message.receivers, message.copies, files, place.document,
             place.file, place.start, message.text),
        )  # fmt: skip
        if message.is_cut:
            self.database.execute("INSERT INTO cut_messages VALUES (?)", (row,))

    def _remove_beginning(self, key: bytes, message: ParsedMessage, place: Place) -> int | None:
        """Remove a message that was read from a place while a program still wrote it, and return its row."""
        old = self.database.execute(
            "SELECT id, subject, sender, receivers, copies, text, attachments FROM messages JOIN contents USING (id) "
            "WHERE key = ? AND file = ? AND start = ? AND size < ? AND sender = ?",
            (key, place.file, place.start, message.size, message.sender),
        ).fetchone()
        if old is None or not message.text.startswith(old[5][: max(0, len(old[5]) - _TORN_CHARS)]):
            return None
        row, *texts, attachments = old
        values = (row, *map(searchable, (*texts, _file_words(json.loads(attachments or "[]")))))
        self.database.execute(_REMOVED_WORDS, values)
        for table in ("contents", "cut_messages"):
            self.database.execute(f"DELETE FROM {table} WHERE id = ?", (row,))  # noqa: S608 - of our own
        self.database.execute("DELETE FROM messages WHERE id = ?", (row,))
        return int(row)


def _words_of(message: ParsedMessage) -> tuple[str, ...]:
    files = _file_words(message.attachments)
    texts = (message.subject, message.sender, message.receivers, message.copies, message.text, files)
    return tuple(map(searchable, texts))


def _file_words(attachments: Iterable[tuple[str, str, int]]) -> str:
    return " ".join(f"{name} {kind}" for name, kind, _ in attachments)
