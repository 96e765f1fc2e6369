"""A `Model` that speaks HTTP without the SDK, whose import costs most of a process that is killed soon."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import anyio
import h11

from agentkit import ModelError
from agentkit.models.sse import SSEParser

if TYPE_CHECKING:
    from anyio.abc import SocketStream

    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import Request

_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BareModel:
    """A model of the Messages API at a URL; each request has a connection of its own."""

    name: str
    url: str

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """See `Model.stream`."""
        address, body = urlsplit(self.url), request.to_bytes()
        headers = {
            "host": address.netloc,
            "x-api-key": "key",
            "anthropic-version": "2023-06-01",
            "content-type": "application/json",
            "content-length": str(len(body)),
        }
        wire = h11.Connection(h11.CLIENT)
        try:
            async with await anyio.connect_tcp(address.hostname or "", address.port or 80) as socket:
                head = h11.Request(method="POST", target="/v1/messages", headers=[*headers.items()])
                for event in (head, h11.Data(data=body), h11.EndOfMessage()):
                    await socket.send(wire.send(event) or b"")
                response = await _next_event(wire, socket)
                assert isinstance(response, h11.Response)
                if response.status_code != 200:
                    raise await _error(wire, socket, response.status_code)
                yield _events(wire, socket)
        except (OSError, anyio.BrokenResourceError) as error:
            raise ModelError(f"The connection broke: {error!r}", kind="connection_error") from error


async def _next_event(wire: h11.Connection, socket: SocketStream) -> h11.Event:
    while (event := wire.next_event()) is h11.NEED_DATA:
        try:
            wire.receive_data(await socket.receive(_BYTES))
        except anyio.EndOfStream:
            wire.receive_data(b"")
    return cast("h11.Event", event)


async def _events(wire: h11.Connection, socket: SocketStream) -> AsyncGenerator[JSONObject]:
    parser = SSEParser()
    while isinstance(event := await _next_event(wire, socket), h11.Data):
        for one in parser.feed(bytes(event.data)):
            yield cast("JSONObject", one)


async def _error(wire: h11.Connection, socket: SocketStream, status: int) -> ModelError:
    body = b""
    while isinstance(event := await _next_event(wire, socket), h11.Data):
        body += event.data
    error: JSONObject = json.loads(body)["error"]
    return ModelError(error["message"], kind=error["type"], status=status)
