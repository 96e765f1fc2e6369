"""The one thread of a process that uses a journal's database: what arrives during a commit is in the next one.

Two rules for this file: nobody is answered before what was written is durable; and the thread never keeps the process
from exiting.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

import anyio

from agentkit.errors import JournalError
from agentkit.event_loop import EventLoop
from agentkit.journal.database_jobs import DatabaseJob, OnFailure, answer, wait_unless_locked
from agentkit.journal.sqlite import (
    close_database,
    is_locked,
    journal_error,
    open_database,
    retry_while_locked,
    transaction,
)

T = TypeVar("T")


class CommitThread:
    """Executes functions of the database of a journal, in the order in which they are given, from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_closing = False
        """True once nobody uses the database any more."""
        self._opened: tuple[int, int] | None = None
        """The identity of the file that was opened."""
        self._jobs: SimpleQueue[DatabaseJob[object]] = SimpleQueue()
        self._thread = threading.Thread(target=self._main, name="agentkit journal", daemon=True)
        self._thread.start()

    async def write(self, function: Callable[[sqlite3.Connection], T], *, on_failure: OnFailure | None = None) -> T:
        """Call a function that writes, and return its value once it is durable.

        A cancellation returns at once; the function is called all the same.

        Args:
            function: The function.
            on_failure: Called in the thread with the error if it fails, also if nobody waits any more. None: nothing.

        Raises:
            JournalError: It could not be written.
        """
        return await self._wait_for(DatabaseJob(function, EventLoop.current(), is_write=True, on_failure=on_failure))

    async def write_unless_locked(
        self, function: Callable[[sqlite3.Connection], T], *, on_failure: OnFailure | None = None
    ) -> T:
        """Do the same as `write`, but a cancellation waits for the value, and passes at the next checkpoint.

        If another process keeps the file locked, it waits `CANCEL_GRACE_S` at most, and the function is not called.
        """
        job = DatabaseJob(function, EventLoop.current(), is_write=True, on_failure=on_failure)
        self._jobs.put(cast("DatabaseJob[object]", job))
        await wait_unless_locked(job, self._path)
        return job.value()

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Call a function that reads, after all that was given before, and return its value. Raises JournalError."""
        return await self._wait_for(DatabaseJob(function, EventLoop.current()))

    async def close(self) -> None:
        """Close the database after all that was given before; nothing may be given after it."""
        self._is_closing = True
        await self._wait_for(DatabaseJob(_do_nothing, EventLoop.current(), is_last=True))

    async def _wait_for(self, job: DatabaseJob[T]) -> T:
        self._jobs.put(cast("DatabaseJob[object]", job))
        await cast("anyio.Event", job.waiter).wait()
        return job.value()

    def write_from_thread(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Do the same as `write`, while this thread waits."""
        return self._block_for(DatabaseJob(function, None, is_write=True))

    def read_from_thread(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Do the same as `read`, while this thread waits."""
        return self._block_for(DatabaseJob(function, None))

    def close_from_thread(self) -> None:
        """Do the same as `close`, while this thread waits."""
        self._is_closing = True
        last = DatabaseJob(_do_nothing, None, is_last=True)
        if threading.current_thread() is self._thread:  # it collects the garbage of an export that nobody has read out
            self._jobs.put(cast("DatabaseJob[object]", last))
        else:
            self._block_for(last)

    def _block_for(self, job: DatabaseJob[T]) -> T:
        self._jobs.put(cast("DatabaseJob[object]", job))
        cast("threading.Event", job.waiter).wait()
        return job.value()

    # The methods below run in the thread.

    def _main(self) -> None:
        try:
            connection = open_database(self._path, self._is_wanted)
        except JournalError as error:
            self._refuse_all(error)
            return
        self._opened = _identity(self._path)
        while True:
            jobs = self._next_jobs()
            self._execute(connection, jobs)
            if jobs[-1].is_last:
                close_database(connection, self._path)
                answer(jobs)
                return
            answer(jobs)
            del jobs  # what was written need not stay in memory until more comes

    def _next_jobs(self) -> list[DatabaseJob[object]]:
        """Wait for a job, and return it with those that have come meanwhile."""
        jobs = [self._jobs.get()]
        with suppress(Empty):
            while not jobs[-1].is_last:
                jobs.append(self._jobs.get_nowait())
        return jobs

    def _execute(self, connection: sqlite3.Connection, jobs: list[DatabaseJob[object]]) -> None:
        for is_write, group in groupby(jobs, attrgetter("is_write")):
            if is_write and _identity(self._path) != self._opened:
                for job in group:
                    job.fail(_removed_error(self._path))
            elif is_write:
                self._transact(connection, [*group], "BEGIN IMMEDIATE")
            else:
                for job in group:
                    self._transact(connection, [job], "BEGIN")

    def _is_wanted(self) -> bool:
        return not self._is_closing

    def _transact(self, connection: sqlite3.Connection, jobs: list[DatabaseJob[object]], begin: str) -> None:
        """Execute jobs in one transaction; if it fails, in one each: a row that does not fit costs no other."""

        def attempt() -> None:
            for job in jobs:
                job.has_started = False
            with transaction(connection, begin):
                for job in jobs:
                    job.execute(connection)

        def is_wanted() -> bool:
            return not self._is_closing and not all(job.was_taken_back for job in jobs)

        try:
            retry_while_locked(attempt, is_wanted)
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits
            if len(jobs) > 1 and not is_locked(error):
                for job in jobs:
                    self._transact(connection, [job], begin)
                return
            for job in jobs:
                if not job.was_taken_back:
                    job.fail(journal_error(error, self._path) if isinstance(error, sqlite3.Error) else error)

    def _refuse_all(self, reason: JournalError) -> None:
        is_last = False
        while not is_last:
            job = self._jobs.get()
            is_last = job.is_last
            if not is_last:
                job.fail(JournalError(str(reason)))
            answer([job])


def _do_nothing(_: sqlite3.Connection) -> None:
    pass


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from any other one. None: it is not there any more."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _removed_error(path: Path) -> JournalError:
    return JournalError(
        f"The journal `{path}` was removed or replaced while runs used it, so nothing more can be recorded in it."
    )
