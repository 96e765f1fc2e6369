"""A replay: a server that answers recorded requests with the recorded responses, byte for byte."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.lowlevel

from agentkit.simulator.http.wire import Response, error_response
from agentkit.simulator.recordings.differences import Difference, find_differences
from agentkit.simulator.recordings.recorded_request import RecordedRequest
from agentkit.simulator.recordings.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic import AsyncAnthropic

    from agentkit.models.direct.client import DirectClient
    from agentkit.simulator.recordings.exchange import Exchange

_MAX_SHOWN = 8
_RETRIES = 2


@dataclass(frozen=True, slots=True)
class Miss:
    """A request that was not recorded, or was made more often than it was recorded."""

    request: RecordedRequest
    nearest: Exchange | None
    """The most similar recorded exchange. None: nothing was recorded for this endpoint."""
    differences: tuple[Difference, ...]
    """The differences from `nearest`. Empty: it was recorded, but made more often than that."""
    message: str
    """The miss described in words, for a person."""

    def __str__(self) -> str:
        return self.message


class Replay:
    """Serves a recording in place of the API. Use `client()` in-process, `serve()` over HTTP. It never writes.

    A request is answered when it equals a recorded one: the same method, path and JSON body, in any order of keys, and
    without regard to secrets. Equal requests get their responses in the order in which those were recorded, whatever
    comes in between, so that concurrent requests replay too.

    Any other request is a miss. With `strict`, it is refused with status 400 and a text with its differences from the
    nearest recorded request. Otherwise it gets the response to the nearest one of the same endpoint, preferably one
    that is not used yet, and is listed in `report`.

    Raises ConfigurationError when a path is given and no recording can be read there; see `Recording.load`.

    Args:
        recording: A recording, or the path of one.
        strict: True: a request that was not recorded is refused.
    """

    def __init__(self, recording: Recording | str | Path, *, strict: bool = True) -> None:
        self.recording = recording if isinstance(recording, Recording) else Recording.load(recording)
        self.strict = strict
        self.misses: list[Miss] = []
        """Misses that were refused."""
        self.report: list[Miss] = []
        """Misses that got the response to the nearest recorded request."""
        self.answered = 0
        """The number of requests that got a recorded response."""
        self._requests = [exchange.request for exchange in self.recording.exchanges]
        self._unused_indices: dict[str, deque[int]] = {}
        for index, request in enumerate(self._requests):
            self._unused_indices.setdefault(request.key, deque()).append(index)

    def client(self) -> AsyncAnthropic:
        """Return a client of the official SDK that calls this replay without a socket, on asyncio and trio.

        It retries as often as the SDK does by default, because failures that were retried are in the recording too.
        """
        from agentkit.simulator.http.transport import in_process_client

        return in_process_client(self).with_options(max_retries=_RETRIES)

    def direct_client(self) -> DirectClient:
        """Return agentkit's own client, for agents: it calls this replay in any event loop, and loads no SDK."""
        from agentkit.simulator.http.in_process import in_process_direct_client

        return in_process_direct_client(self)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve HTTP inside the block, which gets the base URL. Port 0: a free port.

        Raises ConfigurationError when the address cannot be bound.
        """
        from agentkit.simulator.http.http_server import serve_http

        async with serve_http(self, host, port) as base_url:
            yield base_url

    def unused(self) -> list[Exchange]:
        """Return the recorded exchanges that were not requested, in the recording's order."""
        unused = sorted(index for indices in self._unused_indices.values() for index in indices)
        return [self.recording.exchanges[index] for index in unused]

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one HTTP request."""
        request = RecordedRequest.from_http(method, path, body)
        indices = self._unused_indices.get(request.key)
        if indices:
            return self._recorded_response(indices.popleft())
        if not self.strict and (index := self._find_nearest(request, only_alike=True)) is not None:
            self.report.append(self._describe_miss(request, index))
            if index in (indices := self._unused_indices[self._requests[index].key]):
                indices.remove(index)
            return self._recorded_response(index)
        miss = self._describe_miss(request, self._find_nearest(request))
        self.misses.append(miss)
        return error_response(400, "invalid_request_error", miss.message)

    def _recorded_response(self, index: int) -> Response:
        self.answered += 1
        exchange = self.recording.exchanges[index]
        headers = dict(exchange.response_headers)
        if not exchange.is_event_stream:
            headers["content-length"] = str(len(exchange.response_body))
        if exchange.status >= 400:
            headers["retry-after-ms"] = "1"  # a replay does not wait as long as the recorded client did
        return Response(exchange.status, headers, _send_chunks(exchange.body_chunks()))

    def _find_nearest(self, request: RecordedRequest, *, only_alike: bool = False) -> int | None:
        """Return the recorded request of the same endpoint with the fewest differences; on a tie, an unused one."""
        is_open = {index for indices in self._unused_indices.values() for index in indices}
        ranks: list[tuple[bool, int, bool, int]] = []
        for index, recorded in enumerate(self._requests):
            if recorded.endpoint != request.endpoint:
                continue
            if only_alike and recorded.is_streamed != request.is_streamed:
                continue
            is_used = index not in is_open
            ranks.append((only_alike and is_used, len(find_differences(recorded, request)), is_used, index))
        return min(ranks)[-1] if ranks else None

    def _describe_miss(self, request: RecordedRequest, index: int | None) -> Miss:
        name = self.recording.name
        if index is None:
            there = Counter(recorded.endpoint for recorded in self._requests)
            kinds = ", ".join(f"{endpoint} ({count})" for endpoint, count in there.items()) or "nothing"
            return Miss(request, None, (), f"{request.endpoint} is not in {name}, which has {kinds}.")
        nearest = self.recording.exchanges[index]
        where = nearest.origin or f"number {index + 1}"
        found = find_differences(self._requests[index], request)
        if not found:
            count = sum(recorded.key == request.key for recorded in self._requests)
            times = "once" if count == 1 else f"{count} times"
            text = f"{request.endpoint} is in {name} {times} ({where}), and is asked for once more."
            return Miss(request, nearest, (), text)
        text = f"{request.endpoint} is not in {name} as it is asked for. The nearest is {where}; what differs:"
        shown = [str(difference) for difference in found[:_MAX_SHOWN]]
        more = [f"and {len(found) - _MAX_SHOWN} more"] if len(found) > _MAX_SHOWN else []
        return Miss(request, nearest, found, "\n".join([text, *shown, *more]))


async def _send_chunks(chunks: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for chunk in chunks:
        await anyio.lowlevel.checkpoint()  # each chunk arrives by itself, as over a network
        yield chunk
