"""The channel between a streamed run and its reader: without a buffer, so that the run never gets ahead of its reader.

Two rules for this file: what belongs to the run's event loop is touched in its thread only, from others it is posted
there; and whoever is cancelled while it waits has neither lost an event nor sent one.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING

from anyio.lowlevel import current_token

from agentkit.event_loop import EventLoop
from agentkit.run.streaming.wakeup import Wakeup, wakeup_maker

if TYPE_CHECKING:
    from agentkit.run.events import Event


class EventOutbox:
    """The listener of a streamed run. Made in the run's event loop, where its events are read."""

    def __init__(self) -> None:
        self.loop = EventLoop.current()
        self._thread_id = self.loop.thread_id
        self._raise_if_cancelled = current_token().backend_class.checkpoint_if_cancelled
        """That of `anyio.lowlevel`, which would look for the event loop at each event."""
        self._new_wakeup = wakeup_maker(self.loop.library)
        self._events: deque[tuple[Event, Wakeup | None]] = deque()
        """Events that the reader has not taken yet, each with what is set then. None: nobody waits for that."""
        self._arrivals: list[Wakeup] = []
        """Set when an event has come or the channel was closed: one for each reader that waits for that."""
        self._waiting_readers = 0
        """Readers that wait, or were woken and have not gone on yet."""
        self._is_open = True
        """False: the run has ended, or nobody reads its events any more."""

    async def send(self, event: Event) -> None:
        """See `EventListener.send`. Without a reader events are dropped: the run is ended by its cancel scope.

        A run in another event loop does not wait: code of this loop may be waiting for that run, and block the reader.
        """
        if get_ident() != self._thread_id:
            self.send_soon(event)
            return
        await self._raise_if_cancelled()
        if not self._is_open:
            return
        if self._waiting_readers > len(self._events):
            self._put(event, None)
            return
        taken = self._new_wakeup()
        self._put(event, taken)
        try:
            await taken.wait()
        except BaseException:
            if not taken.is_set():
                self._events.remove((event, taken))
            raise

    def send_soon(self, event: Event) -> None:
        """See `EventListener.send_soon`. Dropped once the run has ended: the thread that sends it was abandoned."""
        if get_ident() == self._thread_id:
            self._put(event, None)
        else:
            self.loop.post(partial(self._put, event, None))

    def _put(self, event: Event, taken: Wakeup | None) -> None:
        """Append an event and wake the readers, if there are any."""
        if self._is_open:
            self._events.append((event, taken))
            if self._arrivals:
                self._wake_readers()

    async def receive(self) -> Event | None:
        """Return the next event, as soon as there is one. None: the run has ended."""
        await self._raise_if_cancelled()
        while not self._events:
            if not self._is_open:
                return None
            arrival = self._new_wakeup()
            self._arrivals.append(arrival)
            self._waiting_readers += 1
            try:
                await arrival.wait()
            except BaseException:
                if not arrival.is_set():  # who looks for an event again and again leaves nothing behind
                    self._arrivals.remove(arrival)
                raise
            finally:
                self._waiting_readers -= 1
        event, taken = self._events.popleft()
        if taken is not None:
            taken.set()
        return event

    def close(self) -> None:
        """Note that the run has ended: the reader gets what is left."""
        self._is_open = False
        self._wake_readers()

    def close_reader(self) -> None:
        """Note that the events are not read any more."""
        self._is_open = False
        for _, taken in self._events:
            if taken is not None:
                taken.set()
        self._events.clear()
        self._wake_readers()

    def _wake_readers(self) -> None:
        for arrival in self._arrivals:
            arrival.set()
        self._arrivals.clear()
