"""What passes between the simulator and whatever carries it, a socket or a transport in the same process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import anyio.lowlevel

from agentkit.messages.message import JSONObject, encode

MOST_BODY_BYTES = 32 * 1024 * 1024
"""What the API takes in one message request."""
_MOST_BATCH_BYTES = 256 * 1024 * 1024


def body_limit(path: str) -> int:
    """How many bytes the API takes on this path; a batch is the sum of its requests."""
    return _MOST_BATCH_BYTES if path.startswith("/v1/messages/batches") else MOST_BODY_BYTES


Headers: TypeAlias = Mapping[str, str]
"""Header fields, names in lower case."""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back: read `chunks` to the end, or close it."""

    status: int
    headers: Headers
    chunks: AsyncGenerator[bytes]


class ConnectionLost(Exception):
    """The connection breaks off here: whatever carries the response closes it without a further byte."""


class Server(Protocol):
    """Whatever answers HTTP requests."""

    async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
        """Answer one request; `path` has its query with it, names of headers are in lower case.

        Raises ConnectionLost, also out of the response's chunks, where the client is to see the connection break.
        """
        ...


def event_stream(events: Iterable[bytes], headers: Headers) -> Response:
    """Server-sent events, each a chunk by itself."""
    own = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
    return Response(200, {**own, **headers}, _chunks(events))


def json_answer(status: int, value: object, headers: Headers) -> Response:
    """A JSON document."""
    data = encode(value)
    own = {"content-type": "application/json", "content-length": str(len(data))}
    return Response(status, {**own, **headers}, _chunks([data]))


def lines(values: Iterable[object], headers: Headers) -> Response:
    """JSON documents, a line each."""
    return Response(200, {"content-type": "application/x-jsonl", **headers}, _chunks(encode(v) + b"\n" for v in values))


def failure(
    status: int,
    kind: str,
    message: str,
    headers: Headers | None = None,
    *,
    details: JSONObject | None = None,
) -> Response:
    """An error in the API's shape; it says whether the SDK may ask again."""
    text = message.encode("utf-8", "backslashreplace").decode()  # an exception may quote what no JSON can carry
    headers = {"request-id": "req_000000", **(headers or {})}
    error: JSONObject = {"type": kind, "message": text} | ({"details": details} if details else {})
    is_retryable = status in (408, 409, 429) or status >= 500
    more = {} if is_retryable else {"x-should-retry": "false"}
    body = {"type": "error", "error": error, "request_id": headers["request-id"]}
    return json_answer(status, body, {**more, **headers})


async def _chunks(data: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for chunk in data:
        await anyio.lowlevel.checkpoint()  # each by itself, as over a network
        yield chunk
