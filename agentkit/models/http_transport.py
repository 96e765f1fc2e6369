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

MOST_FREE = 100
"""Idle connections that are kept open at the most: as many as the SDK keeps."""


def http_client() -> httpx2.AsyncClient | None:
    """Return the HTTP client for the SDK's client in this event loop. None: the SDK's own one, which knows proxies."""
    import anthropic

    if sniffio.current_async_library() == "asyncio" and importlib.util.find_spec("aiohttp") is not None:
        return anthropic.DefaultAioHttpClient(limits=httpx2.Limits(max_connections=0))  # 0: any number
    if getproxies():
        return None
    return anthropic.DefaultAsyncHttpxClient(transport=Connections(_one_connection()))


def _one_connection() -> Callable[[], httpx2.AsyncBaseTransport]:
    context = httpx2.create_ssl_context()  # takes 20 ms, once
    limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    return lambda: httpx2.AsyncHTTPTransport(verify=context, limits=limits, socket_options=options)


class Connections(httpx2.AsyncBaseTransport):
    """A connection pool without a size limit: one transport per connection, the last used one is reused first.

    The pool of httpx scans all its connections for each request and again for each reply: with a hundred of them that
    is half of what a turn costs.
    """

    def __init__(self, make: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._make = make
        self._free: list[httpx2.AsyncBaseTransport] = []
        self._is_closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request over an idle connection, or over a new one."""
        transport = self._free.pop() if self._free else self._make()
        try:
            response = await transport.handle_async_request(request)
        except BaseException:  # its state is unknown, so it is not reused
            await _close(transport)
            raise
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - for the type checkers
        response.stream = _Reply(response.stream, transport, self._give_back)
        return response

    async def _give_back(self, transport: httpx2.AsyncBaseTransport) -> None:
        if self._is_closed or len(self._free) >= MOST_FREE:
            await _close(transport)
        else:
            self._free.append(transport)

    async def aclose(self) -> None:
        """Close all idle connections; those in use are closed when their replies are."""
        self._is_closed = True
        while self._free:
            await _close(self._free.pop())


class _Reply(httpx2.AsyncByteStream):
    """The body of a reply; closing it returns its connection to the pool."""

    def __init__(
        self,
        stream: httpx2.AsyncByteStream,
        transport: httpx2.AsyncBaseTransport,
        give_back: Callable[[httpx2.AsyncBaseTransport], Awaitable[None]],
    ) -> None:
        self._stream = stream
        self._transport: httpx2.AsyncBaseTransport | None = transport
        self._give_back = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        transport, self._transport = self._transport, None
        if transport is None:
            return
        try:
            await self._stream.aclose()
        except BaseException:
            await _close(transport)
            raise
        await self._give_back(transport)


async def _close(transport: httpx2.AsyncBaseTransport) -> None:
    with anyio.CancelScope(shield=True):
        await transport.aclose()
