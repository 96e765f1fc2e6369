"""The direct client without a socket: agentkit's own requests go to a `Server` in the same process, without the SDK."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from agentkit.models.direct.address import ApiAddress
from agentkit.models.direct.client import DirectClient
from agentkit.models.direct.way import KEY, DirectWay
from agentkit.models.wire import errors
from agentkit.models.wire.exchange import Response
from agentkit.models.wire.http1 import RequestHead, ResponseHead
from agentkit.simulator.http.wire import ConnectionLost, await_part

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentkit.simulator.http.wire import Response as Answer
    from agentkit.simulator.http.wire import Server

_WAY = DirectWay(ApiAddress("http", "simulator.invalid", None, ""), KEY, "any")


def in_process_direct_client(server: Server) -> DirectClient:
    """Return the direct client of a server in this process, for use in any event loop, on asyncio and trio."""

    def open_sdk_client() -> AsyncAnthropic:
        from agentkit.simulator.http.transport import in_process_client

        return in_process_client(server)

    return DirectClient(_WAY, InProcessTransport(server), open_sdk_client)


class InProcessTransport:
    """Passes the requests of the direct client to a server; see `direct/transport.py`.

    Of the times only the idle one applies, since nothing is connected.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(
        self,
        head: RequestHead,
        body: Sequence[bytes] = (),
        *,
        connect_timeout_s: float | None,
        idle_timeout_s: float | None,
    ) -> Response:
        """See `Transport.send`."""
        content = b"".join(body)
        method, target, headers = _parse_head(head.encode(len(content)))
        answer = self._server.handle(method, target, headers, content)
        try:
            return _InProcessResponse(await await_part(answer, idle_timeout_s, errors.IdleTimedOut), idle_timeout_s)
        except ConnectionLost as error:
            raise errors.ConnectionLost("Server disconnected without sending a response.") from error

    def is_usable_here(self) -> bool:
        """Return True: it has no connections, and a server takes requests from any thread."""
        return True

    async def aclose(self) -> None:
        """Do nothing: nothing is open between two requests."""


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Return the method, the target and the headers of a request, as they would go over a connection."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    return method, target, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


class _InProcessResponse(Response):
    """A response whose body arrives chunk by chunk."""

    __slots__ = ("_chunks", "_has_ended", "_timeout_s")

    def __init__(self, answer: Answer, timeout_s: float | None) -> None:
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        super().__init__(ResponseHead(answer.status, lines))
        self._chunks = answer.chunks
        self._timeout_s = timeout_s
        self._has_ended = False

    @property
    def has_ended(self) -> bool:
        """See `Response.has_ended`."""
        return self._has_ended

    async def read_raw(self) -> bytes:
        """See `Response.read_raw`."""
        try:
            while (chunk := await await_part(anext(self._chunks, None), self._timeout_s, errors.IdleTimedOut)) == b"":
                pass
        except ConnectionLost as error:
            text = "peer closed connection without sending complete message body (incomplete chunked read)"
            raise errors.ConnectionLost(text) from error
        self._has_ended = chunk is None
        return chunk or b""

    def close(self) -> None:
        """Close the chunks in one step: a server has nothing to wait for when its client leaves."""
        closing = self._chunks.aclose()
        with suppress(StopIteration):
            closing.send(None)
