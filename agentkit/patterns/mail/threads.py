"""The thread of each message: by the ids of the messages that it answers, else by its subject.

A message whose subject says that it answers, and that names no message, joins one of the same subject within
`MOST_DAYS` that the same people wrote or got. The order in which messages are added does not matter.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable

from agentkit.patterns.mail.parsed_message import ParsedMessage

MOST_DAYS = 60
"""Maximum number of days between two messages that their subject joins."""
_MOST_CANDIDATES = 10
_MOST_COUNTED = 1_000
_BETWEEN_WORDS = re.compile(r"[\s<>,;:\"'()]+")
_SELECT = "SELECT thread, sender, receivers, copies FROM messages JOIN contents USING (id)"


def topic_number(message: ParsedMessage) -> int | None:
    """Return the number under which messages of one subject are found. None: it has no subject."""
    return number_of_text(message.topic) if message.topic else None


class ThreadFinder:
    """Finds and joins threads within the transaction of a connection.

    Args:
        database: The connection.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def place(self, message: ParsedMessage, row: int) -> int:
        """Return the thread of a message that is about to be inserted, and join those that it connects.

        Args:
            message: The message.
            row: Its row, which is the number of a new thread.
        """
        ids = list(dict.fromkeys(filter(None, (message.own_id, *message.references))))
        references = [number_of_text(id) for id in ids]  # noqa: A001 - it is what mail calls it
        found = {self._current(thread) for thread in self._threads_of(references)}
        found |= {self._current(thread) for thread in self._threads_of_topic(message)}
        thread = max(found, key=self._size, default=row) if len(found) > 1 else min(found, default=row)
        for other in found - {thread}:
            self._database.execute("UPDATE messages SET thread = ? WHERE thread = ?", (thread, other))
            self._database.execute("INSERT INTO joined_threads VALUES (?, ?)", (other, thread))
        self._database.executemany(
            "INSERT OR IGNORE INTO references_of_threads VALUES (?, ?)", [(each, thread) for each in references]
        )
        return thread

    def _threads_of(self, references: list[int]) -> Iterable[int]:
        marks = ",".join("?" * len(references))
        query = f"SELECT DISTINCT thread FROM references_of_threads WHERE reference IN ({marks})"  # noqa: S608 - marks
        return [thread for (thread,) in self._database.execute(query, references)] if references else ()

    def _size(self, thread: int) -> tuple[int, int]:
        """Return the sort key by which threads are joined: the smaller ones are moved, of equal ones the later."""
        counted = "SELECT count(*) FROM (SELECT 1 FROM messages WHERE thread = ? LIMIT ?)"
        return int(self._database.execute(counted, (thread, _MOST_COUNTED)).fetchone()[0]), -thread

    def _current(self, thread: int) -> int:
        while row := self._database.execute(
            "SELECT into_thread FROM joined_threads WHERE thread = ?", (thread,)
        ).fetchone():
            thread = int(row[0])
        return thread

    def _threads_of_topic(self, message: ParsedMessage) -> Iterable[int]:
        topic = topic_number(message)
        if topic is None or message.date is None:
            return ()
        seconds = MOST_DAYS * 86_400
        if not message.is_answer:  # answers that were added before it
            span = (topic, message.date, message.date + seconds, _MOST_CANDIDATES)
            rows = self._database.execute(
                f"{_SELECT} WHERE is_answer AND topic = ? AND date BETWEEN ? AND ? ORDER BY date LIMIT ?",
                span,
            )
            return [row[0] for row in rows.fetchall() if _share_people(message, row)]
        for low, high, order in (
            (message.date - seconds, message.date, "DESC"),
            (message.date, message.date + seconds, "ASC"),
        ):
            rows = self._database.execute(
                f"{_SELECT} WHERE topic = ? AND date BETWEEN ? AND ? ORDER BY date {order} LIMIT ?",
                (topic, low, high, _MOST_CANDIDATES),
            )
            for row in rows.fetchall():
                if _share_people(message, row):
                    return [row[0]]
        return ()


def _share_people(message: ParsedMessage, row: tuple[int, str, str, str]) -> bool:
    """Return True if somebody who wrote one of two messages wrote or got the other."""
    _, sender, receivers, copies = row
    theirs = _words(f"{sender} {receivers} {copies}")
    if any(role == "from" and address in theirs for role, _, address in message.people):
        return True
    return not _words(sender).isdisjoint(address for _, _, address in message.people)


def _words(text: str) -> set[str]:
    """Return the words of a header, addresses among them."""
    return set(_BETWEEN_WORDS.split(text.lower()))


def number_of_text(text: str) -> int:
    """Return the number of 63 bits that stands for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big") >> 1
