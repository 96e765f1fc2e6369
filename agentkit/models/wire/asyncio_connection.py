"""A connection on asyncio: a protocol whose callbacks keep what comes, and send on when the system takes more."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import types
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from contextvars import Context
from functools import partial
from typing import TypeVar, cast

from agentkit.models.wire.connection import MAX_RECEIVED_BYTES, PIECE_BYTES, has_nothing_to_read, pieces_to_send
from agentkit.models.wire.errors import ConnectionLost, IdleTimedOut, WireError
from agentkit.models.wire.tls_session import TlsSession

T = TypeVar("T")


async def open_connection(
    sock: socket.socket, tls: ssl.SSLContext | None, host: str, context: Context
) -> AsyncioConnection:
    """Return the connection over a connected socket, which it takes over. Raises OSError where TLS fails.

    Args:
        sock: The socket.
        tls: The context that checks the certificate. None: no TLS.
        host: The name in the certificate.
        context: The context of all callbacks: asyncio takes the current one otherwise, and keeps the variables of the
            run that opens the connection for as long as that lives.
    """
    loop = asyncio.get_running_loop()
    session = None if tls is None else TlsSession(tls, host)
    try:
        if session is not None:
            await session.handshake(lambda most: loop.sock_recv(sock, most), lambda data: loop.sock_sendall(sock, data))
        opening = loop.create_connection(lambda: AsyncioConnection(loop, sock, session, context), sock=sock)
        _, connection = await _in_context(context, opening)
    except BaseException:
        sock.close()
        raise
    return connection


@types.coroutine
def _in_context(context: Context, coroutine: Coroutine[object, object, T]) -> Generator[object, object, T]:
    """Await a coroutine in the current task; each of its steps runs in the context."""
    resume: Callable[[], object] = partial(coroutine.send, None)
    try:
        while True:
            awaited = context.run(resume)
            try:
                resume = partial(coroutine.send, (yield awaited))
            except BaseException as error:  # noqa: BLE001 - a cancellation, mostly: the coroutine decides about it
                resume = partial(coroutine.throw, error)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        del resume  # an exception and the frame that holds it would form a reference cycle


class AsyncioConnection(asyncio.Protocol):
    """A connection of an asyncio event loop.

    Args:
        loop: The event loop.
        sock: Its socket.
        tls: The TLS that lies between. None: there is none.
        context: The context of its timer.
    """

    __slots__ = (
        "_active_at", "_context", "_failure", "_has_ended", "_idle_timeout_s", "_is_in_exchange",
        "_is_reading_paused", "_is_writing_paused", "_loop", "_received", "_sock", "_timer",
        "_tls", "_transport", "_unsent", "_unsent_bytes", "_waiter",
    )  # fmt: skip

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, tls: TlsSession | None, context: Context
    ) -> None:
        self._loop = loop
        self._sock = sock
        self._tls = tls
        self._context = context
        self._transport: asyncio.Transport | None = None  # None: closed
        self._is_in_exchange = False
        self._received = bytearray()
        self._is_reading_paused = False
        self._has_ended = False  # the server sends nothing more
        self._failure: WireError | None = None  # the first one
        self._waiter: asyncio.Future[None] | None = None
        self._unsent: Iterator[bytes | memoryview] | None = None
        self._is_writing_paused = False
        self._unsent_bytes = 0  # those that asyncio held when the timer last ran
        self._idle_timeout_s: float | None = None
        self._active_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        """True if an exchange may start on it: it is open, and nothing can be read from it, not even its end."""
        if self._transport is None or self._has_ended or self._received:
            return False
        return has_nothing_to_read(self._sock)  # what came while the event loop was busy is still in the system

    @property
    def is_sending(self) -> bool:
        """True while a part of the request still waits to be sent."""
        return self._unsent is not None

    def start_exchange(self, idle_timeout_s: float | None) -> None:
        """Begin an exchange."""
        self._is_in_exchange = True
        self._idle_timeout_s = idle_timeout_s
        if idle_timeout_s is None:
            return
        self._active_at = self._loop.time()
        due = self._active_at + idle_timeout_s
        # The timer is left to run when an exchange ends, and moved only where it would come too late.
        if self._timer is not None and self._timer.when() > due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._check_idle, context=self._context)

    async def send(self, parts: Sequence[bytes]) -> None:
        """Send the parts of a request: what the system does not take at once follows when it does."""
        self._unsent = pieces_to_send(parts)
        self._send_more()

    async def receive(self) -> bytes:
        """Return what has come from the server, once something has."""
        if not self._received and self._failure is None and not self._has_ended:
            self._waiter = self._loop.create_future()
            self._active_at = self._loop.time()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._received:
            data = bytes(self._received)
            self._received.clear()
            if self._is_reading_paused and self._transport is not None:
                self._is_reading_paused = False
                self._transport.resume_reading()
            return data
        if self._failure is not None:
            raise self._failure
        return b""

    def end_exchange(self) -> None:
        """End an exchange."""
        self._is_in_exchange = False
        self._unsent = None

    def close(self) -> None:
        """Close the connection at once."""
        self._unsent = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    # asyncio calls what follows.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=PIECE_BYTES)

    def data_received(self, data: bytes) -> None:
        """Keep what came, and make the server wait where its reader does not follow."""
        if self._tls is not None:
            data = self._tls.decrypt(data)
            if self._tls.has_ended:
                self._end(self._tls.failure)
            if not data:
                return
        if not self._is_in_exchange:  # nobody asked for it
            self.close()
            return
        self._received += data
        if len(self._received) > MAX_RECEIVED_BYTES and not self._is_reading_paused and self._transport is not None:
            self._is_reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that nothing more comes; asyncio closes the connection."""
        self._has_ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why the connection ended."""
        if isinstance(exc, OSError):
            self._read_the_rest()
        self._end(exc)

    def pause_writing(self) -> None:
        """Send nothing more for now."""
        self._is_writing_paused = True

    def resume_writing(self) -> None:
        """Send on."""
        self._is_writing_paused = False
        self._active_at = self._loop.time()
        self._send_more()

    def _send_more(self) -> None:
        while self._unsent is not None and not self._is_writing_paused:
            piece = next(self._unsent, None)
            if piece is None or self._transport is None or self._transport.is_closing():
                self._unsent = None
            else:
                self._transport.write(piece if self._tls is None else self._tls.encrypt(piece))

    def _read_the_rest(self) -> None:
        """Read what the system still holds after a failure: a server may refuse a request amid its body, and close."""
        with contextlib.suppress(OSError):
            while self._is_in_exchange and (data := self._sock.recv(PIECE_BYTES)):
                self.data_received(data)

    def _end(self, error: Exception | None) -> None:
        if self._failure is None and error is not None:
            self._failure = ConnectionLost(str(error) or type(error).__name__)
            self._failure.__cause__ = error
        self._has_ended = True
        self.close()
        self._wake()

    def _check_idle(self) -> None:
        self._timer = None
        if not self._is_in_exchange or self._idle_timeout_s is None or self._transport is None:
            return
        now = self._loop.time()
        unsent_bytes = self._transport.get_write_buffer_size()
        # The reader takes his time, or something came while the loop was busy (then his future is done).
        is_waiting = self._waiter is not None and not self._waiter.done()
        if not is_waiting or unsent_bytes != self._unsent_bytes:  # or the server took some
            self._active_at = now
            self._unsent_bytes = unsent_bytes
        due = self._active_at + self._idle_timeout_s
        if due > now:
            self._timer = self._loop.call_at(due, self._check_idle, context=self._context)
            return
        self._failure = IdleTimedOut(f"no byte went either way for {self._idle_timeout_s:g} s")
        self.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
