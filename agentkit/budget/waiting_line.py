"""The line in which model calls wait for a budget; they may belong to runs in several event loops.

Two rules for this file: a line is changed and read under the lock of the accounts, in any thread; and nobody waits for
ever for an event loop that is blocked, perhaps by code that waits for the very run that is waiting here.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from functools import partial
from typing import Protocol

import anyio

from agentkit.event_loop import EventLoop

BLOCKED_AFTER_S = 5.0
"""Seconds without an answer after which an event loop is taken for blocked."""
accounts_lock = threading.RLock()
"""Held for every change of any account. Reentrant: the garbage collector may close a run in the middle of a change."""


class CallInFlight(Protocol):
    """A model call that has reserved what others wait for."""

    @property
    def loop(self) -> EventLoop | None:
        """The event loop in which the call is made. None: it is not known, and taken for one that is not blocked."""
        ...


class WaitingLine:
    """Calls that wait, in order, until calls in flight are settled."""

    def __init__(self, in_flight: Collection[CallInFlight]) -> None:
        self._in_flight = in_flight
        self.queue: deque[Waiter] = deque()
        """The waiters, in the order in which they are woken. A look at it costs less than one at the line."""

    def __len__(self) -> int:
        return len(self.queue)

    def join(self, *, is_first: bool) -> Waiter:
        """Return a new waiter of the running event loop, at the head of the line or at its end."""
        waiter = Waiter(self)
        if is_first:
            self.queue.appendleft(waiter)
        else:
            self.queue.append(waiter)
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Remove a waiter, unless its event loop had ended and it was removed for that, or it has left already."""
        if waiter in self.queue:
            self.queue.remove(waiter)

    def wake_next(self) -> None:
        """Wake the first waiter, since something became available. It wakes the next one when it is done."""
        while self.queue and not self.queue[0].wake():
            self.queue.popleft()  # its event loop has ended

    def loops_in_flight(self) -> set[EventLoop | None]:
        """Return the event loops of the calls in flight."""
        return {call.loop for call in self._in_flight}

    def loops_before(self, waiter: Waiter) -> set[EventLoop | None]:
        """Return the event loops that a waiter depends on: of the calls in flight, and of the waiters before it."""
        loops = self.loops_in_flight()
        for one in self.queue:
            if one is waiter:
                break
            loops.add(one.loop)
        return loops


class Waiter:
    """A call that waits; await `wait` and then `leave`."""

    __slots__ = ("line", "loop", "turn")

    def __init__(self, line: WaitingLine) -> None:
        self.line = line
        self.loop = EventLoop.current()
        self.turn = anyio.Event()

    async def wait(self) -> set[EventLoop | None]:
        """Wait for the turn, and return the empty set; or return the event loops it would wait for in vain.

        They are other event loops than its own, and none of them has answered for BLOCKED_AFTER_S.
        """
        while True:
            with accounts_lock:
                loops = self.line.loops_before(self)
            answered: set[EventLoop] = set()
            for loop in loops - {self.loop, None}:
                if loop is not None:
                    loop.post(partial(answered.add, loop))
            with anyio.move_on_after(BLOCKED_AFTER_S):
                await self.turn.wait()
                return set()
            if not answered and loops.isdisjoint({self.loop, None}):
                return loops

    def waits_only_for(self, loops: set[EventLoop | None]) -> bool:
        """Return True if all calls in flight are made in these event loops."""
        with accounts_lock:
            return self.line.loops_in_flight() <= loops

    def wake(self) -> bool:
        """Wake it in its event loop. False: that has ended."""
        return self.loop.call_or_post(self.turn.set)

    def leave(self) -> None:
        """Leave the line."""
        self.line.leave(self)
