"""The journal of runs in one file: what a program, and the command line, can do with it."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import RunInProgress, UsageError
from agentkit.journal import rows, transfer
from agentkit.journal.cancel import cancel
from agentkit.journal.imported_lines import read_lines
from agentkit.journal.open_files import use_journal, use_journal_from_thread
from agentkit.journal.run_info import RunInfo, list_with_facts
from agentkit.journal.run_journal import Clock, RunJournal
from agentkit.journal.run_lock import RunLock
from agentkit.journal.steps import JournalSteps

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_DELETED_AT_ONCE = 100
"""The runs that `prune` deletes in one transaction; so many lock files are open meanwhile."""


class Journal:
    """The journal of runs in one SQLite file, which is created when it is first used.

    Give it, or its path, to `run`, `stream` or `map` as `journal=`. Several tasks, threads and processes may use the
    same file; each run has one owner at a time.

    Args:
        path: The file. What was sent stands in it as it was sent, so only its owner can read it.
        clock: Returns seconds for the times of the records; only differences count.
    """

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock = time.monotonic) -> None:
        self.path = Path(path).resolve()  # another path to the same file names the same runs
        """The file."""
        self._clock = clock

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    @asynccontextmanager
    async def open_run(self, run_id: str) -> AsyncGenerator[JournalSteps]:
        """Own a run, and yield its steps; a run that does not exist begins with its first step.

        Args:
            run_id: The id of the run.

        Raises:
            RunInProgress: Somebody else executes it.
            JournalError: The file cannot be used, or the run is damaged.
        """
        _check_run_id(run_id)
        async with use_journal(self.path) as thread:
            await thread.read(_do_nothing)  # a file that cannot be opened comes before its locks
            lock = RunLock.acquire(self.path, run_id)
            try:
                run = await RunJournal.load(run_id, thread, self._clock)
                try:
                    yield JournalSteps(run)
                finally:
                    await run.close()
            finally:
                lock.release()

    @asynccontextmanager
    async def open_runs(self, run_id: str) -> AsyncGenerator[list[JSONObject]]:
        """Keep the file open for the items of a fan-out, and yield the charges that these have recorded.

        Args:
            run_id: The id of the fan-out: its items are the runs `<run_id>/0`, `<run_id>/1` and so on.

        Raises:
            JournalError: The file cannot be used.
        """
        async with use_journal(self.path) as thread:
            yield await thread.read(partial(rows.charges_below, run_id=run_id))

    def runs(self) -> list[RunInfo]:
        """Return the runs of the journal, the oldest first. Raises JournalError."""
        return [RunInfo.of(self.path, run, agent, outcome) for run, agent, outcome in self._list()]

    def export(self, run_id: str) -> Iterator[str]:
        """Yield the records of a run, each as one line of JSON, in the order of the steps.

        The first lines of an export, however many, are a run that was interrupted there.

        Args:
            run_id: The id of the run.

        Raises:
            UsageError: There is no such run.
            JournalError: The file cannot be used, or the run is damaged.
        """
        check_is_there(self.path, run_id)
        with use_journal_from_thread(self.path) as thread:
            for record in thread.read_from_thread(partial(transfer.load_existing, run_id=run_id)):
                yield thread.read_from_thread(partial(transfer.to_line, run_id=run_id, record=record))

    def import_lines(self, lines: Iterable[str], run_id: str | None = None) -> str:
        """Write the lines of an export as a run, and return its id.

        Args:
            lines: The lines, or the first of them.
            run_id: The id of the run. None: the one that it had.

        Raises:
            RunConflict: The journal has such a run.
            UsageError: There is no line, and no id.
            JournalError: A line is no record, or damaged, or the lines are not the beginning of one run; or the file
                cannot be used.
        """
        new_id, records = read_lines(lines, run_id)
        if new_id is None:
            raise UsageError("There are no lines to import, so there is no run: give it a `run_id`.")
        _check_run_id(new_id)
        self._write_alone(new_id, partial(transfer.write_new, run_id=new_id, records=records))
        return new_id

    def fork(self, run_id: str, new_run_id: str, before: str | None = None) -> None:
        """Copy a run, all of it or its beginning. What the copy executes has idempotency keys of its own.

        Args:
            run_id: The id of the run.
            new_run_id: The id of the copy.
            before: The name of the first step that is not copied. None: all are.

        Raises:
            UsageError: There is no such run, or no such step.
            RunConflict: The journal has a run of the new id.
            JournalError: The file cannot be used, or the run is damaged.
        """
        _check_run_id(new_run_id)
        check_is_there(self.path, run_id)
        copy = partial(transfer.copy, run_id=run_id, new_run_id=new_run_id, before=before)
        self._write_alone(new_run_id, copy)

    def reopen(self, run_id: str) -> None:
        """Let a run that ended `failed` go on from its last request. One that was interrupted goes on anyway.

        One that ended `budget_exhausted` goes on from the first request that its budget did not cover.

        Args:
            run_id: The id of the run.

        Raises:
            UsageError: There is no such run, or it ended otherwise.
            RunInProgress: Somebody executes it.
            JournalError: The file cannot be used, or the run is damaged.
        """
        check_is_there(self.path, run_id)
        self._write_alone(run_id, partial(transfer.reopen, run_id=run_id))

    def cancel(self, run_id: str) -> None:
        """End a run that nobody executes, for good: with outcome `cancelled`, also of the sub-agents in it.

        Args:
            run_id: The id of the run.

        Raises:
            UsageError: There is no such run, or it has ended.
            RunInProgress: Somebody executes it: cancel it there.
            JournalError: The file cannot be used, or the run is damaged.
        """
        check_is_there(self.path, run_id)
        self._write_alone(run_id, partial(cancel, run_id=run_id))

    def set_address(self, run_id: str, address: str) -> None:
        """Note where the agent of a run is found, so that `agentkit runs resume` needs no more than the id.

        Args:
            run_id: The id of the run, which may begin later.
            address: `MODULE:AGENT`.

        Raises:
            JournalError: The file cannot be used.
        """
        _check_run_id(run_id)
        with use_journal_from_thread(self.path) as thread:
            thread.write_from_thread(partial(rows.set_address, run_id=run_id, address=address))

    def delete(self, run_id: str) -> None:
        """Delete a run, whether it has ended or not.

        Args:
            run_id: The id of the run.

        Raises:
            UsageError: There is no such run.
            RunInProgress: Somebody executes it.
            JournalError: The file cannot be used.
        """
        check_is_there(self.path, run_id)
        self._write_alone(run_id, partial(_delete, run_id=run_id))

    def prune(self, older_than_s: float | None = None, run_ids: Collection[str] | None = None) -> list[str]:
        """Delete runs that have ended, and contents that no run has any more; return the ids of the runs.

        Args:
            older_than_s: Seconds since the last step of a run. None: however few.
            run_ids: The ids of the runs. None: any.

        Raises:
            JournalError: The file cannot be used.
        """
        latest = math.inf if older_than_s is None else time.time() - older_than_s
        ended = [run for run, _, outcome in self._list() if outcome and run.changed_at <= latest]
        chosen = [run.run_id for run in ended if run_ids is None or run.run_id in run_ids]
        deleted: list[str] = []
        for first in range(0, len(chosen), _DELETED_AT_ONCE):
            deleted += self._delete_unless_owned(chosen[first : first + _DELETED_AT_ONCE])
        if self.path.exists():
            with use_journal_from_thread(self.path) as thread:
                thread.write_from_thread(rows.delete_orphans)
        return deleted

    def _delete_unless_owned(self, run_ids: Iterable[str]) -> list[str]:
        """Delete runs in one transaction, those aside that somebody owns, to read their result; return their ids."""
        deleted: list[str] = []
        with use_journal_from_thread(self.path) as thread, ExitStack() as locks:
            for run_id in run_ids:
                with suppress(RunInProgress):
                    locks.callback(RunLock.acquire(self.path, run_id).release)
                    deleted.append(run_id)
            thread.write_from_thread(partial(_delete_all, run_ids=deleted))
        return deleted

    def _list(self) -> list[tuple[rows.StoredRun, str, str]]:
        if not self.path.exists():
            return []
        with use_journal_from_thread(self.path) as thread:
            return thread.read_from_thread(list_with_facts)

    def _write_alone(self, run_id: str, function: Callable[[sqlite3.Connection], None]) -> None:
        """Change a run as its owner."""
        with use_journal_from_thread(self.path) as thread:
            thread.read_from_thread(_do_nothing)
            lock = RunLock.acquire(self.path, run_id)
            try:
                thread.write_from_thread(function)
            finally:
                lock.release()


def as_journal(given: str | os.PathLike[str] | Journal) -> Journal:
    """Return the journal that `journal=` names. Raises UsageError for anything but a path or a journal."""
    if isinstance(given, Journal):
        return given
    if not isinstance(given, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"`journal=` takes the path of a file or a Journal, not {type(given).__name__}.")
    if str(given) in ("", ":memory:"):
        raise UsageError("`journal=` takes the path of a file: leave it out for a run that is only in memory.")
    return Journal(given)


def check_is_there(journal: Path, run_id: str) -> None:
    """Raise UsageError where no file is: looking for a run does not create one."""
    if not journal.exists():
        raise UsageError(
            f"There is no run `{run_id}`, and no journal `{journal}`: `run(..., journal=...)` creates one."
        )


def _check_run_id(run_id: str) -> None:
    is_text = isinstance(run_id, str)  # pyright: ignore[reportUnnecessaryIsInstance]
    if not is_text or not run_id or run_id != run_id.encode(errors="replace").decode():
        raise UsageError(f"A run id is a text that is not empty, not {run_id!r}.")


def _delete(connection: sqlite3.Connection, run_id: str) -> None:
    if not rows.exists(connection, run_id):
        raise UsageError(f"There is no run `{run_id}` in this journal.")
    rows.delete_run(connection, run_id)


def _delete_all(connection: sqlite3.Connection, run_ids: Iterable[str]) -> None:
    for run_id in run_ids:
        rows.delete_run(connection, run_id)


def _do_nothing(_: sqlite3.Connection) -> None:
    pass
