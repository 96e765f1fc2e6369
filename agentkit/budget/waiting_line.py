"""The line in which model calls wait for a budget; they may belong to runs in several event loops.

Its methods are called under the lock of the accounts, in any thread.
"""

from __future__ import annotations

from collections import deque

import anyio

from agentkit.event_loop import EventLoop


class WaitingLine:
    """Calls that wait, in order."""

    def __init__(self) -> None:
        self._waiters: deque[Waiter] = deque()

    def __len__(self) -> int:
        return len(self._waiters)

    def join(self, *, is_first: bool) -> Waiter:
        """Return a new waiter of the running event loop, at the head of the line or at its end."""
        waiter = Waiter(self)
        if is_first:
            self._waiters.appendleft(waiter)
        else:
            self._waiters.append(waiter)
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Remove a waiter, unless its event loop had ended and it was removed for that."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)

    def wake_next(self) -> None:
        """Wake the first waiter, since something became available. It wakes the next one when it is done."""
        while self._waiters and not self._waiters[0].wake():
            self._waiters.popleft()  # its event loop has ended


class Waiter:
    """A call that waits; await `turn` and then `leave`."""

    __slots__ = ("_line", "_loop", "turn")

    def __init__(self, line: WaitingLine) -> None:
        self.turn = anyio.Event()
        self._line = line
        self._loop = EventLoop.current()

    def wake(self) -> bool:
        """Wake it in its event loop. False: that has ended."""
        return self._loop.call_or_post(self.turn.set)

    def leave(self) -> None:
        """Leave the line."""
        self._line.leave(self)
