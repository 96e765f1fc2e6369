"""The process of a stdio server: its message streams, the end of its stderr, and the moment in which it ends."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import anyio
import anyio.to_thread
from mcp import StdioServerParameters, stdio_client
from mcp.client._transport import ReadStream, TransportStreams
from mcp.shared.message import SessionMessage

from agentkit.log import log
from agentkit.mcp.posix_transport import posix_transport
from agentkit.mcp.servers import StdioServer
from agentkit.redaction.redactor import Redactor, text_without_secrets

_MAX_TAIL_LINES = 10
_MAX_LINE_CHARS = 2_000
_STDERR_JOIN_TIMEOUT_S = 1.0


class StderrTail:
    """Reads the stderr of a process: logs each line at level debug, and keeps the last ones.

    A full pipe would block the process, so a thread reads it to the end.
    """

    def __init__(self, server: str, redactor: Redactor) -> None:
        self._redactor = redactor
        read, write = os.pipe()
        self.file = os.fdopen(write, "w")
        """The pipe's end for the process. Close it once the process has inherited it."""
        self._lines: deque[str] = deque(maxlen=_MAX_TAIL_LINES)
        self._thread = threading.Thread(
            target=self._read_pipe, args=(read, server), name=f"stderr of {server}", daemon=True
        )
        self._thread.start()

    async def text(self) -> str:
        """Return the last lines, once the process has ended; empty if it wrote nothing."""
        await anyio.to_thread.run_sync(self._thread.join, _STDERR_JOIN_TIMEOUT_S)
        return self._without_secrets("\n".join(self._lines))

    def _without_secrets(self, text: str) -> str:
        return self._redactor.text(text_without_secrets(text))

    def _read_pipe(self, pipe: int, server: str) -> None:
        with os.fdopen(pipe, errors="replace") as stream:
            for line in iter(lambda: stream.readline(_MAX_LINE_CHARS), ""):
                if said := line.rstrip():
                    self._lines.append(said)
                    log().debug("an MCP server wrote to stderr", server=server, line=self._without_secrets(said))


@asynccontextmanager
async def open_process_streams(
    server: StdioServer, stderr_tail: StderrTail, on_end: Callable[[], None]
) -> AsyncGenerator[TransportStreams]:
    """Start the process and yield the streams of its messages; afterwards it is gone, with its process group on POSIX.

    `on_end` is called when the process closes its stdout, usually because it has ended.
    """
    parameters = StdioServerParameters(
        command=server.command,
        args=list(server.args),
        env=dict(server.env),
        cwd=server.cwd,
        encoding_error_handler="replace",
    )
    transport = {"posix": posix_transport}.get(os.name, stdio_client)
    with stderr_tail.file:
        async with transport(parameters, errlog=stderr_tail.file) as (read, write):
            stderr_tail.file.close()
            yield _EndNotifyingStream(read, on_end), write


class _EndNotifyingStream:
    """A stream of messages that calls `on_end` when it ends."""

    def __init__(self, stream: ReadStream[SessionMessage | Exception], on_end: Callable[[], None]) -> None:
        self._stream = stream
        self._on_end = on_end

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message, or the exception for output that is no message."""
        try:
            return await self._stream.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            self._on_end()
            raise

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            raise StopAsyncIteration from None

    def __aiter__(self) -> ReadStream[SessionMessage | Exception]:
        return self

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()
