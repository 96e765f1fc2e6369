"""One request and its response, over a free connection of the pool or a new one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from agentkit.models.wire.connection import Connection
from agentkit.models.wire.decoding import decoder_for
from agentkit.models.wire.errors import ConnectionLost
from agentkit.models.wire.http1 import Headers, Http1, RequestHead, ResponseHead

_CLOSED_BEFORE_S = 2.0
"""Seconds within which the end of a free connection is taken for one that crossed with the request, which nobody read.

Behind them the server may have worked on it: whether it is sent and paid once more, the retries of the run decide.
"""


class HttpConnection:
    """A connection and the state of the HTTP that is spoken on it."""

    __slots__ = ("connection", "free_since", "has_answered", "http")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.http = Http1()
        self.has_answered = False
        """True once a byte has come in the exchange that goes on."""
        self.free_since = 0.0
        """The time at which it was last given back to the pool, by `time.monotonic()`."""


class ConnectionSource(Protocol):
    """The pool, as an exchange sees it: the source of its connection."""

    def take_free(self) -> HttpConnection | None:
        """Return an open connection that waits for a request. None: there is none."""
        ...

    async def open_connection(self, timeout_s: float | None) -> HttpConnection:
        """Return a new connection. Raises ConnectFailed."""
        ...

    def give_back(self, over: HttpConnection) -> None:
        """Take a connection back, whatever state its exchange has left it in."""
        ...


class Response:
    """The response to a request: its status and headers, and its body as it comes."""

    __slots__ = ("_connection", "_decoder", "_http", "headers", "status")

    def __init__(self, head: ResponseHead, over: HttpConnection) -> None:
        self.status: int = head.status
        self.headers: Headers = head.headers
        """Names in lower case, and values, in the order of the connection."""
        self._connection = over.connection
        self._http = over.http
        self._decoder = decoder_for([value for name, value in head.headers if name == b"content-encoding"])

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

    async def read_raw(self) -> bytes:
        """Return what `read_some` does, as it was sent: perhaps compressed."""
        http = self._http
        while not http.is_complete:
            if piece := http.read_body():
                return piece
            if not http.is_complete:
                http.receive(await self._connection.receive())
        return b""

    async def read_all(self) -> bytes:
        """Return the rest of the body, decompressed."""
        pieces: list[bytes] = []
        while piece := await self.read_some():
            pieces.append(piece)
        return b"".join(pieces)


class Exchange:
    """One request: entering the block sends it and returns the response, leaving the block gives the connection back.

    The connection of a response that was not read to its end is closed at once.
    """

    __slots__ = ("_body", "_connect_timeout_s", "_head", "_idle_timeout_s", "_over", "_source")

    def __init__(
        self,
        source: ConnectionSource,
        head: RequestHead,
        body: Sequence[bytes],
        connect_timeout_s: float | None,
        idle_timeout_s: float | None,
    ) -> None:
        self._source = source
        self._head = head
        self._body = body
        self._connect_timeout_s = connect_timeout_s
        self._idle_timeout_s = idle_timeout_s
        self._over: HttpConnection | None = None

    async def __aenter__(self) -> Response:
        """Send the request.

        Raises:
            WireError: There is no connection, or no response.
        """
        free = self._source.take_free()
        if free is not None:
            sent_at = time.monotonic()
            try:
                return await self._send(free)
            except ConnectionLost:
                if free.has_answered or time.monotonic() - sent_at > _CLOSED_BEFORE_S:
                    raise
        return await self._send(await self._source.open_connection(self._connect_timeout_s))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the connection back, or close it."""
        over, self._over = self._over, None
        if over is not None:
            self._source.give_back(over)

    async def _send(self, over: HttpConnection) -> Response:
        connection, http = over.connection, over.http
        over.has_answered = False
        try:
            connection.start_exchange(self._idle_timeout_s)
            http.start(self._head)
            await connection.send((self._head.encode(sum(map(len, self._body))), *self._body))
            head = None
            while head is None:
                data = await connection.receive()
                over.has_answered |= bool(data)
                http.receive(data)
                head = http.read_head()
        except BaseException:
            connection.close()
            raise
        self._over = over
        return Response(head, over)
