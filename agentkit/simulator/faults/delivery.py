"""Faults of delivery: a response that is late, missing, in pieces or cut off, or an error instead of it."""

from __future__ import annotations

from contextlib import aclosing
from itertools import islice

import anyio

from agentkit.simulator.faults.fault import Chunks, Events, Fault, check_at_least, written_as_called
from agentkit.simulator.http.wire import ConnectionLost
from agentkit.simulator.replies.parts import ServerError

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The API's error type for each status that has one of its own."""

_MAX_DATE_DISTANCE_S = 1_000_000_000
"""About thirty years, in seconds: `datetime` overflows for much larger values."""


@written_as_called
def delay(seconds: float) -> Fault:
    """The response starts later."""
    check_at_least(0, seconds=seconds)
    return Fault(delay_s=seconds)


@written_as_called
def drop() -> Fault:
    """The connection is closed without a response."""
    return Fault(is_dropped=True, keeps_reply=True)


@written_as_called
def status(code: int, retry_after: str = "", kind: str = "", should_retry: str = "") -> Fault:
    """An HTTP error instead of the reply.

    Args:
        code: The status, 400 to 599.
        retry_after: The `retry-after` header: seconds as they are ("3"), `date+30` for the date in thirty seconds,
            `250ms` for the header `retry-after-ms`, or any other text ("soon", "-1", "1e99"). Empty: no header.
        kind: The API's error type. Empty: the one of the status.
        should_retry: The header `x-should-retry`, "true" or "false". Empty: as the API sends it.
    """
    if not 400 <= code <= 599:
        raise ValueError(f"the status of an error is between 400 and 599, not {code}")
    for header in (retry_after, should_retry):
        if not (header.isascii() and header.isprintable() and header.strip() == header):
            raise ValueError(f"a header holds printable ASCII characters, and no space around them, not {header!r}")
    if retry_after.startswith("date"):
        check_at_least(-_MAX_DATE_DISTANCE_S, retry_after=float(retry_after[4:] or 0))
        if float(retry_after[4:] or 0) > _MAX_DATE_DISTANCE_S:
            raise ValueError(f"a date is at most {_MAX_DATE_DISTANCE_S} seconds away")
    error = ServerError(code, kind or ERROR_TYPES.get(code, "api_error"), "Simulated error", retry_after, should_retry)
    return Fault(error=error, keeps_reply=True)


@written_as_called
def stall(after: int = 0, seconds: float = 3600) -> Fault:
    """No bytes for some seconds after the first `after` bytes of the body; then the rest."""
    check_at_least(0, after=after, seconds=seconds)

    async def chunks(given: Chunks) -> Chunks:
        sent = 0
        async with aclosing(given):
            async for chunk in given:
                at = after - sent
                sent += len(chunk)
                if not 0 <= at < len(chunk):
                    yield chunk
                    continue
                if at:
                    yield chunk[:at]
                await anyio.sleep(seconds)
                yield chunk[at:]

    return Fault(change_chunks=chunks, keeps_reply=True)


@written_as_called
def drip(size: int = 1, every_s: float = 0.001) -> Fault:
    """The body arrives in pieces of `size` bytes, `every_s` seconds apart."""
    check_at_least(1, size=size)
    check_at_least(0, every_s=every_s)

    async def chunks(given: Chunks) -> Chunks:
        async with aclosing(given):
            async for chunk in given:
                for at in range(0, len(chunk), size):
                    await anyio.sleep(every_s)
                    yield chunk[at : at + size]

    return Fault(change_chunks=chunks)


@written_as_called
def cut(at: int) -> Fault:
    """The connection breaks after `at` bytes of the body. A shorter body arrives whole."""
    check_at_least(0, at=at)

    async def chunks(given: Chunks) -> Chunks:
        left = at
        async with aclosing(given):
            async for chunk in given:
                if len(chunk) > left:
                    if left:
                        yield chunk[:left]
                    raise ConnectionLost
                left -= len(chunk)
                yield chunk

    return Fault(change_chunks=chunks, keeps_reply=True)


@written_as_called
def linger(seconds: float = 3600) -> Fault:
    """The connection stays open for some seconds behind the whole body."""
    check_at_least(0, seconds=seconds)

    async def chunks(given: Chunks) -> Chunks:
        async with aclosing(given):
            async for chunk in given:
                yield chunk
        await anyio.sleep(seconds)

    return Fault(change_chunks=chunks)


@written_as_called
def end_marker() -> Fault:
    """An end marker that is no event of this API, `data: [DONE]`, in one packet with the last event of a stream."""

    async def chunks(given: Chunks) -> Chunks:
        last: bytes | None = None
        async with aclosing(given):
            async for chunk in given:
                if last is not None:
                    yield last
                last = chunk
        yield (last or b"") + b"data: [DONE]\n\n"

    return Fault(change_chunks=chunks)


@written_as_called
def error_event(after: int = 3, kind: str = "overloaded_error", message: str = "Overloaded") -> Fault:
    """An `error` event after the first `after` events of a stream ends it; requests without a stream get its status."""
    check_at_least(0, after=after)

    def events(given: Events) -> Events:
        yield from islice(given, after)
        yield {"type": "error", "error": {"type": kind, "message": message}}

    code = next((status for status, name in ERROR_TYPES.items() if name == kind), 500)
    return Fault(change_events=events, error_without_stream=ServerError(code, kind, message), keeps_reply=True)
