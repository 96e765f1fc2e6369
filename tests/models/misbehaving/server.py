"""A raw server on loopback: it reads a request, to its end unless the scene says otherwise, and lets a scene answer."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio.abc

from tests.models.wire.raw_server import RawServer, serving

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)

Play: TypeAlias = "Callable[[Exchange], Awaitable[None]]"
"""Answers one request. When it returns, the connection waits for the next one."""


class HangUp(Exception):
    """The scene closes the connection."""


@dataclass
class Exchange:
    """One request, and the connection that it came over."""

    server: MisbehavingServer
    stream: anyio.abc.ByteStream
    number: int
    """The requests that the server has got, this one included."""
    head: bytes
    body: bytes

    @property
    def socket(self) -> socket.socket:
        """The system's socket below the connection, and below its TLS."""
        return self.stream.extra(anyio.abc.SocketAttribute.raw_socket)

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            await self.stream.send(piece)

    async def hang(self) -> None:
        """Say no more until the client closes the connection."""
        while True:
            await self.stream.receive()


@dataclass
class MisbehavingServer:
    play: Play
    reads_body: bool = True
    """False: the scene begins as soon as the head is there."""
    tls: ssl.SSLContext | None = None
    raw: RawServer = field(init=False)
    requests: int = 0
    redirects: bool = False
    """For scenes that change."""

    @property
    def url(self) -> str:
        return f"https://localhost:{self.raw.port}" if self.tls else f"http://127.0.0.1:{self.raw.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[MisbehavingServer]:
        async with serving(self._answer, tls=self.tls) as self.raw:
            yield self

    async def _answer(self, stream: anyio.abc.ByteStream) -> None:
        with suppress(HangUp):
            while True:
                await self._answer_next(stream)

    async def _answer_next(self, stream: anyio.abc.ByteStream) -> None:
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += await stream.receive()
        head, body = bytes(received[: end + 4]), received[end + 4 :]
        length = _LENGTH.search(head)
        while self.reads_body and length is not None and len(body) < int(length[1]):
            body += await stream.receive()
        self.requests += 1
        await self.play(Exchange(self, stream, self.requests, head, bytes(body)))
