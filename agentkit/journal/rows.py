"""The rows of a journal's tables: records of runs, blobs, and one row a run that counts its records.

The count is there because a row that was lost, or has got another run id by a flipped bit, would be executed again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from agentkit.errors import JournalError
from agentkit.journal.blobs import Blobs
from agentkit.journal.envelope import Phase, Record, damaged_record
from agentkit.journal.levels import END, has_ended, prefix_of, records_that_count

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject


@dataclass(frozen=True, slots=True)
class Row:
    """A record as it is stored."""

    name: str
    phase: Phase
    cost_usd: float | None
    """The cost of the charges. None: it is not known."""
    blobs: str
    """The SHA-256 of the blobs that it refers to, separated by spaces."""
    body: bytes

    @classmethod
    def of(cls, record: Record, body: bytes | None = None) -> Row:
        """Return the row of a record.

        Args:
            record: The record.
            body: The same as JSON. None: it is encoded here.
        """
        body = record.to_json() if body is None else body
        return cls(_key_text(record.name), record.phase, record.cost_usd, _blob_names(record), body)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run, as the tables describe it."""

    run_id: str
    created_at: float
    """Seconds since the epoch, when its first record was written."""
    changed_at: float
    """Seconds since the epoch, when its last record was written."""
    steps: int
    """The number of steps that have ended."""
    cost_usd: float | None
    """The cost so far. None: the price of a model is not known."""
    address: str
    """The address of its agent. Empty: it is not known."""


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """The records of a run."""

    run_id: str
    records: list[Record]
    """In slot order."""
    intents: dict[str, JSONObject]
    """The whole intents of the steps without a value."""


def append(connection: sqlite3.Connection, run_id: str, row: Row, blobs: Blobs, *, is_new: bool) -> None:
    """Write a record and its blobs.

    Args:
        connection: The database.
        run_id: The run.
        row: The record.
        blobs: Its blobs, those that are stored already included.
        is_new: False if it replaces an intent.
    """
    if blobs:
        connection.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?)", blobs.items())
    connection.execute(
        "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)"
        if row.phase == "intent"
        else "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",  # a value is never replaced
        (run_id, row.name, row.phase, row.cost_usd, row.blobs, row.body),
    )
    now = time.time()
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?) ON CONFLICT (run_id) "
        "DO UPDATE SET changed_at = excluded.changed_at, records = records + excluded.records",
        (run_id, now, now, int(is_new)),
    )


