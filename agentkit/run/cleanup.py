"""Time to clean up after a cancellation, for code of the user that has opened something: deps, middleware, models.

A cancel scope cancels every wait inside it, also those of a `finally` block that says goodbye to a server. So the
first cancellation from outside is delivered as ever, and from then on the code is shielded for CLEANUP_TIMEOUT_S; what
has not ended by then is named in the log and cancelled for good. A task group inside the code ends with its tasks,
which the first cancellation reaches, too: what closes inside of one needs a shield of its own.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import anyio
import anyio.lowlevel

from agentkit.log import log
from agentkit.run.left_scopes import close_left_scopes

T = TypeVar("T")

CLEANUP_TIMEOUT_S = 5.0
"""Seconds that deps, middleware and models may take to close after a cancellation."""


def is_current_task_cancelled() -> bool:
    """True if the next checkpoint of the current task raises its cancellation."""
    return anyio.current_effective_deadline() == -math.inf


@dataclass(slots=True)
class CleanupTime:
    """The time that one piece of code has to clean up: a context manager around all of that code."""

    owner: str
    """The code, for the log."""
    is_paused: bool = field(default=False, init=False)
    """True while the code waits for other code that decides for itself about a cancellation."""
    cancellation: BaseException | None = field(default=None, init=False)
    """The cancellation that arrived last. None: none did."""
    _scope: anyio.CancelScope = field(default_factory=anyio.CancelScope, init=False)

    def start(self) -> None:
        """Shield the code from now on, after a cancellation. One by a scope of the code's own is its own affair."""
        if self._scope.shield:
            return
        self._scope.shield = True
        if is_current_task_cancelled():  # although it is shielded: by a scope inside
            self._scope.shield = False
        else:
            self._scope.deadline = anyio.current_time() + CLEANUP_TIMEOUT_S

    def start_if_cancelled(self, error: BaseException | None) -> None:
        """Start the time if the code goes on with this error, or with none, although it is cancelled."""
        if isinstance(error, anyio.get_cancelled_exc_class()):
            self.on_cancellation(error)
        elif is_current_task_cancelled():
            self.start()

    def on_cancellation(self, cancellation: BaseException) -> None:
        """Start the time when a cancellation arrives at a wait of the code."""
        if not self.is_paused:
            self.cancellation = cancellation
            self.start()

    def on_wait(self) -> None:
        """Start the time before a wait that follows a cancellation, if a scope inside kept it from starting."""
        if self.cancellation is not None and not self.is_paused and is_current_task_cancelled():
            self.start()

    def __enter__(self) -> Self:
        self._scope.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            is_caught = self._scope.__exit__(kind, error, trace)
        except RuntimeError:
            close_left_scopes(self._scope)
            is_caught = False
            log().error(f"{self.owner} left a cancel scope or a task group open, which is closed", owner=self.owner)
        if self._scope.cancel_called:
            limit = f"{CLEANUP_TIMEOUT_S:g} s"
            log().error(f"the clean-up of {self.owner} did not end within {limit} of a cancellation", owner=self.owner)
        return is_caught

    async def raise_if_over(self, error: BaseException | None) -> None:
        """Raise the error with which code was left whose time was over. Call it after the block."""
        if self._scope.cancelled_caught:
            if (reason := error or self.cancellation) is not None:
                raise reason
            await anyio.lowlevel.checkpoint_if_cancelled()


@asynccontextmanager
async def close_when_cancelled(manager: AbstractAsyncContextManager[T], owner: str) -> AsyncGenerator[T]:
    """Enter a context manager of the user, which has time to close when the block or its opening is cancelled."""
    time = CleanupTime(owner)
    error: BaseException | None = None
    try:
        with time:
            value = await CancellationObserver(manager.__aenter__(), time)
            try:
                yield value
            except BaseException as caught:
                error = caught
                time.start_if_cancelled(error)
                leaving = manager.__aexit__(type(error), error, error.__traceback__)
                if not await CancellationObserver(leaving, time):
                    raise
            else:
                time.start_if_cancelled(None)
                await CancellationObserver(manager.__aexit__(None, None, None), time)
        await time.raise_if_over(error)
    finally:
        # An exception and the frame that holds it would form a reference cycle.
        error = time.cancellation = None


@dataclass(slots=True)
class CancellationObserver(Generic[T]):
    """Awaits an awaitable step by step, and tells its clean-up time of a cancellation before it arrives."""

    awaitable: Awaitable[T]
    time: CleanupTime

    def __await__(self) -> Generator[object, object, T]:
        """Run the awaitable."""
        coroutine: Generator[Any, Any, T] = self.awaitable.__await__()
        cancelled = anyio.get_cancelled_exc_class()
        resume: Callable[[Any], object] = coroutine.send
        to_send: Any = None
        while True:
            try:
                awaited = resume(to_send)
            except StopIteration as end:
                value: T = end.value
                return value
            resume = coroutine.send
            self.time.on_wait()
            try:
                to_send = yield awaited
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - thrown into the coroutine, whatever it is
                resume, to_send = coroutine.throw, error
            # trio sends an `outcome.Error` where asyncio throws.
            received = to_send if isinstance(to_send, BaseException) else getattr(to_send, "error", None)
            if isinstance(received, cancelled):
                self.time.on_cancellation(received)
