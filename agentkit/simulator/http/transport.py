"""An in-process transport: the SDK's HTTP client calls a `Server` without a socket.

Read timeouts of the client work as over a socket: they fire when no bytes arrive for that long.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

import httpx2
from anthropic import AsyncAnthropic

from agentkit.simulator.http.wire import ConnectionLost, await_part

if TYPE_CHECKING:
    from agentkit.simulator.http.wire import Server


class _ResponseBody(httpx2.AsyncByteStream):
    """A response body that arrives chunk by chunk and can be closed at any moment, also before its first chunk.

    Not a generator: a cancel scope would stay open at its `yield`, and closing one that never ran does not run its
    `finally`.
    """

    def __init__(self, chunks: AsyncGenerator[bytes], timeout_s: float | None) -> None:
        self._chunks = chunks
        self._timeout_s = timeout_s

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await await_part(anext(self._chunks), self._timeout_s, httpx2.ReadTimeout)
        except ConnectionLost as error:
            text = "peer closed connection without sending complete message body (incomplete chunked read)"
            raise httpx2.RemoteProtocolError(text) from error

    async def aclose(self) -> None:
        await self._chunks.aclose()


class SimulatorTransport(httpx2.AsyncBaseTransport):
    """Passes the requests of an httpx2 client to a server in the same process."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2. Of its timeouts only `read` applies: nothing is connected, written or taken from a pool."""
        timeout_s = request.extensions.get("timeout", {}).get("read")
        body = await request.aread()
        target = request.url.raw_path.decode("ascii")
        answer = self._server.handle(request.method, target, dict(request.headers), body)
        try:
            response = await await_part(answer, timeout_s, httpx2.ReadTimeout)
        except ConnectionLost as error:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.") from error
        return httpx2.Response(
            response.status, headers=dict(response.headers), stream=_ResponseBody(response.chunks, timeout_s)
        )


def in_process_client(server: Server) -> AsyncAnthropic:
    """Return a client of the official SDK that calls this server. It does not retry: scripts list errors one by one."""
    return AsyncAnthropic(
        api_key="any",
        base_url="http://simulator.invalid",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=SimulatorTransport(server)),
    )
