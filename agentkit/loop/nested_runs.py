"""Runs that the code of a run starts itself: in a tool, in middleware, in a check of the output.

Two rules for this file: a nested run is a child of the run around it, under its budgets, with its client and its
listener; and once that run has ended, code that outlives it starts runs of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel

from agentkit.errors import UsageError
from agentkit.event_loop import EventLoop

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall
    from agentkit.run.result import RunResult

T = TypeVar("T")

_LOOP_ANSWER_S = 0.3
"""Seconds after which an event loop that does not answer is taken for blocked, by code that waits for this thread."""


@dataclass(slots=True, eq=False)
class NestedRuns:
    """The nested runs of one run. Made in the event loop of that run."""

    loop: EventLoop = field(default_factory=EventLoop.current)
    results: list[RunResult[object]] = field(default_factory=list["RunResult[object]"], init=False)
    """Their results, in the order in which they ended."""
    is_closed: bool = field(default=False, init=False)
    """True once the run around them has ended."""
    _token: anyio.lowlevel.EventLoopToken = field(default_factory=anyio.lowlevel.current_token, init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False)
    _scopes: set[anyio.CancelScope] = field(default_factory=set[anyio.CancelScope], init=False)
    """Cancel scopes of the runs that threads have started here."""

    def next_number(self) -> int:
        """Return the number of the next nested run, from 1."""
        return next(self._numbers)

    def add_result(self, call: ToolCall, result: RunResult[object]) -> None:
        """Add the result of a run that the code of this call has started."""
        self.results.append(replace(result, tool=call.name, call_id=call.id))

    @property
    def can_run_from_thread(self) -> bool:
        """True if a thread may wait for a run in this event loop; False if code of the loop may wait for the thread."""
        return self.loop.answers(_LOOP_ANSWER_S)

    def run_from_thread(self, run: Callable[[], Awaitable[T]]) -> T:
        """Await a run in the event loop of the run around it, from another thread, which waits for it.

        There it can share the client. Raises UsageError if the run around it ends before.
        """

        async def run_here() -> T:
            with self._open_scope():
                return await run()
            raise _parent_ended_error()

        try:
            return anyio.from_thread.run(run_here, token=self._token)
        except anyio.RunFinishedError:
            raise _parent_ended_error() from None

    @contextmanager
    def _open_scope(self) -> Generator[None]:
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            if self.is_closed:
                scope.cancel()
            try:
                yield
            finally:
                self._scopes.discard(scope)

    def close(self) -> None:
        """Note that the run around them has ended, and stop what threads have started here and not finished."""
        self.is_closed = True
        for scope in tuple(self._scopes):
            scope.cancel()


def _parent_ended_error() -> UsageError:
    return UsageError("The run that this one belongs to has ended: it was stopped with it.")
