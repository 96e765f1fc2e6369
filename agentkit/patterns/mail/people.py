"""The people of the mail: each address with its names and how much it sent and received, those of one name together."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from agentkit.patterns.mail.parsed_message import ParsedMessage

_MOST_ADDRESSES = 100
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Person:
    """One who wrote or got mail. Anybody can write any name and address into a mail: they are what the mail says."""

    name: str
    """The name that stands most often beside the addresses. Empty: none ever does."""
    addresses: tuple[str, ...]
    """In lower case, the one of most messages first. Addresses with one and the same full name are one person."""
    names: tuple[str, ...]
    """All names, the most frequent first."""
    sent: int
    """Number of messages that the person wrote."""
    received: int
    """Number of messages that named the person as a recipient."""
    first: datetime | None
    """The date of the earliest message. None: no message says one."""
    last: datetime | None
    """The date of the latest."""


class PeopleCounts:
    """Counts the people of messages until they are written."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._names: Counter[tuple[str, str]] = Counter()
        self._dates: dict[str, tuple[int, int]] = {}

    def add(self, message: ParsedMessage) -> None:
        """Count the people of a message, each once."""
        for address in {address for role, _, address in message.people if role == "from"}:
            self._sent[address] += 1
        for address in {address for role, _, address in message.people if role != "from"}:
            self._received[address] += 1
        for _, name, address in message.people:
            if name:
                self._names[address, name] += 1
            if message.date is not None:
                first, last = self._dates.get(address, (message.date, message.date))
                self._dates[address] = min(first, message.date), max(last, message.date)

    def write(self, database: sqlite3.Connection) -> None:
        """Add what was counted to the tables, within a transaction, and begin anew."""
        addresses = self._sent.keys() | self._received.keys()
        database.executemany(
            "INSERT INTO people (address, sent, received, first, last) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (address) DO UPDATE SET sent = sent + excluded.sent, received = received + excluded.received, "
            "first = min(coalesce(first, excluded.first), coalesce(excluded.first, first)), "
            "last = max(coalesce(last, excluded.last), coalesce(excluded.last, last))",
            [
                (each, self._sent[each], self._received[each], *self._dates.get(each, (None, None)))
                for each in addresses
            ],
        )
        database.executemany(
            "INSERT INTO names (person, name, count) SELECT id, ?, ? FROM people WHERE address = ? "
            "ON CONFLICT (person, name) DO UPDATE SET count = count + excluded.count",
            [(name, count, address) for (address, name), count in self._names.items()],
        )
        for counted in (self._sent, self._received, self._names, self._dates):
            counted.clear()


def find_people(database: sqlite3.Connection, named: str, limit: int) -> list[Person]:
    """Return people, those of most messages first.

    Args:
        database: The connection.
        named: A part of an address or a name. Empty: everybody.
        limit: Maximum number of people.
    """
    is_named = "WHERE instr(address, :named) OR id IN (SELECT person FROM names WHERE instr(folded(name), :named))"
    found: list[Person] = []
    taken: set[int] = set()
    wanted = named.encode(errors="replace").decode().casefold().strip()
    query = f"SELECT id FROM people {is_named if wanted else ''} ORDER BY sent + received DESC, id"  # noqa: S608 - fixed
    with closing(database.execute(query, {"named": wanted})) as rows:
        for (person,) in rows:
            if len(found) >= limit:
                break
            if person not in taken:
                ids = _same_person(database, person)
                taken.update(ids)
                found.append(_joined(database, ids))
    return found


def _same_person(database: sqlite3.Connection, person: int) -> list[int]:
    """Return the rows of all addresses that have the full name of a person."""
    row = database.execute("SELECT name FROM names WHERE person = ? ORDER BY count DESC, name", (person,)).fetchone()
    name = str(row[0]) if row else ""
    if len(name.split()) < 2 or "@" in name:
        return [person]
    others = database.execute("SELECT person FROM names WHERE name = ? COLLATE NOCASE LIMIT ?", (name, _MOST_ADDRESSES))
    return list(dict.fromkeys([person, *(each for (each,) in others)]))


def _joined(database: sqlite3.Connection, ids: list[int]) -> Person:
    marks = ",".join("?" * len(ids))
    rows = database.execute(
        f"SELECT address, sent, received, first, last FROM people WHERE id IN ({marks}) "  # noqa: S608 - marks
        "ORDER BY sent + received DESC, id",
        ids,
    ).fetchall()
    names = database.execute(
        f"SELECT name FROM names WHERE person IN ({marks}) GROUP BY name ORDER BY sum(count) DESC, name LIMIT ?",  # noqa: S608
        [*ids, _MOST_NAMES],
    ).fetchall()
    first = min((row[3] for row in rows if row[3] is not None), default=None)
    last = max((row[4] for row in rows if row[4] is not None), default=None)
    return Person(
        name=str(names[0][0]) if names else "",
        addresses=tuple(row[0] for row in rows),
        names=tuple(name for (name,) in names),
        sent=sum(row[1] for row in rows),
        received=sum(row[2] for row in rows),
        first=utc(first),
        last=utc(last),
    )


def utc(seconds: int | None) -> datetime | None:
    """Return the time of a number of seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
