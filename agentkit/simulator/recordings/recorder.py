"""A recorder inside a client of the official SDK: records its requests and responses in the same process.

The SDK's middleware sees every attempt, including those that fail, with the HTTP response before any of it was read.
Of a stream it would see only parsed events, not the original bytes; so the byte stream of the response is wrapped, and
everything that the SDK reads of it is recorded.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx2

from agentkit.simulator.recordings.events import has_last_event
from agentkit.simulator.recordings.exchange import Exchange, decompress_body
from agentkit.simulator.recordings.recording import RecordingFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic import APIRequest, AsyncAnthropic, AsyncAPIResponse, AsyncCallNext

AnyClient = TypeVar("AnyClient", bound="AsyncAnthropic")


class Recorder:
    """Appends exchanges to a recording. Give its `middleware` to a client, or the recorder to a `RecordingProxy`.

    Raises ConfigurationError when the file cannot be written.

    Args:
        path: The file; one that exists grows.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.recorded = 0
        """The number of exchanges that this recorder has written to the file."""
        self.lost: list[str] = []
        """One sentence for each response that is not in the file: it was cut off, or could not be written."""
        self._file = RecordingFile(self.path)

    async def middleware(self, request: APIRequest, call_next: AsyncCallNext) -> AsyncAPIResponse[object]:
        """Record one attempt: `AsyncAnthropic(middleware=[recorder.middleware])`.

        Put it last in the list, where it sees the requests and responses as they are on the wire.
        """
        answer = await call_next(request)
        response = getattr(answer, "http_response", answer)  # the answer itself with `cast_to=httpx2.Response`
        if isinstance(response, httpx2.Response):
            await self._record_response(response, _request_path(httpx2.URL(request.url), response.request.url))
            if response.is_error:  # the SDK does not read the body of an attempt that it retries
                await _read_error_body(response)
        return answer

    async def _record_response(self, response: httpx2.Response, path: str) -> None:
        request = response.request
        try:
            body = await request.aread()  # a form with files is rendered once more
        except httpx2.StreamError:
            self.lost.append(f"{request.method} {request.url.path} was sent as a stream, which is not recorded.")
            return
        pending = self.begin_exchange(request.method, path, request.headers, body)
        pending.status, pending.headers = response.status_code, response.headers
        if response.is_closed:  # the body was read whole and decompressed
            pending.headers = {**response.headers, "content-encoding": "identity"}
            pending.chunks.append(response.content)
            pending.finish()
        elif isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _RecordedStream(response.stream, pending)

    def begin_exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> PendingExchange:
        """Start to record the response to this request."""
        return PendingExchange(self, method, path, headers, body)

    def append_exchange(self, exchange: Exchange) -> None:
        """Append an exchange to the file. A failure does not disturb the client: it is noted in `lost`."""
        try:
            self._file.append(exchange)
        except OSError as error:
            reason = error.strerror or str(error)
            self.lost.append(f"{exchange.request.endpoint} could not be written: {reason}.")
        else:
            self.recorded += 1


def recording_client(client: AnyClient, path: str | Path) -> AnyClient:
    """Return a copy of the client that appends its requests and responses to the file at `path`.

    Where the recorder's counts matter, use `AsyncAnthropic(middleware=[Recorder(path).middleware])`.

    Args:
        client: The client whose requests are recorded; it is not changed.
        path: The file; one that exists grows.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    return client.with_options(middleware=[*client.middleware, Recorder(path).middleware])


@dataclass
class PendingExchange:
    """An exchange whose response is being recorded. End it with `finish`, or with `abort` if the response broke off."""

    recorder: Recorder
    method: str
    path: str
    request_headers: Mapping[str, str]
    request_body: bytes = field(repr=False)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """The header fields of the response."""
    chunks: list[bytes] = field(default_factory=list[bytes], repr=False)
    """The chunks of the response body so far."""

    def finish(self) -> None:
        """Write the exchange: the response is complete."""
        headers, body = decompress_body(self.headers, b"".join(self.chunks))
        exchange = Exchange(
            method=self.method,
            path=self.path,
            request_headers=self.request_headers,
            request_body=self.request_body,
            status=self.status,
            response_headers=headers,
            response_body=body,
        )
        self.recorder.append_exchange(exchange)

    def abort(self, reason: str) -> None:
        """Write the exchange if it is a stream with its last event; otherwise note in `lost` that it was cut off."""
        if has_last_event(b"".join(self.chunks)):
            self.finish()
        else:
            path = self.path.partition("?")[0]
            self.recorder.lost.append(f"{self.method} {path} was cut off: {reason}.")


class _RecordedStream(httpx2.AsyncByteStream):
    """The byte stream of a response, recorded as it is read."""

    def __init__(self, stream: httpx2.AsyncByteStream, pending: PendingExchange) -> None:
        self._stream = stream
        self._pending = pending
        self._chunks = self._read_chunks()
        self._is_over = False

    def __getattr__(self, name: str) -> object:
        """Return an attribute of the wrapped stream: httpx2 and the SDK use some, such as the elapsed time."""
        return getattr(self._stream, name)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def _read_chunks(self) -> AsyncGenerator[bytes]:
        chunks = aiter(self._stream)
        try:
            async for chunk in chunks:
                self._pending.chunks.append(chunk)
                yield chunk
        except httpx2.HTTPError as error:
            self._end(str(error) or type(error).__name__)
            raise
        except GeneratorExit:
            await self.aclose()
            await exhaust_chunks(chunks)
            raise
        self._end()

    async def aclose(self) -> None:
        self._end("whoever asked did not read it to its end")
        await self._stream.aclose()

    def _end(self, reason: str | None = None) -> None:
        if self._is_over:
            return
        self._is_over = True
        if reason is None:
            self._pending.finish()
        else:
            self._pending.abort(reason)


async def _read_error_body(response: httpx2.Response) -> None:
    from anthropic import APIConnectionError

    try:
        await response.aread()
    except httpx2.HTTPError as error:
        raise APIConnectionError(request=response.request) from error


async def exhaust_chunks(chunks: AsyncIterator[bytes]) -> None:
    """Exhaust the generators behind a closed response; httpx2 leaves some of them to the garbage collector."""
    with suppress(httpx2.HTTPError, httpx2.StreamError):
        async for _ in chunks:
            pass


def _request_path(requested: httpx2.URL, sent: httpx2.URL) -> str:
    """Return the requested path without the path of the base URL: a replay has another base URL."""
    path = requested.path if sent.path.endswith(requested.path) else sent.path
    return path + (f"?{sent.query.decode()}" if sent.query else "")
