"""The simulator over HTTP/1.1: h11 for the protocol, anyio for the sockets, on asyncio and trio alike."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, cast

import anyio
import h11
from anyio.abc import SocketAttribute, SocketListener, SocketStream

from agentkit.errors import ConfigurationError

if TYPE_CHECKING:
    from agentkit.simulator.wire import Server

_MOST_BYTES = 64 * 1024


async def listen(host: str, port: int) -> tuple[SocketListener, str]:
    """Open the socket; gives it and the base URL. Raises ConfigurationError when the address cannot be had."""
    try:
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
    except OSError as error:
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error
    socket = cast("SocketListener", listener.listeners[0])
    bound_port = socket.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's, it has nothing to do with Django
    return socket, f"http://{host}:{bound_port}"


async def serve_forever(simulator: Server, listener: SocketListener) -> None:
    """Serve every connection until cancelled."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            try:
                await _Connection(simulator, stream).serve()
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
                return  # the client left, which is its right at any moment

    async with listener:
        await listener.serve(serve)


class _Connection:
    """One client's connection: requests one after another."""

    def __init__(self, simulator: Server, stream: SocketStream) -> None:
        self._simulator = simulator
        self._stream = stream
        self._http = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        """Answer requests until one side is done with the connection."""
        while True:
            try:
                request = await self._next()
                if not isinstance(request, h11.Request):
                    return
                await self._answer(request, await self._body())
            except h11.RemoteProtocolError as error:
                await self._refuse(error)
                return
            if self._http.our_state is h11.MUST_CLOSE or self._http.their_state is h11.MUST_CLOSE:
                return
            self._http.start_next_cycle()

    async def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            try:
                data = await self._stream.receive(_MOST_BYTES)
            except anyio.EndOfStream:
                data = b""
            self._http.receive_data(data)
        return event

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        while isinstance(event := await self._next(), h11.Data):
            parts.append(bytes(event.data))
        return b"".join(parts)

    async def _answer(self, request: h11.Request, body: bytes) -> None:
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        method = request.method.decode()
        response = await self._simulator.handle(method, request.target.decode(), headers, body)
        await self._send(h11.Response(status_code=response.status, headers=list(response.headers.items())))
        async with aclosing(response.chunks) as chunks:
            async for chunk in chunks:
                if method != "HEAD":
                    await self._send(h11.Data(data=chunk))
        await self._send(h11.EndOfMessage())

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = f'{{"type":"error","error":{{"type":"invalid_request_error","message":"{error}"}}}}'.encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        await self._send(h11.Response(status_code=error.error_status_hint, headers=headers))
        await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            await self._stream.send(data)
