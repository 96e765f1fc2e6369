"""A recording proxy: a server between a client and the API that forwards requests and responses, and records them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager

import anyio
import httpx2

from agentkit.errors import ConfigurationError, UsageError
from agentkit.simulator.http.http_server import serve_http
from agentkit.simulator.http.wire import ConnectionLost, Response, error_response
from agentkit.simulator.recordings.recorder import PendingExchange, Recorder, exhaust_chunks

API_URL = "https://api.anthropic.com"
"""The default upstream."""

# They concern one connection, not the message; the length of a body is set anew.
_CONNECTION_HEADERS = {
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_CONNECT_S = 30.0


class RecordingProxy:
    """Forwards requests to `upstream` and records them. For clients in any language: give them its base URL.

    A response is forwarded as it arrives, event by event, and is in the file before its end is forwarded. The client's
    key goes upstream and nowhere else. Raises ConfigurationError when `upstream` is not an http or https address.

    Args:
        recorder: Writes the exchanges.
        upstream: The address to which requests are forwarded.
    """

    def __init__(self, recorder: Recorder, upstream: str = API_URL) -> None:
        self.recorder = recorder
        self.upstream = _check_upstream(upstream)
        self._http: httpx2.AsyncClient | None = None

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve HTTP inside the block, which gets the base URL. Port 0: a free port.

        Raises ConfigurationError when the address cannot be bound.
        """
        # The client limits the time of a response and its own concurrency.
        timeout = httpx2.Timeout(None, connect=_CONNECT_S)
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
        async with httpx2.AsyncClient(timeout=timeout, limits=limits) as http:
            self._http = http
            try:
                async with serve_http(self, host, port) as base_url:
                    yield base_url
            finally:
                self._http = None

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Forward one request. Raises UsageError outside of `serve`."""
        if self._http is None:
            raise UsageError("A recording proxy passes requests on while it serves: `async with proxy.serve()`.")
        request = httpx2.Request(method, self.upstream + path, headers=_forwarded_headers(headers), content=body)
        request.headers["accept-encoding"] = "identity"  # a recording is readable, and chunks need no decompression
        try:
            response = await self._http.send(request, stream=True)
        except httpx2.HTTPError as error:
            reason = str(error) or type(error).__name__
            return error_response(502, "api_error", f"The upstream {self.upstream} could not be reached: {reason}.")
        pending = self.recorder.begin_exchange(method, path, headers, body)
        pending.status, pending.headers = response.status_code, response.headers
        chunks = _forward_chunks(response, pending)
        await anext(chunks)  # once started, the generator closes the response in its `finally`, however early it ends
        if response.is_error:  # a client that retries may not read the body to its end
            chunks = _yield_chunks([chunk async for chunk in chunks])
        return Response(response.status_code, _forwarded_headers(response.headers), chunks)


async def _forward_chunks(response: httpx2.Response, pending: PendingExchange) -> AsyncGenerator[bytes]:
    """Yield an empty chunk, then the bytes of the response, recording them."""
    chunks = response.aiter_raw()
    broken = "the client left"
    try:
        yield b""
        async for chunk in chunks:
            pending.chunks.append(chunk)
            yield chunk
        broken = ""
    except httpx2.HTTPError as error:
        broken = str(error) or type(error).__name__
        raise ConnectionLost(broken) from error
    finally:
        if broken:
            pending.abort(broken)
        else:
            pending.finish()
        with anyio.CancelScope(shield=True):
            await response.aclose()
            await exhaust_chunks(chunks)


async def _yield_chunks(chunks: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for chunk in chunks:
        yield chunk


def _forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _CONNECTION_HEADERS}


def _check_upstream(upstream: str) -> str:
    try:
        url = httpx2.URL(upstream)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(f"The upstream {upstream!r} is no address: write it as https://api.anthropic.com.")
    return upstream.rstrip("/")
