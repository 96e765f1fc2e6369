"""Records what a client of the official SDK asks and is answered, in the process that asks.

The SDK's middleware sees every attempt, those that fail included, with the HTTP response before anything of it was
read. Of a stream it could only see parsed events, which are not the bytes that came; so the response's own byte
stream is wrapped, and whatever the SDK reads of it is kept on its way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx2

from agentkit.simulator.recordings.events import is_over
from agentkit.simulator.recordings.exchange import Exchange, decoded
from agentkit.simulator.recordings.recording import RecordingFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic import APIRequest, AsyncAnthropic, AsyncAPIResponse, AsyncCallNext

AnyClient = TypeVar("AnyClient", bound="AsyncAnthropic")


class Recorder:
    """Appends exchanges to a recording. Give its `middleware` to a client, or it to a `RecordingProxy`.

    Raises ConfigurationError when the file cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.recorded = 0
        """How many exchanges are in the file because of this recorder."""
        self.lost: list[str] = []
        """One sentence for each answer that is not in the file: it was cut off, or could not be written."""
        self._file = RecordingFile(self.path)

    async def middleware(self, request: APIRequest, call_next: AsyncCallNext) -> AsyncAPIResponse[object]:
        """Record one attempt: `AsyncAnthropic(middleware=[recorder.middleware])`.

        Put it last in the list, where it sees what really goes to the server and comes from it.
        """
        answer = await call_next(request)
        response = getattr(answer, "http_response", answer)  # for `cast_to=httpx2.Response` it is that itself
        if isinstance(response, httpx2.Response):
            await self._record(response, _path(httpx2.URL(request.url), response.request.url))
            if response.is_error:  # the SDK does not read what it will ask again
                await _read(response)
        return answer

    async def _record(self, response: httpx2.Response, path: str) -> None:
        asked = response.request
        try:
            body = await asked.aread()  # a form with files is made of them once more
        except httpx2.StreamError:
            self.lost.append(f"{asked.method} {asked.url.path} was sent as a stream, which is not recorded.")
            return
        take = self.take(asked.method, path, asked.headers, body)
        take.status, take.headers = response.status_code, response.headers
        if response.is_closed:  # it was read whole, and decoded
            take.headers = {**response.headers, "content-encoding": "identity"}
            take.chunks.append(response.content)
            take.keep()
        elif isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Tee(response.stream, take)

    def take(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Take:
        """Begin to record an answer to this request."""
        return Take(self, method, path, headers, body)

    def keep(self, exchange: Exchange) -> None:
        """Append an exchange. Where that fails, the one who asked is not to suffer for it: `lost` says so."""
        try:
            self._file.append(exchange)
        except OSError as error:
            reason = error.strerror or str(error)
            self.lost.append(f"{exchange.request.endpoint} could not be written: {reason}.")
        else:
            self.recorded += 1


def recording_client(client: AnyClient, path: str | Path) -> AnyClient:
    """The client, with everything that it asks and is answered appended to the file at `path`.

    Use `AsyncAnthropic(middleware=[Recorder(path).middleware])` where the recorder's counts matter. Raises
    ConfigurationError when the file cannot be written.
    """
    return client.with_options(middleware=[*client.middleware, Recorder(path).middleware])


@dataclass
class Take:
    """An answer that is being recorded. End it with `keep`, or with `leave` where it broke off."""

    recorder: Recorder
    method: str
    path: str
    request_headers: Mapping[str, str]
    request_body: bytes = field(repr=False)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """The answer's."""
    chunks: list[bytes] = field(default_factory=list[bytes], repr=False)
    """What came of its body, as it came."""

    def keep(self) -> None:
        """The answer is whole: write it down."""
        headers, body = decoded(self.headers, b"".join(self.chunks))
        exchange = Exchange(
            method=self.method,
            path=self.path,
            request_headers=self.request_headers,
            request_body=self.request_body,
            status=self.status,
            response_headers=headers,
            response_body=body,
        )
        self.recorder.keep(exchange)

    def leave(self, reason: str) -> None:
        """The answer ends here, read to its end or not: a stream is whole when its last event has come."""
        if is_over(b"".join(self.chunks)):
            self.keep()
        else:
            path = self.path.partition("?")[0]
            self.recorder.lost.append(f"{self.method} {path} was cut off: {reason}.")


class _Tee(httpx2.AsyncByteStream):
    """The bytes of a response on their way to whoever reads them."""

    def __init__(self, stream: httpx2.AsyncByteStream, take: Take) -> None:
        self._stream = stream
        self._take = take
        self._chunks = self._read()
        self._is_over = False

    def __getattr__(self, name: str) -> object:
        """What httpx2 and the SDK look for on the streams of their own, such as the time that passed."""
        return getattr(self._stream, name)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def _read(self) -> AsyncGenerator[bytes]:
        chunks = aiter(self._stream)
        try:
            async for chunk in chunks:
                self._take.chunks.append(chunk)
                yield chunk
        except httpx2.HTTPError as error:
            self._end(str(error) or type(error).__name__)
            raise
        except GeneratorExit:
            await self.aclose()
            await run_out(chunks)
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
            self._take.keep()
        else:
            self._take.leave(reason)


async def _read(response: httpx2.Response) -> None:
    from anthropic import APIConnectionError

    try:
        await response.aread()
    except httpx2.HTTPError as error:
        raise APIConnectionError(request=response.request) from error


async def run_out(chunks: AsyncIterator[bytes]) -> None:
    """End the generators behind a response that is closed; httpx2 leaves some of them to the garbage collector."""
    with suppress(httpx2.HTTPError, httpx2.StreamError):
        async for _ in chunks:
            pass


def _path(asked: httpx2.URL, sent: httpx2.URL) -> str:
    """What was asked for, without a path of the base URL's own; it is what a client asks the next server for."""
    path = asked.path if sent.path.endswith(asked.path) else sent.path
    return path + (f"?{sent.query.decode()}" if sent.query else "")
