"""The interface between a server and its carrier, which is the socket server or the in-process transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import anyio
import anyio.lowlevel

from agentkit.messages.message import JSONObject, encode

T = TypeVar("T")

MAX_MESSAGE_BODY_BYTES = 32 * 1024 * 1024
"""The largest body of one message request, in bytes."""
_MAX_BATCH_BODY_BYTES = 256 * 1024 * 1024


def max_body_bytes(path: str) -> int:
    """Return the largest body, in bytes, that the API accepts on this path; a batch holds many requests."""
    return _MAX_BATCH_BODY_BYTES if path.startswith("/v1/messages/batches") else MAX_MESSAGE_BODY_BYTES


Headers: TypeAlias = Mapping[str, str]
"""Header fields, names in lower case."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. The carrier reads `chunks` to the end, or closes it."""

    status: int
    headers: Headers
    chunks: AsyncGenerator[bytes]


class ConnectionLost(Exception):
    """The connection breaks here: the carrier closes it without sending another byte."""


class Server(Protocol):
    """Answers HTTP requests, as the simulator, a replay and a recording proxy do."""

    async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
        """Answer one request.

        Args:
            method: The HTTP method.
            path: The path with its query.
            headers: Header fields, names in lower case.
            body: The whole body.

        Raises:
            ConnectionLost: The connection is to break before a response. The chunks of a response can raise it too.
        """
        ...


def event_stream_response(events: Iterable[bytes], headers: Headers) -> Response:
    """Return a response of server-sent events, one chunk each."""
    own = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
    return Response(200, {**own, **headers}, _send_chunks(events))


def json_response(status: int, value: object, headers: Headers) -> Response:
    """Return a response that is one JSON document."""
    data = encode(value)
    own = {"content-type": "application/json", "content-length": str(len(data))}
    return Response(status, {**own, **headers}, _send_chunks([data]))


def json_lines_response(values: Iterable[object], headers: Headers) -> Response:
    """Return a response of JSON documents, one per line."""
    return Response(
        200, {"content-type": "application/x-jsonl", **headers}, _send_chunks(encode(v) + b"\n" for v in values)
    )


def error_response(
    status: int,
    kind: str,
    message: str,
    headers: Headers | None = None,
    *,
    details: JSONObject | None = None,
) -> Response:
    """Return an error response in the API's form, with `x-should-retry: false` for a status that is not retried.

    Args:
        status: The HTTP status.
        kind: The API's error type, such as `overloaded_error`.
        message: The text for the client's user.
        headers: Further header fields.
        details: Facts for the client's program beside the type.
    """
    text = message.encode("utf-8", "backslashreplace").decode()  # an exception may quote half a surrogate pair
    headers = {"request-id": "req_000000", **(headers or {})}
    error: JSONObject = {"type": kind, "message": text} | ({"details": details} if details else {})
    is_retryable = status in (408, 409, 429) or status >= 500
    more = {} if is_retryable else {"x-should-retry": "false"}
    body = {"type": "error", "error": error, "request_id": headers["request-id"]}
    return json_response(status, body, {**more, **headers})


async def await_part(part: Awaitable[T], timeout_s: float | None, timed_out: Callable[[str], Exception]) -> T:
    """Await the next part of a response, in the process that has asked for it.

    Args:
        part: The part.
        timeout_s: Seconds to wait. None: no limit.
        timed_out: Makes the exception that is raised after them.
    """
    with anyio.move_on_after(timeout_s):
        return await part
    raise timed_out("The read operation timed out")


async def _send_chunks(data: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for chunk in data:
        await anyio.lowlevel.checkpoint()  # each chunk arrives by itself, as over a network
        yield chunk
