"""The transport to a stdio server on POSIX systems: its process and the two streams of messages.

The client of the package `mcp` ends the process group of a server that does not end by itself. Of one that ended by
itself, or died, it leaves the rest of the group running, and does not say which group that was; so the process is
started and ended here, as the programs of tools are.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TextIO

import anyio
from mcp import StdioServerParameters
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

from agentkit.tools.process_group import end_process_group, wait_for_exit

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.client._transport import TransportStreams

_FLUSH_TIMEOUT_S = 0.5
"""Seconds for messages that were sent already to reach the server."""
_EXIT_TIMEOUT_S = 2.0
"""Seconds for the server to end by itself once its stdin is closed, as the protocol wants it."""
_DRAIN_TIMEOUT_S = 0.2
"""Seconds to wait for the end of stdout once the server has ended: what it started may hold the pipe open."""
_CHUNK_BYTES = 65_536


@asynccontextmanager
async def posix_transport(server: StdioServerParameters, errlog: TextIO) -> AsyncGenerator[TransportStreams]:
    """Start the server and yield its streams; at the end of the block its whole process group has ended."""
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - argv only; starting takes a millisecond, and the rest is async
        [server.command, *server.args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errlog, cwd=server.cwd,
        env=get_default_environment() | (server.env or {}), bufsize=0, start_new_session=True,
    )  # fmt: skip
    transport = _PosixTransport(process)
    try:
        async with anyio.create_task_group() as tasks:
            try:
                for main in (transport.read_stdout, transport.write_stdin, transport.watch_for_exit):
                    tasks.start_soon(main)
                yield transport.incoming, transport.outgoing
            finally:
                with anyio.CancelScope(shield=True):
                    await transport.end()
                tasks.cancel_scope.cancel()
    finally:
        transport.close_pipes()


@dataclass(slots=True)
class _PosixTransport:
    """The pipes of one process, and the streams of messages in front of them."""

    process: subprocess.Popen[bytes]
    incoming: MemoryObjectReceiveStream[SessionMessage | Exception] = field(init=False)
    """Messages of the server, and an exception for each line that is none. It ends with the server."""
    outgoing: MemoryObjectSendStream[SessionMessage] = field(init=False)
    _stdin: IO[bytes] = field(init=False)
    _stdout: IO[bytes] = field(init=False)
    _received: MemoryObjectSendStream[SessionMessage | Exception] = field(init=False)
    _to_send: MemoryObjectReceiveStream[SessionMessage] = field(init=False)
    _is_flushed: anyio.Event = field(default_factory=anyio.Event, init=False)
    _patience_s: float = field(default=math.inf, init=False)
    """Seconds to wait for the next output."""
    _waiting: anyio.CancelScope = field(default_factory=anyio.CancelScope, init=False)
    """The scope of the wait for the next output."""

    def __post_init__(self) -> None:
        self._received, self.incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        self.outgoing, self._to_send = anyio.create_memory_object_stream[SessionMessage](0)
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101, PT018 - both are pipes
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)

    async def read_stdout(self) -> None:
        """Read messages until stdout is closed. After the end of the session what comes is dropped.

        A server that cannot write would not see that its stdin is closed, so its output is read to the end.
        """
        unfinished = bytearray()
        async with self._received:
            while chunk := await self._read_chunk():
                *lines, rest = chunk.split(b"\n")
                for line in lines:
                    await self._deliver(bytes(unfinished) + line)
                    unfinished.clear()
                unfinished += rest

    async def write_stdin(self) -> None:
        """Write the messages of the session until it ends, or the server reads no more."""
        try:
            async with self._to_send:
                async for message in self._to_send:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await self._write(f"{text}\n".encode(errors="replace"))
        except OSError:  # the server reads no more: without the end of `incoming` a request would wait for ever
            self._received.close()
        finally:
            self._is_flushed.set()

    async def watch_for_exit(self) -> None:
        """End `incoming` when the process has ended, even if others hold its stdout open."""
        await wait_for_exit(self.process)
        self._patience_s = _DRAIN_TIMEOUT_S
        self._waiting.deadline = anyio.current_time() + _DRAIN_TIMEOUT_S

    async def end(self) -> None:
        """Close stdin, give the server time to end by itself, and end what is left of its process group."""
        self.incoming.close()
        self.outgoing.close()
        with anyio.move_on_after(_FLUSH_TIMEOUT_S):
            await self._is_flushed.wait()
        if self._is_flushed.is_set():
            self._stdin.close()
            with anyio.move_on_after(_EXIT_TIMEOUT_S):
                await wait_for_exit(self.process)
        await end_process_group(self.process)

    def close_pipes(self) -> None:
        """Close the pipes, once no task waits for them any more."""
        self._stdin.close()
        self._stdout.close()

    async def _read_chunk(self) -> bytes:
        """Return the next output. Empty: there is no more."""
        while True:
            with anyio.move_on_after(self._patience_s) as self._waiting:
                await anyio.wait_readable(self._stdout.fileno())
            if self._waiting.cancelled_caught:
                return b""
            try:
                return os.read(self._stdout.fileno(), _CHUNK_BYTES)
            except BlockingIOError:
                continue

    async def _deliver(self, line: bytes) -> None:
        try:
            message: SessionMessage | Exception = SessionMessage(
                jsonrpc_message_adapter.validate_json(line.decode(errors="replace"), by_name=False)
            )
        except ValueError as error:
            message = error
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # the session is over
            await self._received.send(message)

    async def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            await anyio.wait_writable(self._stdin.fileno())
            try:
                left = left[os.write(self._stdin.fileno(), left[:_CHUNK_BYTES]) :]
            except BlockingIOError:
                continue
