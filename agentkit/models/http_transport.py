"""The HTTP connection pool of the shared client: the SDK's own transports, without a limit on connections.

The rate limiter decides how many requests are in flight, so nothing here limits it again. The SDK's aiohttp transport
is used on asyncio where aiohttp is installed (the extra `fast`), its default one everywhere else.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.request import getproxies

import anyio
import httpx2
import sniffio

MAX_IDLE_CONNECTIONS = 100
"""Idle connections that are kept open at the most: as many as the SDK keeps."""


def open_http_client() -> httpx2.AsyncClient | None:
    """Return the HTTP client for the SDK's client in this event loop. None: the SDK's own one, which knows proxies."""
    import anthropic

    if sniffio.current_async_library() == "asyncio" and importlib.util.find_spec("aiohttp") is not None:
        return anthropic.DefaultAioHttpClient(limits=httpx2.Limits(max_connections=0))  # 0: any number
    if getproxies():
        return None
    return anthropic.DefaultAsyncHttpxClient(transport=ConnectionPool(_transport_factory()))


def _transport_factory() -> Callable[[], httpx2.AsyncBaseTransport]:
    context = httpx2.create_ssl_context()  # takes 20 ms, once
    limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    return lambda: httpx2.AsyncHTTPTransport(verify=context, limits=limits, socket_options=options)


class ConnectionPool(httpx2.AsyncBaseTransport):
    """A connection pool without a size limit: one transport per connection, the last used one is reused first.

    The pool of httpx scans all its connections for each request and again for each reply: with a hundred of them that
    is half of what a turn costs.
    """

    def __init__(self, open_transport: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._open_transport = open_transport
        self._idle: list[httpx2.AsyncBaseTransport] = []
        self._is_closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request over an idle connection, or over a new one."""
        transport = self._idle.pop() if self._idle else self._open_transport()
        try:
            response = await transport.handle_async_request(request)
        except BaseException:  # its state is unknown, so it is not reused
            await _close_transport(transport)
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - for the type checkers
        response.stream = _PooledResponseStream(response.stream, transport, self._return_connection)
        return response

    async def _return_connection(self, transport: httpx2.AsyncBaseTransport) -> None:
        if self._is_closed or len(self._idle) >= MAX_IDLE_CONNECTIONS:
            await _close_transport(transport)
        else:
            self._idle.append(transport)

    async def aclose(self) -> None:
        """Close all idle connections; those in use are closed when their replies are."""
        self._is_closed = True
        while self._idle:
            await _close_transport(self._idle.pop())


class _PooledResponseStream(httpx2.AsyncByteStream):
    """The body of a reply; closing it returns its connection to the pool."""

    def __init__(
        self,
        stream: httpx2.AsyncByteStream,
        transport: httpx2.AsyncBaseTransport,
        return_connection: Callable[[httpx2.AsyncBaseTransport], Awaitable[None]],
    ) -> None:
        self._stream = stream
        self._transport: httpx2.AsyncBaseTransport | None = transport
        self._return_connection = return_connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        transport, self._transport = self._transport, None
        if transport is None:
            return
        try:
            await self._stream.aclose()
        except BaseException:
            await _close_transport(transport)
            raise
        await self._return_connection(transport)


async def _close_transport(transport: httpx2.AsyncBaseTransport) -> None:
    with anyio.CancelScope(shield=True):
        await transport.aclose()
