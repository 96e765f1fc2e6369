"""A connection on trio: trio's own streams; a large request is sent by a task beside the one that awaits the reply."""

from __future__ import annotations

import contextlib
import itertools
import math
import socket
import ssl
from collections.abc import Iterator, Sequence

import trio

from agentkit.event_loop import start_root_task
from agentkit.models.wire.connection import has_nothing_to_read, pieces_to_send
from agentkit.models.wire.errors import ConnectionLost, IdleTimedOut


async def open_connection(sock: socket.socket, tls: ssl.SSLContext | None, host: str) -> TrioConnection:
    """Return the connection over a connected socket, which it takes over. Raises OSError where TLS fails."""
    trio_socket = trio.socket.from_stdlib_socket(sock)
    stream = trio.SocketStream(trio_socket)
    if tls is None:
        return TrioConnection(stream, trio_socket, sock)
    encrypted = trio.SSLStream(stream, tls, server_hostname=host, https_compatible=True)
    try:
        await encrypted.do_handshake()
    except trio.BrokenResourceError as error:
        trio_socket.close()
        raise _os_error_below(error) from None
    except BaseException:
        trio_socket.close()
        raise
    return TrioConnection(encrypted, trio_socket, sock)


class TrioConnection:
    """A connection of a trio event loop.

    Args:
        stream: Sends and receives.
        trio_socket: The socket below, which closes at once.
        sock: The same as the standard library's: it is asked if anything came on a free connection, or its end.
    """

    __slots__ = (
        "_active_at", "_idle_timeout_s", "_is_open", "_sock", "_stream", "_trio_socket", "_undecrypted", "is_sending",
    )  # fmt: skip

    def __init__(
        self,
        stream: trio.SocketStream | trio.SSLStream[trio.SocketStream],
        trio_socket: trio.socket.SocketType,
        sock: socket.socket,
    ) -> None:
        self._stream = stream
        self._trio_socket = trio_socket
        self._sock = sock
        self._undecrypted: ssl.MemoryBIO | None = None
        if isinstance(stream, trio.SSLStream):  # what came in one packet with the end of a response stays in there
            self._undecrypted = stream._incoming  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        self._is_open = True
        self._idle_timeout_s = math.inf
        self._active_at = 0.0
        self.is_sending = False
        """True while a part of the request still waits to be sent."""

    @property
    def is_usable(self) -> bool:
        """True if an exchange may start on it: it is open, and nothing can be read from it, not even its end."""
        if not self._is_open or (self._undecrypted is not None and self._undecrypted.pending):
            return False
        return has_nothing_to_read(self._sock)

    def start_exchange(self, idle_timeout_s: float | None) -> None:
        """Begin an exchange."""
        self._idle_timeout_s = math.inf if idle_timeout_s is None else idle_timeout_s

    async def send(self, parts: Sequence[bytes]) -> None:
        """Send the parts of a request, a large one from a task of its own."""
        pieces = pieces_to_send(parts)
        first = next(pieces)
        second = next(pieces, None)
        self.is_sending = True
        if second is None:
            with trio.move_on_after(self._idle_timeout_s) as scope:
                await self._send_pieces(iter((first,)))
            if scope.cancelled_caught:
                raise self._idle_timeout()
            return
        self._active_at = trio.current_time()
        everything = itertools.chain((first, second), pieces)
        start_root_task(lambda: self._send_pieces(everything), "agentkit sends a request")

    async def _send_pieces(self, pieces: Iterator[bytes | memoryview]) -> None:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            for piece in pieces:
                await self._stream.send_all(piece)
                self._active_at = trio.current_time()
            self.is_sending = False

    async def receive(self) -> bytes:
        """Return what has come from the server, once something has."""
        waiting_since = trio.current_time()
        while True:
            with trio.move_on_at(max(waiting_since, self._active_at) + self._idle_timeout_s) as scope:
                try:
                    return bytes(await self._stream.receive_some())
                except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                    below = _os_error_below(error)
                    raise ConnectionLost(str(below)) from below
            if scope.deadline >= max(waiting_since, self._active_at) + self._idle_timeout_s:
                raise self._idle_timeout()

    def end_exchange(self) -> None:
        """End an exchange."""

    def close(self) -> None:
        """Close the connection at once; a task that sends ends by that."""
        self._is_open = False
        self._trio_socket.close()

    def _idle_timeout(self) -> IdleTimedOut:
        self.close()
        return IdleTimedOut(f"no byte went either way for {self._idle_timeout_s:g} s")


def _os_error_below(error: BaseException) -> OSError:
    """Return the error of the system or of TLS that lies below one of trio's streams."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError):
            return below
        below = below.__cause__
    return ConnectionResetError(str(error))
