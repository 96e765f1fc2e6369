"""The results of a fan-out in the order in which they come: a root task runs the items, a plain iterator returns them.

Two rules for this file: no task group or cancel scope is ever open in the caller's task, so that leaving the loop ends
the rest without side effects; and a reader that falls behind holds the workers up, so that results do not pile up.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, NoReturn, Self, TypeAlias

import anyio
from typing_extensions import TypeVar

from agentkit.agents.fan_out import Done, Emit, Failed
from agentkit.errors import UsageError
from agentkit.event_loop import EventLoop, start_root_task
from agentkit.run.cleanup import CLEANUP_TIMEOUT_S
from agentkit.run.streaming.read_task import ReadTask

Out = TypeVar("Out", default=str)
FanOutWork: TypeAlias = "Callable[[Emit[Out]], Awaitable[None]]"
"""Runs all items and emits their results."""


class _Core(ReadTask, Generic[Out]):
    """The state of a fan-out that has started; the iterator refers to it, never the reverse."""

    def __init__(self, work: FanOutWork[Out], most_waiting: int) -> None:
        super().__init__()
        self.loop = EventLoop.current()
        self.results: deque[Done[Out] | Failed] = deque()
        self._work, self._most_waiting = work, most_waiting
        self._changed = anyio.Event()

    async def execute(self) -> None:
        """See `ReadTask.execute`."""
        await self._work(self._emit)

    def wake_reader(self) -> None:
        """See `ReadTask.wake_reader`. A worker that waits for room is woken, too."""
        self._changed.set()
        self._changed = anyio.Event()

    async def _emit(self, result: Done[Out] | Failed) -> None:
        while len(self.results) >= self._most_waiting:
            await self._changed.wait()
        self.results.append(result)
        self.wake_reader()

    async def receive(self) -> Done[Out] | Failed | None:
        """Return the next result, as soon as there is one. None: all have been returned."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        while not self.results:
            if self.done.is_set():
                return None
            await self._changed.wait()
        result = self.results.popleft()
        self.wake_reader()
        return result

    def abandon(self) -> None:
        """Stop what is left, whose reader is gone."""
        self.results.clear()
        self.scope.cancel()


class Completions(Generic[Out]):
    """The results of a fan-out, as they come: `async for result in agent.as_completed(items): ...`.

    Leaving the loop, or the block of `async with`, cancels what still runs. The block also waits until it has ended. It
    is read in one event loop.
    """

    def __init__(self, work: FanOutWork[Out], most_waiting: int) -> None:
        self._work, self._most_waiting = work, most_waiting
        self._core: _Core[Out] | None = None
        """None: it has not started."""
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Done[Out] | Failed:
        if self._is_closed:
            raise StopAsyncIteration
        core = self._started_core()
        result = await core.receive()
        if result is not None:
            return result
        self._is_closed = True
        if core.error is not None:
            raise core.error
        raise StopAsyncIteration

    def __reduce__(self) -> NoReturn:
        raise UsageError("A fan-out cannot be copied or pickled, since dropping it ends it.")

    async def aclose(self) -> None:
        """Cancel what still runs, and wait up to six seconds until it has cleaned up."""
        self._is_closed = True
        if self._core is None or self._core.done.is_set():
            return
        core = self._started_core()
        core.abandon()
        with anyio.move_on_after(CLEANUP_TIMEOUT_S + 1, shield=True):
            await core.done.wait()

    def _started_core(self) -> _Core[Out]:
        """Return the core, started on first use. Raises UsageError in another event loop than the first."""
        core = self._core
        if core is None:
            core = self._core = _Core(self._work, self._most_waiting)
            start_root_task(core.main, "fan-out")
        elif threading.get_ident() != core.loop.thread_id:
            raise UsageError("The results of a fan-out are read in the event loop in which it began.")
        return core

    def __del__(self) -> None:
        core = self._core
        if core is None or core.done.is_set():
            return
        # The garbage collector may run in any thread, and in the middle of whatever the event loop does.
        if not core.loop.post(core.abandon):
            with contextlib.suppress(RuntimeError):  # the event loop is gone, so that nothing runs any more
                core.abandon()
