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
from agentkit.journal.levels import records_that_count

_FAILED, _EXHAUSTED = "failed", "budget_exhausted"
"""The outcomes of runs that ended for a fault of the API, and for want of a budget."""
_OVER_BUDGET = "OverBudget"
"""The recorded error of a model call that a budget did not cover."""


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
    """Let a run that failed go on from its last request, or from the first one that its budget did not cover.

    All charges still count, also those of what came after that request.

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
    calls = [record for record in own if record.kind == "model"]
    if outcome == _FAILED:
        rows.delete_record(connection, run_id, end)
        if calls and "error" in rows.whole_value(connection, run_id, calls[-1]):
            _announce_again(connection, run_id, calls[-1], records, [calls[-1]])
        return
    errors = ((record, rows.whole_value(connection, run_id, record).get("error")) for record in calls)
    refused = next((record for record, error in errors if error == _OVER_BUDGET), None)
    if outcome != _EXHAUSTED or refused is None:
        which = "a run that failed, or that has asked for more than its budget,"
        raise UsageError(f"Run `{run_id}` ended `{outcome}`: only {which} goes on after its end.")
    _announce_again(connection, run_id, refused, records, records[records.index(refused) :])


def _announce_again(
    connection: sqlite3.Connection, run_id: str, call: Record, records: Sequence[Record], dropped: Sequence[Record]
) -> None:
    """Delete some records, a model call first, and leave the intent of that call, with what all of them have cost."""
    value = rows.whole_value(connection, run_id, call)
    counted = records_that_count(dropped, {record.name for record in records if record.phase == "value"})
    charges = tuple(charge for record in counted for charge in record.charges or ())
    for record in dropped:
        rows.delete_record(connection, run_id, record)
    started = {"early": value["early"]} if "early" in value else {}
    intent = replace(call, phase="intent", value=started, charges=charges, blobs=())
    announced = any(record.name == call.name and record.phase == "intent" for record in records)
    rows.append(connection, run_id, rows.Row.of(intent), {}, is_new=not announced)
