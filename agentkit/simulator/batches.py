"""Message batches: many requests at half the price, with results as JSON lines when all of them are answered.

Two rules for this file: nothing runs in the background, so a batch is worked off when it is looked at, as far as its
pace says; and no result, and no count of results, is shown before the batch has ended.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

import anyio

from agentkit.messages.message import JSONObject
from agentkit.simulator.http.wire import Headers, Response, json_lines_response, json_response
from agentkit.simulator.paging import paginate
from agentkit.simulator.rules.refusal import APPROXIMATE, Edition, Refusal

AnswerBatchRequest: TypeAlias = Callable[[JSONObject, Edition], Awaitable["tuple[int, JSONObject]"]]
"""A function from the body of one message request, and the version and betas of its batch, to the HTTP status and the
message or the error object."""

_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MAX_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class BatchPace:
    """The pace at which a server works off each of its batches, one request after another."""

    seconds_per_request: float = 0.0
    """Seconds for one request. 0: a batch is through when its status is first requested."""
    expires_s: float = 86_400
    """Seconds after which a batch ends, and the requests that are not answered have expired."""
    cancel_s: float = 0.0
    """Seconds for which a batch that was canceled is `canceling`, at least until its status is requested next."""
    clock: Callable[[], float] = time.monotonic
    """Returns seconds; only differences count."""


@dataclass(slots=True)
class _Batch:
    id: str
    requests: list[JSONObject]
    edition: Edition
    """The version and the betas with which the batch was created; they hold for its requests."""
    began_s: float
    """The time of its creation, by the clock of the pace."""
    created: datetime
    ended: datetime | None = None
    cancelled: datetime | None = None
    cancelled_s: float = math.inf
    """The time of its cancellation, by the clock of the pace."""
    results: list[JSONObject] = field(default_factory=list[JSONObject])
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    """Held while the requests are answered, so that concurrent status requests wait for the same work."""

    def end(self, rest: str) -> None:
        """End the batch; the requests without a result get this one."""
        done = {line["custom_id"] for line in self.results}
        self.results += [
            {"custom_id": request["custom_id"], "result": {"type": rest}}
            for request in self.requests
            if request["custom_id"] not in done
        ]
        self.results.reverse()  # the API does not promise the order of the requests either
        self.ended = datetime.now(UTC)

    def to_json(self, host: str, expires_s: float) -> JSONObject:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        if self.ended is None:
            counts["processing"] = len(self.requests)
        else:
            for line in self.results:
                counts[line["result"]["type"]] += 1
        path = f"http://{host}/v1/messages/batches/{self.id}/results"
        unfinished = "canceling" if self.cancelled else "in_progress"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended" if self.ended else unfinished,
            "request_counts": counts,
            "created_at": self.created.isoformat(),
            "expires_at": (self.created + timedelta(seconds=expires_s)).isoformat(),
            "ended_at": self.ended.isoformat() if self.ended else None,
            "cancel_initiated_at": self.cancelled.isoformat() if self.cancelled else None,
            "archived_at": None,
            "results_url": path if self.ended else None,
        }


class MessageBatches:
    """The batches of one server."""

    def __init__(self, answer: AnswerBatchRequest, pace: BatchPace) -> None:
        self._answer = answer
        self._pace = pace
        self._batches: dict[str, _Batch] = {}
        self._count = 0

    async def handle(
        self,
        method: str,
        subpath: Sequence[str],
        query: str,
        headers: Mapping[str, str],
        body: object,
        response_headers: Headers,
    ) -> Response | Refusal:
        """Answer a request below `/v1/messages/batches`; `subpath` holds the remaining segments of its path."""
        host = headers.get("host", "localhost")
        if method == "POST" and not subpath:
            return self._create_batch(body, Edition.from_headers(headers), host, response_headers)
        if method == "GET" and not subpath:
            return await self._list_batches(query, host, response_headers)
        batch = self._batches.get(subpath[0]) if subpath else None
        if batch is None:
            return Refusal(
                404,
                "not_found_error",
                "Not found"
                if not subpath
                else APPROXIMATE["page"].format(field="message_batch_id", what="batch", id=subpath[0]),
            )
        match method, *subpath[1:]:
            case ["GET"]:
                await self._work_off(batch)
            case ["GET", "results"]:
                await self._work_off_in_time(batch)
                if batch.ended is None:
                    return _state_refusal(batch, "is still being processed and has no results yet")
                return json_lines_response(batch.results, response_headers)
            case ["POST", "cancel"]:
                await self._work_off_in_time(batch)
                if batch.ended is not None:
                    return _state_refusal(batch, "has ended and cannot be canceled")
                if batch.cancelled is None:
                    batch.cancelled, batch.cancelled_s = datetime.now(UTC), self._pace.clock()
            case ["DELETE"]:
                if batch.ended is None:
                    return _state_refusal(batch, "is still being processed: cancel it first")
                del self._batches[batch.id]
                return json_response(200, {"id": batch.id, "type": "message_batch_deleted"}, response_headers)
            case _:
                return Refusal(404, "not_found_error", "Not found")
        return json_response(200, batch.to_json(host, self._pace.expires_s), response_headers)

    def _create_batch(self, body: object, edition: Edition, host: str, response_headers: Headers) -> Response | Refusal:
        if text := _find_batch_error(body):
            return Refusal(400, "invalid_request_error", text)
        self._count += 1
        requests: list[JSONObject] = cast("JSONObject", body)["requests"]
        batch = _Batch(f"msgbatch_{self._count:06}", requests, edition, self._pace.clock(), datetime.now(UTC))
        self._batches[batch.id] = batch
        return json_response(200, batch.to_json(host, self._pace.expires_s), response_headers)

    async def _list_batches(self, query: str, host: str, response_headers: Headers) -> Response | Refusal:
        for batch in [*self._batches.values()]:
            await self._work_off_in_time(batch)
        shown = [batch.to_json(host, self._pace.expires_s) for batch in reversed(self._batches.values())]
        listed = paginate(shown, query, what="batch")
        return listed if isinstance(listed, Refusal) else json_response(200, listed, response_headers)

    async def _work_off_in_time(self, batch: _Batch) -> None:
        """Work a batch off where time does that, and not only requests for its status."""
        if self._pace.seconds_per_request and not batch.lock.locked():
            await self._work_off(batch)

    async def _work_off(self, batch: _Batch) -> None:
        """Answer the requests whose time has come, and end the batch if it is over."""
        pace = self._pace
        async with batch.lock:  # a concurrent status request waits here
            if batch.ended is not None:
                return
            expires_s = batch.began_s + pace.expires_s
            worked_s = min(pace.clock(), expires_s, batch.cancelled_s) - batch.began_s
            due = len(batch.requests)
            if pace.seconds_per_request:
                due = min(due, int(worked_s / pace.seconds_per_request + 1e-9))
            elif batch.cancelled is not None:
                due = 0
            for request in batch.requests[len(batch.results) : due]:
                status, answer = await self._answer(request["params"], batch.edition)
                name = "message" if status == 200 else "error"
                result = {"type": "succeeded" if status == 200 else "errored", name: answer}
                batch.results.append({"custom_id": request["custom_id"], "result": result})
                if batch.cancelled is not None:  # meanwhile: what was in work is done
                    break
            now = pace.clock()
            if len(batch.results) == len(batch.requests):
                batch.end("succeeded")
            elif batch.cancelled is not None:
                if now >= batch.cancelled_s + pace.cancel_s:
                    batch.end("canceled")
            elif now >= expires_s:
                batch.end("expired")


def _state_refusal(batch: _Batch, state: str) -> Refusal:
    return Refusal(400, "invalid_request_error", APPROXIMATE["batch state"].format(id=batch.id, state=state))


def _find_batch_error(body: object) -> str | None:
    requests = cast("JSONObject", body).get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list):
        return APPROXIMATE["missing"].format(field="requests")
    given = cast("list[object]", requests)
    if not 0 < len(given) <= _MAX_REQUESTS:
        return f"requests: List should have between 1 and {_MAX_REQUESTS} items"
    seen: set[str] = set()
    for i, request in enumerate(given):
        if not isinstance(request, dict):
            return f"requests.{i}: Input should be a valid dictionary"
        custom_id = cast("JSONObject", request).get("custom_id")
        if not isinstance(custom_id, str) or not _CUSTOM_ID.fullmatch(custom_id):
            return f"requests.{i}.custom_id: String should match pattern '^{_CUSTOM_ID.pattern}$'"
        if custom_id in seen:
            return APPROXIMATE["custom id"].format(id=custom_id)
        seen.add(custom_id)
        params = cast("JSONObject", request).get("params")
        if not isinstance(params, dict):
            return APPROXIMATE["missing"].format(field=f"requests.{i}.params")
        if cast("JSONObject", params).get("stream"):
            return f"requests.{i}.params.stream: streaming is not supported in batches"
        if cast("JSONObject", params).get("max_tokens") == 0:
            return f"requests.{i}.params.{APPROXIMATE['nothing to say'].format(what='a batch')}"
    return None


def with_batch_tier(message: JSONObject) -> JSONObject:
    """Return the message with the service tier `batch` in its usage, by which clients apply the batch price."""
    return {**message, "usage": {**message["usage"], "service_tier": "batch"}}
