"""A client without mercy: sends one message request over a socket and gives back every byte, and when it came."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio
import h11

from tests.simulator.bodies import HEADERS, TOOL, body


@dataclass
class Seen:
    """The response as it arrived."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    is_whole: bool = False
    """True if the body ended properly. False: the connection broke."""
    pieces: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since the request and bytes of each piece as it came."""

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def events(self) -> list[dict[str, Any]]:
        parts = [part for part in self.data.decode("utf-8", "replace").split("\n\n") if part]
        return [json.loads(part.partition("\ndata: ")[2]) for part in parts if part.endswith("}")]


async def ask(base_url: str, *, fault: str = "", stream: bool = True, **fields: object) -> Seen:
    """One message request; `fault` goes in the header."""
    address = urlsplit(base_url)
    data = json.dumps(body(stream=stream, tools=[TOOL], **fields)).encode()
    headers = [("host", "x"), *HEADERS.items(), ("content-length", str(len(data)))]
    headers += [("x-agentkit-fault", fault)] if fault else []
    http = h11.Connection(h11.CLIENT)
    seen = Seen()
    began = time.monotonic()
    async with await anyio.connect_tcp(str(address.hostname), int(address.port or 0)) as socket:
        await socket.send(http.send(h11.Request(method="POST", target="/v1/messages", headers=headers)))
        await socket.send(http.send(h11.Data(data=data)) + http.send(h11.EndOfMessage()))
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                try:
                    received = await socket.receive()
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    return seen
                http.receive_data(received)
            elif isinstance(event, h11.Response):
                seen.status = event.status_code
                seen.headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                seen.data += bytes(event.data)
                seen.pieces.append((time.monotonic() - began, len(event.data)))
            elif isinstance(event, h11.EndOfMessage):
                seen.is_whole = True
                return seen
