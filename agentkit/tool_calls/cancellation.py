"""Run a tool's coroutine step by step: the watchdog sees each step, and a tool that swallows cancellations is stopped.

Structured concurrency waits for the tasks it cancels, so a tool that swallows every cancellation would block its run
for ever. After a hundred swallowed cancellations, an exception of an unknown class is thrown into it. A tool that
swallows that one too, or that never awaits, cannot be stopped; the log names it.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import anyio

from agentkit.log import log
from agentkit.tool_calls.watchdog import Seat, leave_seat, take_seat

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

T = TypeVar("T")

PATIENCE = 100
"""The number of cancellations that are passed on before a tool is stopped by force.

Clean-up code never needs so many, and they pass within milliseconds."""


class _Stop(BaseException):
    """Thrown into a coroutine that swallows cancellations; no tool has an `except` clause for this class."""


def is_cancelled_here() -> bool:
    """True if the next checkpoint of the current task raises its cancellation."""
    return anyio.current_effective_deadline() == -math.inf


@dataclass(slots=True)
class Above:
    """Tells a task inside a cancel scope of its own that its parent task group was cancelled, which it cannot see."""

    tasks: TaskGroup
    is_cancelled: bool = False

    def ask(self) -> bool:
        """Return the state found by the last poll, and start a task in the group that finds the current one."""
        self.tasks.start_soon(self._look)
        return self.is_cancelled

    async def _look(self) -> None:
        self.is_cancelled = is_cancelled_here()


@dataclass(slots=True)
class Driven(Generic[T]):
    """Awaits a coroutine or an awaitable as a watched tool call; its value, errors and cancellations pass unchanged."""

    work: Awaitable[T]
    tool: str
    """The tool's name, for the watchdog and the log."""
    is_unwanted: Callable[[], bool]
    """Returns True if the caller wants the call stopped. Without it, a swallowed cancellation may belong to a cancel
    scope inside the tool, which is no reason to stop the tool by force."""
    waits: Callable[[], None] | None = None
    """Called before the first wait, to start a timer: a timer costs more than a tool that returns without waiting."""
    _cancellations: int = field(default=0, init=False)
    _stopped_for: BaseException | None = field(default=None, init=False)
    """The cancellation that was replaced by a forced stop, raised to the caller in the end. None: no forced stop."""

    def __await__(self) -> Generator[object, object, T]:
        """Run the coroutine."""
        seat = take_seat()
        try:
            return (yield from self._steps(self.work.__await__(), seat))
        finally:
            leave_seat(seat)

    def _steps(self, work: Generator[Any, Any, T], seat: Seat) -> Generator[object, object, T]:
        resume: Callable[[Any], object] = work.send
        given: Any = None
        came: Any = None
        cancelled = anyio.get_cancelled_exc_class()
        try:
            while True:
                around = seat.begin(self.tool)
                try:
                    waits_for = resume(given)
                except StopIteration as end:
                    value: T = end.value
                    return value
                except (_Stop, BaseExceptionGroup) as error:
                    if self._stopped_for is not None and _is_stop(error):
                        raise self._stopped_for from None
                    raise
                finally:
                    seat.end(around)
                resume, given = work.send, None
                if self.waits is not None:
                    self.waits()
                    self.waits = None
                try:
                    given = yield waits_for
                except GeneratorExit:
                    work.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown into the coroutine, whatever it is
                    resume, given = work.throw, error
                # trio sends an `outcome.Error` where asyncio throws.
                came = given if isinstance(given, BaseException) else getattr(given, "error", None)
                if isinstance(came, cancelled) and self._is_enough():
                    resume, given = work.throw, self._stop(came)
        finally:
            # An exception and the frame that holds it would form a reference cycle.
            given = came = self._stopped_for = None

    def _is_enough(self) -> bool:
        """Count a cancellation; True if the tool has swallowed enough of them to be stopped by force."""
        self._cancellations += 1
        return self._cancellations % PATIENCE == 0 and self.is_unwanted()

    def _stop(self, cancellation: BaseException) -> _Stop:
        if self._stopped_for is None:
            log().error("tool swallows its cancellation and is stopped", tool=self.tool)
        self._stopped_for = cancellation
        return _Stop()


def _is_stop(error: BaseException) -> bool:
    """True if an exception, or a group made by task groups, holds nothing but a forced stop and cancellations."""
    if not isinstance(error, BaseExceptionGroup):
        return isinstance(error, _Stop)
    group = cast("BaseExceptionGroup[BaseException]", error)
    return group.split((_Stop, anyio.get_cancelled_exc_class()))[1] is None
