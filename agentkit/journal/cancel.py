"""The end of a run that nobody executes any more, written from outside: for good, and with all that it has spent.

Two rules for this file: every run of the tree that has not ended gets an end of its own, so that nothing of it is
entered again; and what was on its way when the last process died counts as all it could have used.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from agentkit.errors import UsageError
from agentkit.journal import rows, transfer
from agentkit.journal.envelope import Record, Written
from agentkit.journal.levels import END, has_ended, prefix_of, records_that_count
from agentkit.run.steps import Step

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_END_PLACE = (0, 0, 1)
"""The place that a run reserves for its end, before everything else."""
_INPUT = "input"
_REASON = "The run was cancelled from outside, when nobody executed it."


def cancel(connection: sqlite3.Connection, run_id: str) -> None:
    """End a run as `cancelled`, and every sub-agent in it that has not ended.

    Raises:
        UsageError: There is no such run, or it has ended.
        JournalError: The run is damaged.
    """
    records = transfer.load_existing(connection, run_id)
    ended = {record.name for record in records if record.phase == "value"}
    if END in ended:
        outcome = rows.whole_value_of(connection, run_id, END)["outcome"]
        raise UsageError(f"Run `{run_id}` has ended `{outcome}`: there is nothing to cancel.")
    execution = 1 + max(record.execution for record in records)
    now = max(record.ended_s for record in records)
    inputs = [record for record in records if record.name == f"{prefix_of(record.name)}{_INPUT}"]
    runs = {"": (), **{prefix_of(record.name): record.place[:-1] for record in inputs}}
    lost = [record for record in records_that_count(records, ended) if record.phase == "intent"]
    for prefix, path in runs.items():
        if not has_ended(prefix, ended):
            charges = [charge for record in lost if prefix_of(record.name) == prefix for charge in record.charges or ()]
            value: JSONObject = {"outcome": "cancelled", "reason": _REASON, "unrecorded": charges, "charges": charges}
            written = Written((*path, _END_PLACE), execution, now, now)
            new = Record.make(f"{prefix}{END}", Step("end", "end"), "value", written, value)
            rows.append(connection, run_id, rows.Row.of(new.record, new.body), new.blobs, is_new=True)
