"""A raw server on loopback: it reads a request, to its end unless the scene says otherwise, and lets a scene answer."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import anyio
import anyio.abc

_GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)

Play: TypeAlias = "Callable[[Exchange], Awaitable[None]]"
"""Answers one request. When it returns, the connection waits for the next one."""


class HangUp(Exception):
    """The scene closes the connection."""


@dataclass
class Exchange:
    """One request, and the connection that it came over."""

    server: MisbehavingServer
    stream: anyio.abc.SocketStream
    number: int
    """The requests that the server has got, this one included."""
    head: bytes
    body: bytes

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
    port: int = 0
    requests: int = 0
    redirects: bool = False
    """For scenes that change."""
    open_connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[MisbehavingServer]:
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as tasks,
        ):
            self.port = listener.extra(anyio.abc.SocketAttribute.local_port)
            tasks.start_soon(listener.serve, self._serve)
            try:
                yield self
            finally:
                tasks.cancel_scope.cancel()

    async def _serve(self, stream: anyio.abc.SocketStream) -> None:
        self.open_connections += 1
        try:
            async with stream:
                while True:
                    await self._answer_next(stream)
        except HangUp:
            pass
        except _GONE:
            pass
        finally:
            self.open_connections -= 1

    async def _answer_next(self, stream: anyio.abc.SocketStream) -> None:
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += await stream.receive()
        head, body = bytes(received[: end + 4]), received[end + 4 :]
        length = _LENGTH.search(head)
        while self.reads_body and length is not None and len(body) < int(length[1]):
            body += await stream.receive()
        self.requests += 1
        await self.play(Exchange(self, stream, self.requests, head, bytes(body)))
