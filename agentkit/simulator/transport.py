"""The in-process way to the simulator: a transport for the SDK's HTTP client, without a socket.

What a socket makes of time it makes too: a client that gives a read timeout gets it when nothing comes for so long.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import TYPE_CHECKING, TypeVar

import anyio
import httpx2
from anthropic import AsyncAnthropic

from agentkit.simulator.wire import ConnectionLost

if TYPE_CHECKING:
    from agentkit.simulator.wire import Server

T = TypeVar("T")


class _Body(httpx2.AsyncByteStream):
    """A response body that comes chunk by chunk and can be left at any moment, also before its first chunk.

    No generator: a cancel scope would stay open where it yields, and one that was never begun does not hear of a close.
    """

    def __init__(self, chunks: AsyncGenerator[bytes], timeout_s: float | None) -> None:
        self._chunks = chunks
        self._timeout_s = timeout_s

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await _read(anext(self._chunks), self._timeout_s)
        except ConnectionLost as error:
            text = "peer closed connection without sending complete message body (incomplete chunked read)"
            raise httpx2.RemoteProtocolError(text) from error

    async def aclose(self) -> None:
        await self._chunks.aclose()


class SimulatorTransport(httpx2.AsyncBaseTransport):
    """Carries requests of an httpx2 client straight to a simulator."""

    def __init__(self, simulator: Server) -> None:
        self._simulator = simulator

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2. Of the timeouts only `read` has something to wait for here."""
        timeout_s = request.extensions.get("timeout", {}).get("read")
        body = await request.aread()
        target = request.url.raw_path.decode("ascii")
        answer = self._simulator.handle(request.method, target, dict(request.headers), body)
        try:
            response = await _read(answer, timeout_s)
        except ConnectionLost as error:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.") from error
        return httpx2.Response(
            response.status, headers=dict(response.headers), stream=_Body(response.chunks, timeout_s)
        )


async def _read(coming: Awaitable[T], timeout_s: float | None) -> T:
    """What is coming, unless it takes longer than so many seconds. None: however long it takes."""
    with anyio.move_on_after(timeout_s):
        return await coming
    raise httpx2.ReadTimeout("The read operation timed out")


def in_process_client(simulator: Server) -> AsyncAnthropic:
    """A client of the official SDK whose requests end at the simulator. Errors are not retried: they are scripted."""
    return AsyncAnthropic(
        api_key="any",
        base_url="http://simulator.invalid",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=SimulatorTransport(simulator)),
    )
