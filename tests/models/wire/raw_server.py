"""A server of bytes on loopback: it sends what a test says, and knows which of its connections are open."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import anyio
import anyio.abc
import anyio.lowlevel
from anyio.streams.tls import TLSListener

from agentkit.models.wire.dialing import Server
from agentkit.models.wire.exchange import ConnectionResponse
from agentkit.models.wire.http1 import RequestHead
from agentkit.models.wire.pool import ConnectionPool

HEAD = RequestHead(b"POST", b"/v1/messages", [(b"host", b"localhost")])
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea"


class RawServer:
    """A listening server, and its connections."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted = 0
        self.open = 0

    async def until_all_closed(self) -> None:
        """Wait until the client has closed every connection."""
        with anyio.fail_after(5):
            while self.open:
                await anyio.sleep(0.001)


Answer = Callable[[anyio.abc.ByteStream], Awaitable[None]]


@asynccontextmanager
async def serving(
    answer: Answer, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncGenerator[RawServer]:
    """Serve connections with a function that is given each of them; it ends when the client is gone."""

    async def serve(stream: anyio.abc.ByteStream) -> None:
        server.accepted += 1
        server.open += 1
        try:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                async with stream:
                    await answer(stream)
        finally:
            server.open -= 1

    async with await anyio.create_tcp_listener(local_host=host) as listener, anyio.create_task_group() as tasks:
        server = RawServer(listener.extra(anyio.abc.SocketAttribute.local_port))
        tasks.start_soon((TLSListener(listener, tls, standard_compatible=False) if tls else listener).serve, serve)
        yield server
        tasks.cancel_scope.cancel()


def answering(*pieces: bytes, then_close: bool = False) -> Answer:
    """Return the function that answers each request with these pieces, one packet each."""

    async def answer(stream: anyio.abc.ByteStream) -> None:
        while True:
            await read_request(stream)
            for piece in pieces:
                await stream.send(piece)
                if len(pieces) > 1:
                    await anyio.lowlevel.checkpoint()
            if then_close:
                return

    return answer


async def read_request(stream: anyio.abc.ByteStream) -> bytes:
    """Return one request as it came."""
    data = bytearray()
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    head, _, body = bytes(data).partition(b"\r\n\r\n")
    rest = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0") - len(body)
    pieces = [bytes(data)]
    while rest > 0:
        pieces.append(await stream.receive())
        rest -= len(pieces[-1])
    return b"".join(pieces)


@asynccontextmanager
async def pool_of(
    port: int, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncGenerator[ConnectionPool]:
    """Open a pool of connections to a port of this machine."""
    pool = ConnectionPool(Server(host, port, tls))
    try:
        yield pool
    finally:
        await pool.aclose()


@asynccontextmanager
async def post(
    pool: ConnectionPool, *body: bytes, idle_timeout_s: float | None = 5
) -> AsyncGenerator[ConnectionResponse]:
    """Send a request with a body in parts, and yield its response."""
    response = await pool.send(HEAD, body or (b"{}",), connect_timeout_s=5, idle_timeout_s=idle_timeout_s)
    try:
        yield response
    finally:
        response.close()


async def body_of(pool: ConnectionPool, *body: bytes, idle_timeout_s: float | None = 5) -> bytes:
    """Return the body of the response to a request."""
    async with post(pool, *body, idle_timeout_s=idle_timeout_s) as response:
        return await rest_of(response)


async def rest_of(response: ConnectionResponse) -> bytes:
    """Return the rest of the body of a response, decompressed."""
    pieces: list[bytes] = []
    while piece := await response.read_some():
        pieces.append(piece)
    return b"".join(pieces)
