"""The connections to one server in one event loop: the last used one is used again first.

There is no limit on those in use, since the rate limiter decides how many requests are under way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar

import anyio.lowlevel

from agentkit.event_loop import EventLoop
from agentkit.models.wire.delayed_call import call_later
from agentkit.models.wire.dialing import Dialer, Server
from agentkit.models.wire.errors import ConnectionLost
from agentkit.models.wire.exchange import ConnectionResponse, HttpConnection
from agentkit.models.wire.http1 import RequestHead

MAX_FREE_CONNECTIONS = 100
"""The most connections that are kept open for requests to come."""
MAX_FREE_S = 30.0
"""Seconds without a request after which a connection is closed: many servers close theirs after a minute."""
_CROSSING_S = 0.5
"""Seconds, and a round trip, within which the end of a free connection has crossed with the request, which nobody read.

They are for a server, or an event loop, that is busy. Behind them the server may have worked on the request: whether it
is sent and paid once more, the retries of the run decide.
"""
_MAX_ROUND_TRIP_S = 1.5
"""The most that is taken for a round trip: a name may have been looked up slowly when the connection was opened."""
may_send_again: ContextVar[bool] = ContextVar("may_send_again", default=True)
"""False where the number of requests is limited: one that meets a closed connection fails, and its caller decides."""

_lock = threading.Lock()
"""Held while a pool gets its event loop."""


class ConnectionPool:
    """The connections to one server, for use in the event loop in which it is first used.

    Args:
        server: The server that all of them lead to.
    """

    def __init__(self, server: Server) -> None:
        self._dialer = Dialer(server)
        self._free: list[HttpConnection] = []  # the last used one is the last
        self._call_off_drop: Callable[[], object] | None = None
        self._is_closed = False
        self._loop: EventLoop | None = None

    async def send(
        self,
        head: RequestHead,
        body: Sequence[bytes] = (),
        *,
        connect_timeout_s: float | None,
        idle_timeout_s: float | None,
    ) -> ConnectionResponse:
        """Send a request and return its response, which must be closed.

        Args:
            head: Its first lines.
            body: The parts of its body, which are not copied.
            connect_timeout_s: Seconds for a new connection. None: without a limit.
            idle_timeout_s: Seconds without a byte either way after which it is given up. None: without a limit.

        Raises:
            WireError: There is no connection, or no response.
        """
        free = self._take_free()
        if free is not None:
            sent_at = time.monotonic()
            try:
                return ConnectionResponse(await free.send(head, body, idle_timeout_s), free, self)
            except ConnectionLost:
                crossing_s = _CROSSING_S + min(free.opened_in_s, _MAX_ROUND_TRIP_S)
                if free.has_answered or time.monotonic() - sent_at > crossing_s or not may_send_again.get():
                    raise
        started_at = time.monotonic()
        connection = await self._dialer.connect(connect_timeout_s)
        new = HttpConnection(connection, time.monotonic() - started_at)
        return ConnectionResponse(await new.send(head, body, idle_timeout_s), new, self)

    def is_usable_here(self) -> bool:
        """Return True in the event loop that asks first, to which the connections belong."""
        here = EventLoop.current()
        with _lock:
            self._loop = self._loop or here
        return self._loop == here

    def _take_free(self) -> HttpConnection | None:
        """Return the connection that was last used, if it can be used again. None: a new one is needed."""
        oldest = time.monotonic() - MAX_FREE_S
        while self._free:
            over = self._free.pop()
            if over.free_since >= oldest and over.connection.is_usable:
                return over
            over.connection.close()
        return None

    def give_back(self, over: HttpConnection) -> None:
        """Keep a connection for the next request, or close it where it cannot be used again."""
        connection, http = over.connection, over.http
        if self._is_closed or not http.is_complete or connection.is_sending or not http.finish():
            connection.close()
            return
        connection.end_exchange()
        over.free_since = time.monotonic()
        self._free.append(over)
        if len(self._free) > MAX_FREE_CONNECTIONS:
            self._free.pop(0).connection.close()
        if self._call_off_drop is None:
            self._call_off_drop = call_later(MAX_FREE_S, self._drop_unused)

    def _drop_unused(self) -> None:
        self._call_off_drop = None
        now = time.monotonic()
        while self._free and self._free[0].free_since + MAX_FREE_S <= now:
            self._free.pop(0).connection.close()
        if self._free:
            self._call_off_drop = call_later(self._free[0].free_since + MAX_FREE_S - now, self._drop_unused)

    async def aclose(self) -> None:
        """Close the free connections; each one in use closes with its exchange."""
        self._is_closed = True
        if self._call_off_drop is not None:
            self._call_off_drop()
        while self._free:
            self._free.pop().connection.close()
        await anyio.lowlevel.cancel_shielded_checkpoint()  # asyncio closes them in its next round
