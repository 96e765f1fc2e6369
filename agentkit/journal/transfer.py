"""Whole runs as records: out of a journal line by line, into one, copied up to a step, opened again after a failure.

Two rules for this file: an export cut after any line is a possible history of the run; and a run that exists is never
written over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from agentkit.errors import RunConflict, UsageError
from agentkit.journal import rows
from agentkit.journal.envelope import NewRecord, Record, damaged_record

_FAILED = "failed"
"""The outcome of a run that ended for a fault of the API."""


def to_line(connection: sqlite3.Connection, run_id: str, record: Record) -> str:
    """Return a record as a line of an export. Raises JournalError if one of its blobs is damaged."""
    try:
        return record.to_line(run_id, rows.StoredBlobs(connection))
    except ValueError as error:
        raise damaged_record(run_id, record.name, str(error)) from error


def write_new(connection: sqlite3.Connection, run_id: str, records: Sequence[NewRecord]) -> None:
    """Write a run that does not exist yet. Raises RunConflict if it does."""
    if rows.exists(connection, run_id):
        raise RunConflict(f"Run `{run_id}` exists in this journal: give another run id, or delete that run first.")
    for record, body, blobs in records:
        rows.append(connection, run_id, rows.Row.of(record, body), blobs, is_new=True)


def copy(connection: sqlite3.Connection, run_id: str, new_run_id: str, before: str | None) -> None:
    """Copy a run.

    Args:
        connection: The database.
        run_id: The run.
        new_run_id: The id of the copy.
        before: The name of the first step that is not copied. None: all are.

    Raises:
        UsageError: There is no such run, or no such step.
        RunConflict: The copy exists.
        JournalError: The run is damaged.
    """
    records = load_existing(connection, run_id)
    if before is not None:
        names = [record.name for record in records]
        if before not in names:
            raise UsageError(
                f"Run `{run_id}` has no step `{before}`; its steps are: {', '.join(dict.fromkeys(names))}."
            )
        records = records[: names.index(before)]
    write_new(connection, new_run_id, [NewRecord(record, record.to_json(), {}) for record in records])
    connection.execute(
        "INSERT OR REPLACE INTO addresses SELECT ?, address FROM addresses WHERE run_id = ?", (new_run_id, run_id)
    )


def load_existing(connection: sqlite3.Connection, run_id: str) -> list[Record]:
    """Return the records of a run in slot order. Raises UsageError if there is none."""
    records = rows.load_records(connection, run_id)
    if not records:
        raise UsageError(f"There is no run `{run_id}` in this journal.")
    return records


def reopen(connection: sqlite3.Connection, run_id: str) -> None:
    """Let a run that failed go on from its last request, whose charges still count.

    Raises:
        UsageError: There is no such run, or it ended otherwise.
        JournalError: The run is damaged.
    """
    records = load_existing(connection, run_id)
    own = [record for record in records if len(record.place) == 1 and record.phase == "value"]
    end = next((record for record in own if record.kind == "end"), None)
    if end is None:
        return  # it was interrupted, and goes on anyway
    outcome = rows.whole_value(connection, run_id, end)["outcome"]
    if outcome != _FAILED:
        raise UsageError(f"Run `{run_id}` ended `{outcome}`: only a run that failed goes on after its end.")
    rows.delete_record(connection, run_id, end)
    last = next((record for record in reversed(own) if record.kind == "model"), None)
    failure = {} if last is None else rows.whole_value(connection, run_id, last)
    if last is None or "error" not in failure:
        return
    rows.delete_record(connection, run_id, last)
    started = {"early": failure["early"]} if "early" in failure else {}
    intent = replace(last, phase="intent", value=started, charges=last.charges or (), blobs=())
    announced = any(record.name == last.name and record.phase == "intent" for record in records)
    rows.append(connection, run_id, rows.Row.of(intent), {}, is_new=not announced)
