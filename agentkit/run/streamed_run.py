"""A streamed run: a root task of its own, whose events a plain iterator returns.

Two rules for this file: no task group or cancel scope is ever open in the caller's task, so that breaking off,
disconnecting or dropping the handle ends the run without side effects; and errors are passed by value to the reader.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeAlias, TypeVar

import anyio
import sniffio
from anyio.streams.memory import MemoryObjectReceiveStream

from agentkit.errors import UsageError
from agentkit.log import log
from agentkit.run.events import Event

if TYPE_CHECKING:
    from agentkit.run.result import RunResult
    from agentkit.run.scope import EventListener

Out = TypeVar("Out")
StreamedWork: TypeAlias = "Callable[[EventListener], Awaitable[None]]"
"""Runs to the end and sends its events to the listener."""

_CLEANUP_TIMEOUT_S = 5.0
_running_tasks: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks only weakly


class _EventOutbox:
    """The listener of a streamed run: a channel without a buffer, so that the run never gets ahead of its reader."""

    receive: MemoryObjectReceiveStream[Event]

    def __init__(self) -> None:
        self._send, self.receive = anyio.create_memory_object_stream[Event](0)
        self._waiting: deque[Event] = deque()

    async def send(self, event: Event) -> None:
        """See `EventListener.send`. A closed reader ends the run by its cancel scope, not here."""
        try:
            while self._waiting:
                await self._send.send(self._waiting.popleft())
            await self._send.send(event)
        except anyio.BrokenResourceError:
            pass

    def send_soon(self, event: Event) -> None:
        """See `EventListener.send_soon`. Without a waiting reader the event is sent before the next one."""
        if self._waiting:
            self._waiting.append(event)
            return
        try:
            self._send.send_nowait(event)
        except anyio.WouldBlock:
            self._waiting.append(event)
        except anyio.BrokenResourceError:
            pass

    def close(self) -> None:
        self._send.close()


class _StreamedRunCore(Generic[Out]):
    """The state of the run; the handle refers to it, never the reverse, so that a dropped handle is collected."""

    def __init__(self, work: StreamedWork, result: Callable[[], RunResult[Out]]) -> None:
        self.outbox = _EventOutbox()
        self.scope = anyio.CancelScope()
        self.done = anyio.Event()
        self.result = result
        self.error: BaseException | None = None
        self._work = work

    async def main(self) -> None:
        """The root task; every task group of the run is opened and closed inside it."""
        try:
            with self.scope:
                await self._work(self.outbox)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - passed by value: it is raised in the reader
            self.error = error
        finally:
            self.outbox.close()
            self.done.set()


class RunHandle(Generic[Out]):
    """A run whose events you read: `async with agent.stream(...) as run: async for event in run: ...`.

    Leaving the block, or dropping the handle, cancels the run and everything below it. `result` is available once the
    run has ended, also after a cancel or an early exit.
    """

    def __init__(self, work: StreamedWork, result: Callable[[], RunResult[Out]]) -> None:
        self._core = _StreamedRunCore(work, result)
        self._has_started = False
        self._was_raised = False

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        self._start()
        try:
            return await self._core.outbox.receive.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            self._core.outbox.receive.close()
            self._raise_error()
            raise StopAsyncIteration from None

    @property
    def result(self) -> RunResult[Out]:
        """The result of the run. Raises UsageError before its end, and the error that ended it, if one did."""
        if not self._core.done.is_set():
            raise UsageError("The run has not ended yet: read its events to the end, or leave its block, first.")
        self._raise_error()
        return self._core.result()

    def cancel(self) -> None:
        """Stop the run and everything below it; its outcome is `cancelled` if it was still running."""
        self._core.scope.cancel()

    async def aclose(self) -> None:
        """Cancel the run if it is still running, and wait up to five seconds until it has cleaned up."""
        core = self._core
        if not self._has_started:
            core.done.set()
        core.scope.cancel()
        core.outbox.receive.close()
        with anyio.move_on_after(_CLEANUP_TIMEOUT_S, shield=True):
            await core.done.wait()
        if core.error is not None and not self._was_raised:
            log().error("a streamed run failed and nobody read its error", exc_info=core.error)

    def _start(self) -> None:
        if self._has_started:
            return
        self._has_started = True
        if sniffio.current_async_library() == "trio":
            import trio

            trio.lowlevel.spawn_system_task(self._core.main, context=copy_context())
        else:
            task = asyncio.get_running_loop().create_task(self._core.main())
            _running_tasks.add(task)
            task.add_done_callback(_running_tasks.discard)

    def _raise_error(self) -> None:
        if self._core.error is not None:
            self._was_raised = True
            raise self._core.error

    def __del__(self) -> None:
        core = self._core
        core.outbox.receive.close()
        if not self._has_started:
            core.outbox.close()
        elif not core.done.is_set():
            with contextlib.suppress(RuntimeError):  # the event loop may be gone already
                core.scope.cancel()