def load_records(connection: sqlite3.Connection, run_id: str) -> list[Record]:
    """Return the records of a run in slot order; none if there is no such run. Raises JournalError."""
    rows: list[tuple[str, str, str, bytes]] = connection.execute(
        "SELECT name, phase, blobs, body FROM records WHERE run_id = ?", (run_id,)
    ).fetchall()
    counted = connection.execute("SELECT records FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if len(rows) != (expected := counted[0] if counted else 0):
        raise JournalError(
            f"Run `{run_id}` is damaged: {len(rows)} of {expected} records are there. Nothing of it was executed; "
            "restore the journal from a backup, or start the run anew under another run id."
        )
    records: list[Record] = []
    for name, phase, blobs, body in rows:
        record = Record.from_json(body, run_id, name)
        if (_key_text(record.name), record.phase, _blob_names(record)) != (name, phase, blobs):
            raise damaged_record(run_id, record.name, f"it is stored as the {phase} of `{name}`, with blobs `{blobs}`")
        records.append(record)
    return sorted(records, key=attrgetter("sort_key"))


def load(connection: sqlite3.Connection, run_id: str) -> StoredRecords:
    """Return what is recorded of a run; no records if there is no such run. Raises JournalError."""
    records = load_records(connection, run_id)
    ended = {record.name for record in records if record.phase == "value"}
    open_intents = [record for record in records if record.phase == "intent" and record.name not in ended]
    return StoredRecords(run_id, records, {one.name: whole_value(connection, run_id, one) for one in open_intents})


def whole_value(connection: sqlite3.Connection, run_id: str, record: Record) -> JSONObject:
    """Return the value of a record with its blobs. Raises JournalError if one is damaged."""
    try:
        return record.whole_value(StoredBlobs(connection))
    except ValueError as error:
        raise damaged_record(run_id, record.name, str(error)) from error


class StoredBlobs(Mapping[str, bytes]):
    """The blobs of a journal by their SHA-256, each read when it is asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getitem__(self, sha256: str) -> bytes:
        row = self._connection.execute("SELECT content FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise KeyError(sha256)
        content: bytes = row[0]
        return content

    def __iter__(self) -> Iterator[str]:
        return (sha256 for (sha256,) in self._connection.execute("SELECT sha256 FROM blobs"))

    def __len__(self) -> int:
        (count,) = self._connection.execute("SELECT count(*) FROM blobs").fetchone()
        return int(count)


def exists(connection: sqlite3.Connection, run_id: str) -> bool:
    """Return True if a run has records."""
    return connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone() is not None


def list_runs(connection: sqlite3.Connection) -> list[StoredRun]:
    """Return all runs, the oldest first."""
    found = connection.execute(
        """
        SELECT run_id, created_at, changed_at, steps, cost, unknown, address FROM runs
        LEFT JOIN addresses USING (run_id)
        LEFT JOIN (
            SELECT run_id AS id, count(*) AS steps, sum(cost_usd) AS cost, sum(cost_usd IS NULL) AS unknown
            FROM records WHERE phase = 'value' GROUP BY run_id)
        ON id = run_id ORDER BY created_at, run_id"""
    )
    lost = _lost_costs(connection)
    return [
        StoredRun(
            run_id,
            created_at,
            changed_at,
            steps or 0,
            None if unknown or None in lost.get(run_id, ()) else sum(filter(None, (cost, *lost.get(run_id, ()))), 0.0),
            address or "",
        )
        for run_id, created_at, changed_at, steps, cost, unknown, address in found
    ]


def _lost_costs(connection: sqlite3.Connection) -> dict[str, list[float | None]]:
    """Return the costs of what was on its way in runs that have not ended. None: the cost is not known."""
    open_intents = connection.execute(
        """
        SELECT run_id, name, cost_usd FROM records AS one WHERE phase = 'intent' AND cost_usd IS NOT 0 AND NOT EXISTS (
            SELECT 1 FROM records AS other
            WHERE other.run_id = one.run_id AND other.name = one.name AND other.phase = 'value')"""
    ).fetchall()
    found: dict[str, list[float | None]] = {}
    for run_id, name, cost_usd in open_intents:
        ends = connection.execute(
            "SELECT name FROM records WHERE run_id = ? AND phase = 'value' AND (name = ? OR name LIKE ?)",
            (run_id, END, f"%/{END}"),
        )
        if not has_ended(prefix_of(name), {one for (one,) in ends}):
            found.setdefault(run_id, []).append(cost_usd)
    return found


def find_value(connection: sqlite3.Connection, run_id: str, name: str) -> Record | None:
    """Return the record of a step's value. None: it has none. Raises JournalError if it is damaged."""
    row = connection.execute(
        "SELECT body FROM records WHERE run_id = ? AND name = ? AND phase = 'value'", (run_id, _key_text(name))
    ).fetchone()
    return None if row is None else Record.from_json(row[0], run_id, name)


def whole_value_of(connection: sqlite3.Connection, run_id: str, name: str) -> JSONObject:
    """Return the value of a step. Raises JournalError if it is damaged, or there is none."""
    record = find_value(connection, run_id, name)
    if record is None:
        raise damaged_record(run_id, name, "it is not there any more")
    return whole_value(connection, run_id, record)


def charges_below(connection: sqlite3.Connection, run_id: str) -> list[JSONObject]:
    """Return what the runs have spent whose ids begin with this and a slash."""
    found: list[JSONObject] = []
    behind = f"{run_id}0"  # the character behind the slash
    ids = connection.execute("SELECT run_id FROM runs WHERE run_id > ? AND run_id < ?", (f"{run_id}/", behind))
    for (one,) in ids.fetchall():
        records = load_records(connection, one)
        ended = {record.name for record in records if record.phase == "value"}
        for record in records_that_count(records, ended):
            found += record.charges or ()
    return found


def delete_record(connection: sqlite3.Connection, run_id: str, record: Record) -> None:
    """Delete a record."""
    deleted = connection.execute(
        "DELETE FROM records WHERE run_id = ? AND name = ? AND phase = ?",
        (run_id, _key_text(record.name), record.phase),
    )
    connection.execute("UPDATE runs SET records = records - ? WHERE run_id = ?", (deleted.rowcount, run_id))


def delete_run(connection: sqlite3.Connection, run_id: str) -> None:
    """Delete a run; its blobs stay until `delete_orphans`."""
    connection.execute("DELETE FROM records WHERE run_id = ?", (run_id,))
    connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))
    connection.execute("DELETE FROM addresses WHERE run_id = ?", (run_id,))


def set_address(connection: sqlite3.Connection, run_id: str, address: str) -> None:
    """Note the address of a run's agent."""
    connection.execute("INSERT OR REPLACE INTO addresses VALUES (?, ?)", (run_id, address))


def delete_orphans(connection: sqlite3.Connection) -> None:
    """Delete the blobs that no record refers to."""
    used = {
        sha256
        for (blobs,) in connection.execute("SELECT blobs FROM records WHERE blobs != ''")
        for sha256 in blobs.split()
    }
    stored = [sha256 for (sha256,) in connection.execute("SELECT sha256 FROM blobs")]
    connection.executemany("DELETE FROM blobs WHERE sha256 = ?", [(one,) for one in stored if one not in used])


def _blob_names(record: Record) -> str:
    return " ".join(reference.sha256 for reference in record.blobs) if record.blobs else ""


def _key_text(name: str) -> str:
    """Return a name as SQLite can store it: an id may have half characters, which UTF-8 does not have."""
    return name.replace("\\", r"\\").encode(errors="backslashreplace").decode()
