"""TLS on one connection without I/O, by OpenSSL: what goes up is encrypted, what comes down decrypted.

The TLS of asyncio and trio throws away what has come when sending fails: a refusal amid a large request would be lost.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

_READ_BYTES = 64 * 1024


class TlsSession:
    """The client's side of TLS on one connection.

    Args:
        context: Checks the certificate.
        host: The name that the certificate has to hold.
    """

    __slots__ = ("_incoming", "_object", "_outgoing", "failure", "has_ended")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.has_ended = False
        """True once nothing more can come: the server has said so, or there was a failure."""
        self.failure: ssl.SSLError | None = None
        """The failure. None: there was none."""

    async def handshake(
        self, receive: Callable[[int], Awaitable[bytes]], send: Callable[[bytes], Awaitable[object]]
    ) -> None:
        """Agree on keys, and check the certificate. Raises OSError where that fails.

        Args:
            receive: Returns what has come over the socket, at most so many bytes; none: the end.
            send: Sends all of it over the socket.
        """
        is_done = False
        while not is_done:
            try:
                self._object.do_handshake()
                is_done = True
            except ssl.SSLWantReadError:
                pass
            if data := self._outgoing.read():
                await send(data)
            if not is_done:
                if data := await receive(_READ_BYTES):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Return the bytes to send for some data; no bytes after a failure."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._object.write(rest) :]
        except ssl.SSLError as error:
            self._end(error)
        return self._outgoing.read()

    def decrypt(self, data: bytes) -> bytes:
        """Return the data in what has come; none: only a part of it has come so far, or `has_ended` is true."""
        self._incoming.write(data)
        pieces: list[bytes] = []
        try:
            while piece := self._object.read(_READ_BYTES):
                pieces.append(piece)
            self._end(None)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._end(error)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _end(self, failure: ssl.SSLError | None) -> None:
        self.has_ended = True
        self.failure = self.failure or failure
