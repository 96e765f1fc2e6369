"""The effects of the tools, in a database of their own: what was really done, whoever was killed meanwhile."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
    CREATE TABLE starts (run_id TEXT, key TEXT, tool TEXT, launch INTEGER);
    CREATE TABLE writes (run_id TEXT, key TEXT, tool TEXT);
    CREATE TABLE keyed (key TEXT PRIMARY KEY, run_id TEXT, tool TEXT);
"""


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a tool."""

    run_id: str
    """The id of the whole run, not of the sub-agent that called it."""
    key: str
    """The idempotency key of the call."""
    tool: str
    launch: int
    """The number of the process, counted from 1 for each run."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The database of the effects. Everything is committed at once, so that a kill takes nothing back."""

    path: Path

    def create(self) -> None:
        """Create the file."""
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_TABLES)

    def note_start(self, start: Start) -> None:
        """Note that a tool has started."""
        with self._open() as database:
            database.execute(
                "INSERT INTO starts VALUES (?, ?, ?, ?)", (start.run_id, start.key, start.tool, start.launch)
            )

    def write(self, run_id: str, key: str, tool: str) -> None:
        """Do what happens as often as it is asked for."""
        with self._open() as database:
            database.execute("INSERT INTO writes VALUES (?, ?, ?)", (run_id, key, tool))

    def write_once(self, run_id: str, key: str, tool: str) -> None:
        """Do what happens once a key."""
        with self._open() as database:
            database.execute("INSERT OR IGNORE INTO keyed VALUES (?, ?, ?)", (key, run_id, tool))

    def is_written(self, key: str) -> bool:
        """Return True if something was done under this key."""
        with self._open() as database:
            return database.execute("SELECT 1 FROM writes WHERE key = ?", (key,)).fetchone() is not None

    def starts(self, run_id: str) -> list[Start]:
        """Return the starts of all tools in a run, in their order."""
        with self._open() as database:
            rows = database.execute("SELECT * FROM starts WHERE run_id = ? ORDER BY rowid", (run_id,))
            return [Start(*row) for row in rows]

    def writes(self, run_id: str) -> Counter[str]:
        """Return how often something was done in a run, by key."""
        with self._open() as database:
            return Counter(key for (key,) in database.execute("SELECT key FROM writes WHERE run_id = ?", (run_id,)))

    def keys(self, run_id: str) -> set[str]:
        """Return the keys under which something was done once."""
        with self._open() as database:
            return {key for (key,) in database.execute("SELECT key FROM keyed WHERE run_id = ?", (run_id,))}

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing that is written
            yield database
