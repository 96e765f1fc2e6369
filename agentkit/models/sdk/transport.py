"""Our connections as a transport of the SDK's client: its requests go over them, and errors come as it knows them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import getproxies

import httpx2

from agentkit.models.wire.dialing import Server
from agentkit.models.wire.errors import (
    ConnectFailed,
    ConnectionLost,
    ConnectTimedOut,
    IdleTimedOut,
    IllegalHead,
    WireError,
)
from agentkit.models.wire.http1 import RequestHead
from agentkit.models.wire.pool import ConnectionPool
from agentkit.models.wire.tls import tls_context

if TYPE_CHECKING:
    from collections.abc import Generator

    from agentkit.models.wire.exchange import Response

_DEFAULT_PORTS = {"http": 80, "https": 443}


def open_http_client() -> httpx2.AsyncClient | None:
    """Return the HTTP client for the SDK's client in this event loop. None: the SDK's own one, which knows proxies.

    Raises:
        OSError: The file or the folder of certificates that the environment names cannot be read.
    """
    import anthropic

    if getproxies():
        return None
    return anthropic.DefaultAsyncHttpxClient(transport=SdkTransport(tls_context()))


class SdkTransport(httpx2.AsyncBaseTransport):
    """Sends the requests of an HTTP client over our own connections, a pool for each server.

    Args:
        tls: The context that checks certificates.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._pools: dict[tuple[str, str, int | None], ConnectionPool] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its response, whose body is read as it comes.

        Raises:
            httpx2.TransportError: There is no response; of the class that the SDK's own transport raises.
        """
        body = await request.aread()
        timeouts = request.extensions.get("timeout", {})
        pool = self._pool_for(request.url)
        with _errors_of_httpx():
            head = RequestHead(request.method.encode(), request.url.raw_path, request.headers.raw)
            response = await pool.send(
                head,
                (body,) if body else (),
                connect_timeout_s=timeouts.get("connect"),
                idle_timeout_s=timeouts.get("read"),
            )
        return httpx2.Response(response.status, headers=response.headers, stream=_ResponseStream(response))

    def _pool_for(self, url: httpx2.URL) -> ConnectionPool:
        origin = (url.scheme, url.host, url.port)
        pool = self._pools.get(origin)
        if pool is None:
            if url.scheme not in _DEFAULT_PORTS or not url.host:
                raise httpx2.UnsupportedProtocol("Request URL is missing an 'http://' or 'https://' protocol.")
            host, port = url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS[url.scheme]
            pool = ConnectionPool(Server(host, port, self._tls if url.scheme == "https" else None))
            self._pools[origin] = pool
        return pool

    async def aclose(self) -> None:
        """Close all free connections; those in use are closed when their responses are."""
        for pool in self._pools.values():
            await pool.aclose()


class _ResponseStream(httpx2.AsyncByteStream):
    """The body of a response as it was sent; closing it ends the exchange."""

    def __init__(self, response: Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            try:
                while piece := await self._response.read_raw():
                    yield piece
            except WireError:
                if not self._response.is_refusal:
                    raise

    async def aclose(self) -> None:
        self._response.close()


@contextmanager
def _errors_of_httpx() -> Generator[None]:
    try:
        yield
    except (WireError, IllegalHead) as error:
        raise _class_for(error)(str(error)) from error


def _class_for(error: WireError | IllegalHead) -> type[httpx2.TransportError]:
    match error:
        case IllegalHead():
            return httpx2.LocalProtocolError
        case ConnectTimedOut():
            return httpx2.ConnectTimeout
        case ConnectFailed():
            return httpx2.ConnectError
        case IdleTimedOut():
            return httpx2.ReadTimeout
        case ConnectionLost(__cause__=OSError()):
            return httpx2.ReadError
        case _:
            return httpx2.RemoteProtocolError
