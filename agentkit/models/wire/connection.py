"""One connection to a server: the protocol that asyncio's and trio's fulfil, and the pieces that both send."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from typing import Protocol

PIECE_BYTES = 64 * 1024
"""The most that is handed to the system at once: sending holds no more than this beside the body itself."""
MAX_RECEIVED_BYTES = 256 * 1024
"""The most that is kept for a reader who takes his time; then the server has to wait."""


class Connection(Protocol):
    """A connection that is used for one exchange after another."""

    @property
    def is_usable(self) -> bool:
        """True if an exchange may start on it: it is open, and nothing came that nobody asked for."""
        ...

    @property
    def is_sending(self) -> bool:
        """True while a part of the request still waits to be sent."""
        ...

    def start_exchange(self, idle_timeout_s: float | None) -> None:
        """Begin an exchange, which waits for so many seconds while no byte goes either way. None: without a limit."""
        ...

    async def send(self, parts: Sequence[bytes]) -> None:
        """Send the parts of a request; large ones go on in the background while `receive` waits for the response.

        A failure is not raised: the server may have answered before, and `receive` tells it otherwise.
        """
        ...

    async def receive(self) -> bytes:
        """Return what has come from the server, once something has; no bytes: it sends nothing more.

        Raises:
            IdleTimedOut: No byte went either way for too long; the connection is closed.
            ConnectionLost: The connection broke off.
        """
        ...

    def end_exchange(self) -> None:
        """End an exchange whose response was read to its end: nothing may come now."""
        ...

    def close(self) -> None:
        """Close the connection at once, whatever goes on there."""
        ...


def pieces_to_send(parts: Sequence[bytes]) -> Iterator[bytes | memoryview]:
    """Yield the parts of a request in pieces for the system: small ones together, large ones cut without a copy."""
    small: list[bytes] = []
    small_bytes = 0
    for part in parts:
        if small and small_bytes + len(part) > PIECE_BYTES:
            yield b"".join(small)
            small, small_bytes = [], 0
        if len(part) > PIECE_BYTES:
            view = memoryview(part)
            yield from (view[start : start + PIECE_BYTES] for start in range(0, len(view), PIECE_BYTES))
        else:
            small.append(part)
            small_bytes += len(part)
    if small:
        yield b"".join(small)


def has_nothing_to_read(sock: socket.socket) -> bool:
    """Return True if the system holds nothing that came on a connection: no byte, no end and no failure."""
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
