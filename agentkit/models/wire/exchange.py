"""One exchange over a connection: a request and its response."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from agentkit.models.wire.connection import Connection
from agentkit.models.wire.decoding import decoder_for
from agentkit.models.wire.errors import IdleTimedOut
from agentkit.models.wire.http1 import Headers, Http1, RequestHead, ResponseHead

HEAD_TIMEOUT_S = 600.0
"""Seconds from the first byte of a response, an interim one (1xx) too, to the end of its head."""


class HttpConnection:
    """A connection and the state of the HTTP that is spoken on it.

    Args:
        connection: The connection.
        opened_in_s: Seconds that it took to open it: at least one round trip to the server.
    """

    __slots__ = ("connection", "free_since", "has_answered", "http", "opened_in_s")

    def __init__(self, connection: Connection, opened_in_s: float) -> None:
        self.connection = connection
        self.opened_in_s = opened_in_s
        self.http = Http1()
        self.has_answered = False
        """True once a byte has come in the exchange that goes on."""
        self.free_since = 0.0
        """The time at which it was last given back to the pool, by `time.monotonic()`."""

    async def send(self, head: RequestHead, body: Sequence[bytes], idle_timeout_s: float | None) -> ResponseHead:
        """Send a request and return the head of its response.

        Raises:
            WireError: There is no response; the connection is closed.
        """
        connection, http = self.connection, self.http
        self.has_answered = False
        try:
            connection.start_exchange(idle_timeout_s)
            http.start(head)
            await connection.send((head.encode(sum(map(len, body))), *body))
            response_head, give_up_at = None, math.inf
            while response_head is None:
                if time.monotonic() > give_up_at:
                    raise IdleTimedOut(f"the head of its response was not whole after {HEAD_TIMEOUT_S:g} s")
                data = await connection.receive()
                if data and not self.has_answered:
                    self.has_answered, give_up_at = True, time.monotonic() + HEAD_TIMEOUT_S
                http.receive(data)
                response_head = http.read_head()
        except BaseException:
            connection.close()
            raise
        return response_head


class ConnectionOwner(Protocol):
    """The pool, as a response sees it: it takes the connection back."""

    def give_back(self, over: HttpConnection) -> None:
        """Take a connection back, whatever state its exchange has left it in."""
        ...


class Response(ABC):
    """The response to a request: its status and headers, and its body as it comes. `close` it, whatever happens."""

    __slots__ = ("_decoder", "headers", "status")

    def __init__(self, head: ResponseHead) -> None:
        self.status: int = head.status
        self.headers: Headers = head.headers
        """Names in lower case, and values, in the order of the connection."""
        self._decoder = decoder_for([value for name, value in head.headers if name == b"content-encoding"])

    @property
    @abstractmethod
    def has_ended(self) -> bool:
        """True if the end of the body was read."""

    @property
    def is_refusal(self) -> bool:
        """True for a status of an error: it says enough, also where the body breaks off."""
        return self.status >= 400

    def header(self, name: bytes) -> bytes | None:
        """Return the first header with this name, which is written in lower case. None: there is none."""
        return next((value for one, value in self.headers if one == name), None)

    async def read_some(self) -> bytes:
        """Return what has come of the body, decompressed, once something has; no bytes: the body is at its end.

        Raises:
            WireError: The body broke off or is broken; what came before has been returned.
        """
        decoder = self._decoder
        if decoder is None:
            return await self.read_raw()
        while not (piece := decoder.read()):
            if not (data := await self.read_raw()):
                return b""
            decoder.feed(data)
        return piece

    @abstractmethod
    async def read_raw(self) -> bytes:
        """Return what `read_some` does, as it was sent: perhaps compressed."""

    @abstractmethod
    def close(self) -> None:
        """Close the response, whether its body was read to the end or not. Idempotent."""


class ConnectionResponse(Response):
    """The response on a connection, which goes back to its owner."""

    __slots__ = ("_is_closed", "_over", "_owner")

    def __init__(self, head: ResponseHead, over: HttpConnection, owner: ConnectionOwner) -> None:
        super().__init__(head)
        self._over = over
        self._owner = owner
        self._is_closed = False

    @property
    def has_ended(self) -> bool:
        """See `Response.has_ended`."""
        return self._over.http.is_complete

    async def read_raw(self) -> bytes:
        """See `Response.read_raw`."""
        http = self._over.http
        while not http.is_complete:
            if http.needs_data:
                http.receive(await self._over.connection.receive())
            if piece := http.read_body():
                return piece
        return b""

    def close(self) -> None:
        """Give the connection back; that of a response that was not read to its end is closed at once."""
        if not self._is_closed:
            self._is_closed = True
            self._owner.give_back(self._over)
