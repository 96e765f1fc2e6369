"""Jobs for the thread that uses the database of a journal, and how those who give them wait for it.

Two rules for this file: what has started is waited for, whatever is cancelled meanwhile; and what was taken back never
starts.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar, cast

import anyio

from agentkit.errors import JournalError
from agentkit.event_loop import EventLoop, PassedOutcome

T = TypeVar("T")
OnFailure: TypeAlias = Callable[[BaseException], object]

CANCEL_GRACE_S = 2.0
"""Seconds for which a cancelled run waits for its last record, if another process keeps the file locked."""
_LOOK_S = 0.25
"""Seconds after which a task that waits for a record looks whether it was cancelled."""
_start_lock = threading.Lock()
"""Held while a job is started, or taken back."""


class _Waiter(Protocol):
    def set(self) -> object: ...


class DatabaseJob(PassedOutcome[T]):
    """A function of the database that somebody waits for."""

    __slots__ = ("_function", "_on_failure", "has_started", "is_last", "is_write", "loop", "waiter", "was_taken_back")

    def __init__(
        self,
        function: Callable[[sqlite3.Connection], T],
        loop: EventLoop | None,
        *,
        is_write: bool = False,
        is_last: bool = False,
        on_failure: OnFailure | None = None,
    ) -> None:
        super().__init__()
        self._function = function
        self._on_failure = on_failure
        self.is_write = is_write
        """True if it goes into a transaction with others."""
        self.is_last = is_last
        """True if the database is closed before it is answered."""
        self.has_started = False
        """True once it is called: from then on it cannot be taken back."""
        self.was_taken_back = False
        """True if nobody waits for it any more, and it is not called."""
        self.loop = loop
        """The event loop of a task that waits. None: a thread waits."""
        self.waiter: _Waiter = threading.Event() if loop is None else anyio.Event()

    def execute(self, connection: sqlite3.Connection) -> None:
        """Call the function, unless it was taken back. Raises what it raises."""
        with _start_lock:
            self.has_started = not self.was_taken_back
        if self.has_started:
            self._value = self._function(connection)

    def take_back(self, reason: JournalError) -> bool:
        """Fail for this reason, and do not call the function any more. False: it has been called already."""
        with _start_lock:
            self.was_taken_back = not self.has_started
        if self.was_taken_back:
            self.fail(reason)
        return self.was_taken_back

    def fail(self, error: BaseException) -> None:
        """Let whoever waits get an error."""
        self._error = error
        if self._on_failure is not None:
            self._on_failure(error)


async def wait_unless_locked(job: DatabaseJob[T], path: Path) -> None:
    """Wait for a job of this task, also when cancelled; then for `CANCEL_GRACE_S` at most if it has not started.

    A cancellation passes at the next checkpoint; one that comes from asyncio itself is raised here.
    """
    waiter, cancelled, cancelled_at = cast("anyio.Event", job.waiter), None, math.inf
    while not waiter.is_set():
        try:
            with anyio.CancelScope(shield=True, deadline=anyio.current_time() + _LOOK_S):
                await waiter.wait()
                break
        except anyio.get_cancelled_exc_class() as error:  # asyncio's own, which no scope keeps away
            cancelled = error
        now = anyio.current_time()
        if cancelled is not None or anyio.current_effective_deadline() == -math.inf:
            cancelled_at = min(cancelled_at, now)
        if now - cancelled_at >= CANCEL_GRACE_S and job.take_back(_locked_error(path)):
            break
    if cancelled is not None:
        raise cancelled


def answer(jobs: list[DatabaseJob[object]]) -> None:
    """Wake up whoever waits: each event loop once, however many of its tasks do."""
    by_loop: dict[EventLoop, list[_Waiter]] = {}
    for job in jobs:
        if job.was_taken_back:
            continue
        if job.loop is None:
            job.waiter.set()
        else:
            by_loop.setdefault(job.loop, []).append(job.waiter)
    for loop, waiters in by_loop.items():
        loop.post(partial(_set_all, waiters))


def _set_all(waiters: list[_Waiter]) -> None:
    for waiter in waiters:
        waiter.set()


def _locked_error(path: Path) -> JournalError:
    return JournalError(
        f"The journal `{path}` cannot be used: another process keeps it locked, and the run was cancelled "
        "meanwhile: end that process, then resume the run."
    )
