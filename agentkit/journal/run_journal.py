"""One opened run of a journal: its records, its clock, and the door through which every new record goes.

Two rules for this file: after a record that could not be written nothing more is written, so nothing more is done; and
the clock of a run counts only while a process works on it, and never goes back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from agentkit.errors import JournalError
from agentkit.journal import rows
from agentkit.journal.envelope import Record
from agentkit.journal.levels import records_that_count

if TYPE_CHECKING:
    from agentkit.journal.commit_thread import CommitThread
    from agentkit.journal.envelope import Phase, Written
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Step

Clock: TypeAlias = Callable[[], float]
"""Returns seconds; only differences count."""

_DECIMALS = 6
"""Decimals of a recorded time in seconds."""


class WorkClock:
    """Seconds for which processes have worked on a run. Time for which it lay does not count."""

    __slots__ = ("_clock", "_last", "_worked_s")

    def __init__(self, clock: Clock, worked_s: float) -> None:
        self._clock = clock
        self._last = clock()
        self._worked_s = worked_s

    def now(self) -> float:
        """Return the seconds so far. A clock that is set back stands still for that moment."""
        now = self._clock()
        self._worked_s += max(0.0, now - self._last)
        self._last = now
        return round(self._worked_s, _DECIMALS)


@dataclass(slots=True)
class EarlierWork:
    """The work of earlier executions on one step, or on the whole run."""

    charges: list[JSONObject] = field(default_factory=list["JSONObject"])
    """The charges of all values, and of what was on its way in runs that have not ended."""
    calls: dict[str, int] = field(default_factory=dict[str, int])
    """The names of the tool calls just below whose value is recorded, each with the number of its turn."""
    others: set[str] = field(default_factory=set[str])
    """The names of the other steps just below whose value is recorded, but for verdicts: an agent that has lost a
    guardrail does not ask for them."""
    started_s: float = math.inf
    ended_s: float = 0.0

    @property
    def worked_s(self) -> float:
        """The seconds from the first to the last record."""
        return max(0.0, self.ended_s - self.started_s)


class RunJournal:
    """The records of a run, as its owner has them.

    Args:
        stored: What earlier executions have recorded.
        thread: The journal's database.
        clock: The clock of this execution.
    """

    def __init__(self, stored: rows.StoredRecords, thread: CommitThread, clock: Clock) -> None:
        records = stored.records
        self.run_id = stored.run_id
        self.values = {record.name: record for record in records if record.phase == "value"}
        """The values that earlier executions have recorded, by the names of the steps."""
        self.intents = stored.intents
        """The intents of the steps without a value."""
        self.execution = 1 + max((record.execution for record in records), default=0)
        """The number of this execution, from 1."""
        self.clock = WorkClock(clock, max((record.ended_s for record in records), default=0.0))
        self._thread = thread
        self._announced = {record.name for record in records if record.phase == "intent"}
        self._written: set[str] = set()
        """The names of the steps whose value is only in the file."""
        self._failure: JournalError | None = None
        self._earlier: dict[str, EarlierWork] = {}
        counted = {id(record) for record in records_that_count(records, self.values)}
        for record in records:
            self._count(record, has_spent=id(record) in counted)

    @classmethod
    async def load(cls, run_id: str, thread: CommitThread, clock: Clock) -> RunJournal:
        """Read the records of a run; none if it is new. Raises JournalError if one of them is damaged."""
        return cls(await thread.read(partial(rows.load, run_id=run_id)), thread, clock)

    def earlier_below(self, prefix: str) -> EarlierWork:
        """Return what earlier executions have recorded of the steps whose names begin so.

        Args:
            prefix: The name of a step and a slash. Empty: the whole run.
        """
        return self._earlier.get(prefix) or EarlierWork()

    def has_value(self, name: str) -> bool:
        """Return True if the value of a step was recorded, by whatever execution."""
        return name in self.values or name in self._written

    async def value_of(self, name: str) -> JSONObject:
        """Return the recorded value of a step. Raises JournalError."""
        self.check()
        record = self.values.get(name)
        if record is not None and not record.blobs and name not in self._written:
            self._written.add(name)
            self.values[name] = replace(record, value=None)  # once the run has it, it need not be here, too
            return record.whole_value({})
        try:
            return await self._thread.read(partial(rows.whole_value_of, run_id=self.run_id, name=name))
        except JournalError:
            self.check()  # it could not be written, and nobody has waited for it
            raise

    async def append(self, name: str, step: Step, phase: Phase, written: Written, value: JSONObject) -> JSONObject:
        """Record an intent or a value; return it as later executions get it, once it is durable.

        Raises:
            JournalError: It could not be recorded, or nothing can be since an earlier record of this run could not.
        """
        self.check()
        record, body, blobs = Record.make(name, step, phase, written, value)
        known = self._written if phase == "value" else self._announced
        is_new = name not in known
        known.add(name)
        row = rows.Row.of(record, body)
        write = partial(rows.append, run_id=self.run_id, row=row, blobs=blobs, is_new=is_new)
        # A cancellation waits: what is recorded is what the run goes on with.
        await self._thread.write_unless_locked(write, on_failure=self._stop)
        return record.whole_value(blobs)

    async def close(self) -> None:
        """Refuse everything from now on. Nothing is being written: whoever writes has waited, also when cancelled."""
        self._failure = JournalError(f"Run `{self.run_id}` is not open any more, so nothing can be recorded in it.")

    def _stop(self, error: BaseException) -> None:
        self._failure = JournalError(f"{error} Run `{self.run_id}` was stopped there, and can be resumed.")

    def check(self) -> None:
        """Raise JournalError if a record of this run could not be written."""
        if self._failure is not None:
            raise JournalError(str(self._failure))

    def _count(self, record: Record, *, has_spent: bool) -> None:
        is_value = record.phase == "value"
        charges = record.charges if has_spent else None
        prefixes = _prefixes_of(record.name)
        for prefix in prefixes:
            earlier = self._earlier.setdefault(prefix, EarlierWork())
            earlier.charges += charges or ()
            earlier.started_s = min(earlier.started_s, record.started_s)
            earlier.ended_s = max(earlier.ended_s, record.ended_s)
        if is_value:
            just_above = self._earlier[prefixes[-1]]
            if record.is_call:
                just_above.calls[record.name] = record.place[-1][0]
            elif record.kind != "verdict":
                just_above.others.add(record.name)


def _prefixes_of(name: str) -> list[str]:
    """Return the beginnings of a name that end before one of its parts; that of the root is empty."""
    return ["", *(name[: match.end()] for match in re.finditer("/", name))]
