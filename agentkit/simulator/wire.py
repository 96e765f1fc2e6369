"""What passes between the simulator and whatever carries it, a socket or a transport in the same process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import anyio.lowlevel

from agentkit.messages import encode

MOST_BODY_BYTES = 32 * 1024 * 1024
"""What the API takes in one request."""


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


def event_stream(events: Iterable[bytes], request_id: str) -> Response:
    """Server-sent events, each a chunk by itself."""
    headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
    return Response(200, {**headers, "request-id": request_id}, _chunks(events))


def json_answer(status: int, value: object, request_id: str, more: Mapping[str, str] | None = None) -> Response:
    """A JSON document, with `more` headers."""
    data = encode(value)
    headers = {"content-type": "application/json", "content-length": str(len(data)), "request-id": request_id}
    return Response(status, {**headers, **(more or {})}, _chunks([data]))


def failure(
    status: int, kind: str, message: str, request_id: str = "req_000000", *, is_retryable: bool = False
) -> Response:
    """An error in the API's shape."""
    text = message.encode("utf-8", "backslashreplace").decode()  # an exception may quote what no JSON can carry
    body = {"type": "error", "error": {"type": kind, "message": text}, "request_id": request_id}
    return json_answer(status, body, request_id, {} if is_retryable else {"x-should-retry": "false"})


async def _chunks(data: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for chunk in data:
        await anyio.lowlevel.checkpoint()  # each by itself, as over a network
        yield chunk
