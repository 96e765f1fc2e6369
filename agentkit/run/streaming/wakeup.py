"""A wake-up: one task waits for it, and code of the same event loop sets it, in the cheapest form that the loop has.

`anyio.Event` looks its library up, wraps that one's own event, and on asyncio keeps a list of futures in it: three
times the work for something that is made, awaited and thrown away at every other event of a run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from agentkit.event_loop import Library


class Wakeup(Protocol):
    """Waited for by one task, once. Everything about it happens in the thread of its event loop."""

    def set(self) -> None:
        """Wake the task that waits, if one does."""
        ...

    def is_set(self) -> bool:
        """Return True if it was set, whatever has become of the task."""
        ...

    def wait(self) -> Awaitable[object]:
        """Return the awaitable for the task."""
        ...


class _FutureWakeup:
    """The wake-up of asyncio. A cancelled task has cancelled its future, which says nothing about `is_set`."""

    __slots__ = ("_future", "_is_set")

    def __init__(self) -> None:
        self._future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_set = False

    def set(self) -> None:
        self._is_set = True
        if not self._future.done():
            self._future.set_result(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self) -> Awaitable[None]:
        return self._future


def wakeup_maker(library: Library) -> Callable[[], Wakeup]:
    """Return the function that makes the wake-ups of an event loop of this library."""
    if library == "asyncio":
        return _FutureWakeup
    import trio

    return trio.Event
