"""A tool's coroutine, driven step by step: the watchdog sees each step, and one that swallows cancellations is stopped.

Structured concurrency waits for what it cancels, so a tool that swallows every cancellation would hold up its run for
ever. After a hundred it gets an exception that it does not know to swallow. One that swallows that, too, or that never
awaits, cannot be stopped by anybody; the log names it.
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
"""How many cancellations in a row are only passed on: more than any cleaning up takes, and over in milliseconds."""


class _Stop(BaseException):
    """Thrown into a coroutine that swallowed every cancellation: not one of those that it knows to swallow."""


def is_cancelled_here() -> bool:
    """Whether the next checkpoint of this task raises its cancellation."""
    return anyio.current_effective_deadline() == -math.inf


@dataclass(slots=True)
class Above:
    """Whether a group of tasks was cancelled from above, which a task inside a scope of its own cannot see."""

    tasks: TaskGroup
    is_cancelled: bool = False

    def ask(self) -> bool:
        """What was found when this was last asked; a task that begins in the group itself finds out anew."""
        self.tasks.start_soon(self._look)
        return self.is_cancelled

    async def _look(self) -> None:
        self.is_cancelled = is_cancelled_here()


@dataclass(slots=True)
class Driven(Generic[T]):
    """Await it for the value of a coroutine or another awaitable; values, errors and cancellations pass unchanged."""

    work: Awaitable[T]
    tool: str
    """The tool's name, for the watchdog and the log."""
    is_unwanted: Callable[[], bool]
    """Whether whoever awaits was cancelled; asked now and then, since the work may use cancel scopes of its own."""
    waits: Callable[[], None] | None = None
    """Called when it first waits for something: a timer costs more than a tool that is done at once."""
    _cancellations: int = field(default=0, init=False)
    _stopped_for: BaseException | None = field(default=None, init=False)
    """The cancellation that it swallowed when it was stopped. None: it was not."""

    def __await__(self) -> Generator[object, object, T]:
        """Drive the coroutine."""
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
                came = given if isinstance(given, BaseException) else getattr(given, "error", None)  # trio: an outcome
                if isinstance(came, cancelled) and self._is_enough():
                    resume, given = work.throw, self._stop(came)
        finally:
            given = came = self._stopped_for = None  # an exception and the frame that holds it would hold each other

    def _is_enough(self) -> bool:
        self._cancellations += 1
        return self._cancellations % PATIENCE == 0 and self.is_unwanted()

    def _stop(self, cancellation: BaseException) -> _Stop:
        if self._stopped_for is None:
            log().error("tool swallows its cancellation and is stopped", tool=self.tool)
        self._stopped_for = cancellation
        return _Stop()


def _is_stop(error: BaseException) -> bool:
    """Whether an exception, or a group that task groups made of it, is only that of being stopped."""
    if not isinstance(error, BaseExceptionGroup):
        return isinstance(error, _Stop)
    group = cast("BaseExceptionGroup[BaseException]", error)
    return group.split((_Stop, anyio.get_cancelled_exc_class()))[1] is None
