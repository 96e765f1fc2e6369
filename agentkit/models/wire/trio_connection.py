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
from agentkit.models.wire.tls_session import TlsSession


async def open_connection(sock: socket.socket, tls: ssl.SSLContext | None, host: str) -> TrioConnection:
    """Return the connection over a connected socket, which it takes over. Raises OSError where TLS fails."""
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
    session = None if tls is None else TlsSession(tls, host)
    try:
        if session is not None:
            await session.handshake(stream.socket.recv, stream.send_all)
    except trio.BrokenResourceError as error:
        sock.close()
        raise _os_error_below(error) from None
    except BaseException:
        sock.close()
        raise
    return TrioConnection(stream, sock, session)


class TrioConnection:
    """A connection of a trio event loop.

    Args:
        stream: Sends and receives over the socket.
        sock: The standard library's socket: it is asked if anything came on a free connection, or its end.
        tls: The TLS that lies between. None: there is none.
    """

    __slots__ = ("_active_at", "_idle_timeout_s", "_is_open", "_sock", "_stream", "_tls", "is_sending")

    def __init__(self, stream: trio.SocketStream, sock: socket.socket, tls: TlsSession | None) -> None:
        self._stream = stream
        self._sock = sock
        self._tls = tls
        self._is_open = True
        self._idle_timeout_s = math.inf
        self._active_at = 0.0
        self.is_sending = False
        """True while a part of the request still waits to be sent."""

    @property
    def is_usable(self) -> bool:
        """True if an exchange may start on it: it is open, and nothing can be read from it, not even its end."""
        return self._is_open and has_nothing_to_read(self._sock)

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
                await self._stream.send_all(piece if self._tls is None else self._tls.encrypt(piece))
                self._active_at = trio.current_time()
            self.is_sending = False

    async def receive(self) -> bytes:
        """Return what has come from the server, once something has."""
        waiting_since = trio.current_time()
        while True:
            with trio.move_on_at(max(waiting_since, self._active_at) + self._idle_timeout_s) as scope:
                try:
                    return await self._receive_some()
                except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                    below = _os_error_below(error)
                    raise ConnectionLost(str(below)) from below
            if scope.deadline >= max(waiting_since, self._active_at) + self._idle_timeout_s:
                raise self._idle_timeout()

    async def _receive_some(self) -> bytes:
        tls = self._tls
        if tls is None:
            return bytes(await self._stream.receive_some())
        while not tls.has_ended:
            came = bytes(await self._stream.receive_some())
            if not came:
                return b""
            if data := tls.decrypt(came):
                return data
        if tls.failure is not None:
            raise ConnectionLost(str(tls.failure)) from tls.failure
        return b""

    def end_exchange(self) -> None:
        """End an exchange."""

    def close(self) -> None:
        """Close the connection at once; a task that sends ends by that."""
        self._is_open = False
        self._stream.socket.close()

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
