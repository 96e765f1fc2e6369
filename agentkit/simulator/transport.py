"""The in-process way to the simulator: a transport for the SDK's HTTP client, without a socket."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import httpx2
from anthropic import AsyncAnthropic

from agentkit.simulator.wire import ConnectionLost

if TYPE_CHECKING:
    from agentkit.simulator.wire import Server


class _Chunks(httpx2.AsyncByteStream):
    """A response body that comes chunk by chunk and can be left at any moment."""

    def __init__(self, chunks: AsyncGenerator[bytes]) -> None:
        self._chunks = _carried(chunks)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def aclose(self) -> None:
        await self._chunks.aclose()


async def _carried(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The chunks; a connection that is lost looks as httpx2 makes it look."""
    async with aclosing(chunks):
        try:
            async for chunk in chunks:
                yield chunk
        except ConnectionLost as error:
            text = "peer closed connection without sending complete message body (incomplete chunked read)"
            raise httpx2.RemoteProtocolError(text) from error


class SimulatorTransport(httpx2.AsyncBaseTransport):
    """Carries requests of an httpx2 client straight to a simulator."""

    def __init__(self, simulator: Server) -> None:
        self._simulator = simulator

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2."""
        body = await request.aread()
        target = request.url.raw_path.decode("ascii")
        try:
            response = await self._simulator.handle(request.method, target, dict(request.headers), body)
        except ConnectionLost as error:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.") from error
        return httpx2.Response(response.status, headers=dict(response.headers), stream=_Chunks(response.chunks))


def in_process_client(simulator: Server) -> AsyncAnthropic:
    """A client of the official SDK whose requests end at the simulator. Errors are not retried: they are scripted."""
    return AsyncAnthropic(
        api_key="simulator",
        base_url="http://simulator.invalid",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=SimulatorTransport(simulator)),
    )
