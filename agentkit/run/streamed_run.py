"""A streamed run: a root task of its own, whose events a plain iterator returns.

Two rules for this file: no task group or cancel scope is ever open in the caller's task, so that breaking off,
disconnecting or dropping the handle ends the run without side effects; and what belongs to the run's event loop is
touched in its thread only: from others it is posted there.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, TypeAlias, TypeVar

import anyio

from agentkit.errors import UsageError
from agentkit.event_loop import start_root_task
from agentkit.log import log
from agentkit.run.cleanup import CLEANUP_TIMEOUT_S
from agentkit.run.streaming.event_outbox import EventOutbox
from agentkit.run.streaming.read_task import ReadTask

if TYPE_CHECKING:
    from agentkit.run.events import Event
    from agentkit.run.result import RunResult
    from agentkit.run.scope import EventListener

Out = TypeVar("Out")
StreamedWork: TypeAlias = "Callable[[EventListener], Awaitable[None]]"
"""Runs to the end and sends its events to the listener."""

END_TIMEOUT_S = CLEANUP_TIMEOUT_S + 1.0
"""Seconds that a run which was left may take to end: what it opened has its time to close in there."""


class _StreamedRunCore(ReadTask, Generic[Out]):
    """The state of a run that has started; the handle refers to it, never the reverse, so that it can be dropped."""

    def __init__(self, work: StreamedWork) -> None:
        super().__init__()
        self.outbox = EventOutbox()
        self._work = work

    async def execute(self) -> None:
        """See `ReadTask.execute`."""
        await self._work(self.outbox)

    def wake_reader(self) -> None:
        """See `ReadTask.wake_reader`."""
        self.outbox.close()

    def cancel(self) -> None:
        """Stop the run, from any thread; nothing happens if it has ended, or its event loop has."""
        self.outbox.loop.call_or_post(self.scope.cancel)

    def abandon(self) -> None:
        """Stop the run, whose reader is gone."""
        self.outbox.close_reader()
        if not self.done.is_set():
            self.scope.cancel()


class RunHandle(Generic[Out]):
    """A run whose events you read: `async with agent.stream(...) as run: async for event in run: ...`.

    Leaving the block, or dropping the handle, cancels the run and everything below it. `result` is available once the
    run has ended, also after a cancel or an early exit. It is read in the event loop in which it began; `cancel` and
    `result` work in any thread.
    """

    def __init__(
        self, work: StreamedWork, result: Callable[[], RunResult[Out]], on_stop: Callable[[], None] | None = None
    ) -> None:
        self._work = work
        self._result = result
        self._on_stop = on_stop
        """Called, in any thread, when the run is cancelled or its handle dropped. None: nothing is."""
        self._core: _StreamedRunCore[Out] | None = None
        """None: it has not started."""
        self._is_cancelled = False
        self._was_closed_unstarted = False
        self._was_left = False
        self._was_raised = False

    async def __aenter__(self) -> Self:
        self._started_core()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self._started_core().outbox.receive()
        if event is None:
            self._raise_error()
            raise StopAsyncIteration
        return event

    def __reduce__(self) -> NoReturn:
        raise UsageError("A run cannot be copied or pickled, since dropping it ends it; its `result` can.")

    @property
    def result(self) -> RunResult[Out]:
        """The result of the run. Raises UsageError before its end, and the error that ended it, if one did."""
        if not (self._was_closed_unstarted if self._core is None else self._core.done.is_set()):
            if self._was_left:
                raise UsageError(
                    "The run was cancelled and has not ended yet: a tool or a clean-up does not react to that."
                )
            raise UsageError("The run has not ended yet: read its events to the end, or leave its block, first.")
        self._raise_error()
        return self._result()

    def cancel(self) -> None:
        """Stop the run and everything below it, from any thread; its outcome is `cancelled` if it was still running."""
        self._is_cancelled = True
        self._note_stop()
        if self._core is not None:
            self._core.cancel()

    async def aclose(self) -> None:
        """Cancel the run if it is still running, and wait up to six seconds until it has cleaned up."""
        if self._core is None:
            self._was_closed_unstarted = self._is_cancelled = True
            return
        core = self._started_core()
        self._was_left = True
        self._note_stop()
        is_over = core.done.is_set()
        if not is_over:
            core.scope.cancel()
        core.outbox.close_reader()
        if not is_over:
            with anyio.move_on_after(END_TIMEOUT_S, shield=True):
                await core.done.wait()
        if core.error is not None and not self._was_raised:
            log().error("a streamed run failed and nobody read its error", exc_info=core.error)

    def _started_core(self) -> _StreamedRunCore[Out]:
        """Return the core, started on first use. Raises UsageError in another event loop than that of the run."""
        core = self._core
        if core is None:
            core = self._core = _StreamedRunCore(self._work)
            if self._is_cancelled:  # read after `_core` is set: `cancel` writes and reads in the opposite order
                core.scope.cancel()
            start_root_task(core.main, "streamed run")
        elif threading.get_ident() != core.outbox.loop.thread_id:
            raise UsageError(
                "This run is read in the event loop in which it began; from another thread only `cancel` and `result` "
                "may be used."
            )
        return core

    def _note_stop(self) -> None:
        if self._on_stop is not None:
            self._on_stop()

    def _raise_error(self) -> None:
        if self._core is not None and self._core.error is not None:
            self._was_raised = True
            raise self._core.error

    def __del__(self) -> None:
        core = self._core
        if core is None:
            return
        self._note_stop()
        # The garbage collector may run in any thread, and in the middle of whatever the event loop does.
        if core.done.is_set() or not core.outbox.loop.post(core.abandon):
            with contextlib.suppress(RuntimeError):  # the event loop is gone, so that nothing runs any more
                core.abandon()
