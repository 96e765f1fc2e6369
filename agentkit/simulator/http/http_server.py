"""An HTTP/1.1 server for a `Server`: h11 for the protocol, anyio for the sockets, on asyncio and trio."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import h11
from anyio.abc import Listener, SocketAttribute, SocketStream

from agentkit.errors import ConfigurationError
from agentkit.simulator.http.wire import ConnectionLost, error_response, max_body_bytes

if TYPE_CHECKING:
    from agentkit.simulator.http.wire import Response, Server

_RECEIVE_BYTES = 64 * 1024
_LINGER_S = 1.0
_DISCONNECTED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


@asynccontextmanager
async def serve_http(server: Server, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
    """Serve HTTP inside the block, which gets the base URL.

    Args:
        server: The server that answers the requests.
        host: The address to listen on.
        port: The port to listen on. 0: a free port.

    Raises:
        ConfigurationError: The address cannot be bound.
    """
    listener, base_url = await open_listener(host, port)
    error: BaseException | None = None
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve_forever, server, listener)
            try:
                yield base_url
            finally:
                tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) != 1:
            raise
        error = group.exceptions[0]
    if error is not None:  # the block's own exception, unwrapped; outside of `except`, which would set its context
        raise error


async def open_listener(host: str, port: int) -> tuple[Listener[SocketStream], str]:
    """Open the socket; return it and the base URL. Raises ConfigurationError when the address cannot be bound."""
    try:
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {reason}.") from error
    bound_port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's, it has nothing to do with Django
    return listener, f"http://{f'[{host}]' if ':' in host else host}:{bound_port}"


async def serve_forever(server: Server, listener: Listener[SocketStream]) -> None:
    """Serve every connection until cancelled."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            try:
                await _Connection(server, stream).serve_requests()
            except _DISCONNECTED:
                return  # the client disconnected, which it may do at any moment

    async with listener:
        await listener.serve(serve)


class _BodyTooLarge(Exception):
    """The request body is larger than the API accepts."""


class _Connection:
    """One client's connection, with requests one after another."""

    def __init__(self, server: Server, stream: SocketStream) -> None:
        self._server = server
        self._stream = stream
        self._h11 = h11.Connection(h11.SERVER)

    async def serve_requests(self) -> None:
        """Answer requests until one side closes the connection."""
        while True:
            try:
                request = await self._next_event()
                if not isinstance(request, h11.Request):
                    return None
                await self._answer_request(
                    request, await self._read_body(max_body_bytes(request.target.decode("latin-1")))
                )
            except h11.RemoteProtocolError as error:
                return await self._refuse_request(
                    error_response(error.error_status_hint, "invalid_request_error", str(error))
                )
            except _BodyTooLarge:
                text = "Request exceeds the maximum size"
                return await self._refuse_request(error_response(413, "request_too_large", text))
            if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                return None
            self._h11.start_next_cycle()

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            if self._h11.they_are_waiting_for_100_continue:
                await self._send_event(h11.InformationalResponse(status_code=100, headers=[]))
            try:
                data = await self._stream.receive(_RECEIVE_BYTES)
            except anyio.EndOfStream:
                data = b""
            self._h11.receive_data(data)
        return event

    async def _read_body(self, limit: int) -> bytes:
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > limit:
                raise _BodyTooLarge
        return bytes(body)

    async def _answer_request(self, request: h11.Request, body: bytes) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
        method = request.method.decode("latin-1")
        target = request.target.decode("latin-1")
        is_over = False

        async def watch() -> None:
            nonlocal is_over
            try:
                self._h11.receive_data(await self._stream.receive(_RECEIVE_BYTES))  # early bytes of the next request
            except _DISCONNECTED:
                is_over = True
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            try:
                response = await self._server.handle(method, target, headers, body)
                await self._send_response(response, has_body=method != "HEAD")
            except (*_DISCONNECTED, ConnectionLost):
                is_over = True
            tasks.cancel_scope.cancel()
        if is_over:  # the client disconnected, or a fault breaks the connection
            raise anyio.EndOfStream

    async def _refuse_request(self, response: Response) -> None:
        """Answer a request that cannot be read further, and close the connection so that the client gets the answer."""
        if self._h11.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            await response.chunks.aclose()
            return
        await self._send_response(response, {"connection": "close"})
        with contextlib.suppress(OSError):  # the client has reset the connection, on trio
            await self._stream.send_eof()
        with anyio.move_on_after(_LINGER_S):  # closing with unread input would reset the connection and lose the answer
            while True:
                await self._stream.receive(_RECEIVE_BYTES)

    async def _send_response(
        self, response: Response, more: dict[str, str] | None = None, *, has_body: bool = True
    ) -> None:
        async with aclosing(response.chunks) as chunks:
            headers = [*response.headers.items(), *(more or {}).items()]
            await self._send_event(h11.Response(status_code=response.status, headers=headers))
            if has_body:
                async for chunk in chunks:
                    await self._send_event(h11.Data(data=chunk))
            await self._send_event(h11.EndOfMessage())

    async def _send_event(self, event: h11.Event) -> None:
        if data := self._h11.send(event):
            await self._stream.send(data)
