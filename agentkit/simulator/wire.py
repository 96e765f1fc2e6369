"""What passes between the simulator and whatever carries it, a socket or a transport in the same process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back: read `chunks` to the end, or close it."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncGenerator[bytes]


class Server(Protocol):
    """Whatever answers HTTP requests."""

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one request."""
        ...
