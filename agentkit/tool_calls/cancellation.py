"""Run a tool's coroutine step by step: the watchdog sees each step, and a tool that swallows cancellations is stopped.

Structured concurrency waits for the tasks it cancels, so a tool that swallows every cancellation would block its run
for ever. After a hundred swallowed cancellations, an exception of an unknown class is thrown into it. A tool that
swallows that one too, or that never awaits, cannot be stopped; the log names it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Generator
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import anyio

from agentkit.log import log
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.tool_calls.watchdog import Watch, acquire_watch, release_watch

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

T = TypeVar("T")

MAX_SWALLOWED_CANCELLATIONS = 100
"""The number of cancellations that are passed on before a tool is stopped by force.

Clean-up code never needs so many, and they pass within milliseconds."""


class _ForcedStop(BaseException):
    """Thrown into a coroutine that swallows cancellations; no tool has an `except` clause for this class."""


@dataclass(slots=True)
class ParentCancellation:
    """Tells a task inside a cancel scope of its own that its parent task group was cancelled, which it cannot see."""

    task_group: TaskGroup
    is_cancelled: bool = False

    def poll(self) -> bool:
        """Return the state found by the last poll, and start a task in the group that finds the current one."""
        self.task_group.start_soon(self._update)
        return self.is_cancelled

    async def _update(self) -> None:
        self.is_cancelled = is_current_task_cancelled()


@dataclass(slots=True)
class CancellableCall(Generic[T]):
    """Awaits a coroutine or an awaitable as a watched tool call; its value, errors and cancellations pass unchanged."""

    awaitable: Awaitable[T]
    tool_name: str
    """The tool's name, for the watchdog and the log."""
    is_stop_requested: Callable[[], bool]
    """Returns True if the caller wants the call stopped. Without it, a swallowed cancellation may belong to a cancel
    scope inside the tool, which is no reason to stop the tool by force."""
    start_timer: Callable[[], float] | None = None
    """Starts the timer of the call's time limit and returns the limit, see `limit`. It is called before the first wait:
    a timer costs more than a tool that returns without waiting."""
    limit: float = field(default=math.inf, init=False)
    """The time limit, by the monotonic clock. Infinite: there is none, or the call has not waited yet."""
    last_cancellation: float = field(default=-math.inf, init=False)
    """The time of the last cancellation that reached the call, be it its own, by the monotonic clock."""
    _context: Context = field(default_factory=copy_context, init=False)
    """The context of the call, for what the watchdog's thread logs about it."""
    _was_stopped: bool | None = field(default=None, init=False)
    """True if the call has ended because it was stopped. None: it has not ended."""
    _cancellation_count: int = field(default=0, init=False)
    _swallowed_cancellation: BaseException | None = field(default=None, init=False)
    """The cancellation that was replaced by a forced stop, raised to the caller in the end. None: no forced stop."""

    def __await__(self) -> Generator[object, object, T]:
        """Run the coroutine."""
        watch = acquire_watch()
        try:
            return (yield from self._run_steps(self.awaitable.__await__(), watch))
        except BaseException as error:
            self._was_stopped = self._cancellation_count > 0 and isinstance(error, anyio.get_cancelled_exc_class())
            raise
        finally:
            self._was_stopped = self._was_stopped or False
            watch.limits.pop(id(self), None)
            release_watch(watch)

    def must_stop(self) -> bool:
        """Return True if the call is to be stopped, or was. Called in its event loop."""
        return self.is_stop_requested() if self._was_stopped is None else self._was_stopped

    def _run_steps(self, coroutine: Generator[Any, Any, T], watch: Watch) -> Generator[object, object, T]:
        resume: Callable[[Any], object] = coroutine.send
        to_send: Any = None
        received: Any = None
        try:
            while True:
                outer_step = watch.begin_step(self.tool_name, self._context)
                try:
                    awaited = resume(to_send)
                except StopIteration as end:
                    value: T = end.value
                    return value
                except (_ForcedStop, BaseExceptionGroup) as error:
                    if self._swallowed_cancellation is not None and _is_only_forced_stop(error):
                        raise self._swallowed_cancellation from None
                    raise
                finally:
                    watch.end_step(outer_step)
                resume, to_send = coroutine.send, None
                if self.start_timer is not None:
                    self.limit = self.start_timer()
                    watch.limits[id(self)] = self.tool_name, self.limit, self._context
                    self.start_timer = None
                try:
                    to_send = yield awaited
                except GeneratorExit:
                    coroutine.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown into the coroutine, whatever it is
                    resume, to_send = coroutine.throw, error
                # trio sends an `outcome.Error` where asyncio throws.
                received = to_send if isinstance(to_send, BaseException) else getattr(to_send, "error", None)
                if received is None:
                    continue
                if isinstance(received, anyio.get_cancelled_exc_class()) and self._must_force_stop():
                    resume, to_send = coroutine.throw, self._forced_stop(received)
        finally:
            # An exception and the frame that holds it would form a reference cycle.
            to_send = received = self._swallowed_cancellation = None

    def _must_force_stop(self) -> bool:
        """Note a cancellation; True if the tool has swallowed enough of them to be stopped by force."""
        self._cancellation_count += 1
        self.last_cancellation = time.monotonic()
        return self._cancellation_count % MAX_SWALLOWED_CANCELLATIONS == 0 and self.is_stop_requested()

    def _forced_stop(self, cancellation: BaseException) -> _ForcedStop:
        if self._swallowed_cancellation is None:
            log().error("tool swallows its cancellation and is stopped", tool=self.tool_name)
        self._swallowed_cancellation = cancellation
        return _ForcedStop()


def _is_only_forced_stop(error: BaseException) -> bool:
    """True if an exception, or a group made by task groups, holds nothing but a forced stop and cancellations."""
    if not isinstance(error, BaseExceptionGroup):
        return isinstance(error, _ForcedStop)
    group = cast("BaseExceptionGroup[BaseException]", error)
    return group.split((_ForcedStop, anyio.get_cancelled_exc_class()))[1] is None
