"""Message batches: many requests at half the price, with results as JSON lines when all of them are answered.

The requests of a batch are answered when its status is first requested. So nothing runs in the background, and every
run of a program sees the same states: `in_progress` in the response that creates the batch, `ended` from then on,
unless the batch was canceled before.
"""

from __future__ import annotations

import re
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


@dataclass(slots=True)
class _Batch:
    id: str
    requests: list[JSONObject]
    edition: Edition
    """The version and the betas with which the batch was created; they hold for its requests."""
    created: datetime
    ended: datetime | None = None
    cancelled: datetime | None = None
    results: list[JSONObject] = field(default_factory=list[JSONObject])
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    """Held while the requests are answered, so that concurrent status requests wait for the same work."""

    def is_over(self) -> bool:
        return self.ended is not None

    def to_json(self, host: str) -> JSONObject:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        if self.ended is None:
            counts["processing"] = len(self.requests) - len(self.results)
        for line in self.results:
            counts[line["result"]["type"]] += 1
        path = f"http://{host}/v1/messages/batches/{self.id}/results"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended" if self.ended else "in_progress",
            "request_counts": counts,
            "created_at": self.created.isoformat(),
            "expires_at": (self.created + timedelta(days=1)).isoformat(),
            "ended_at": self.ended.isoformat() if self.ended else None,
            "cancel_initiated_at": self.cancelled.isoformat() if self.cancelled else None,
            "archived_at": None,
            "results_url": path if self.ended else None,
        }


class MessageBatches:
    """The batches of one server."""

    def __init__(self, answer: AnswerBatchRequest) -> None:
        self._answer = answer
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
            shown = [batch.to_json(host) for batch in reversed(self._batches.values())]
            listed = paginate(shown, query, what="batch")
            return listed if isinstance(listed, Refusal) else json_response(200, listed, response_headers)
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
                await self._answer_requests(batch)
            case ["GET", "results"]:
                if batch.ended is None:
                    return _state_refusal(batch, "is still being processed and has no results yet")
                return json_lines_response(batch.results, response_headers)
            case ["POST", "cancel"]:
                if batch.ended is not None:
                    return _state_refusal(batch, "has ended and cannot be canceled")
                self._cancel_batch(batch)
            case ["DELETE"]:
                if batch.ended is None:
                    return _state_refusal(batch, "is still being processed: cancel it first")
                del self._batches[batch.id]
                return json_response(200, {"id": batch.id, "type": "message_batch_deleted"}, response_headers)
            case _:
                return Refusal(404, "not_found_error", "Not found")
        return json_response(200, batch.to_json(host), response_headers)

    def _create_batch(self, body: object, edition: Edition, host: str, response_headers: Headers) -> Response | Refusal:
        if text := _find_batch_error(body):
            return Refusal(400, "invalid_request_error", text)
        self._count += 1
        requests: list[JSONObject] = cast("JSONObject", body)["requests"]
        batch = _Batch(f"msgbatch_{self._count:06}", requests, edition, datetime.now(UTC))
        self._batches[batch.id] = batch
        return json_response(200, batch.to_json(host), response_headers)

    async def _answer_requests(self, batch: _Batch) -> None:
        async with batch.lock:  # a concurrent status request waits here
            for request in batch.requests[len(batch.results) :]:
                status, answer = await self._answer(request["params"], batch.edition)
                if batch.is_over():
                    return  # canceled in the meantime: this request has its result already
                name = "message" if status == 200 else "error"
                result = {"type": "succeeded" if status == 200 else "errored", name: answer}
                batch.results.append({"custom_id": request["custom_id"], "result": result})
            if not batch.is_over():
                batch.ended = datetime.now(UTC)

    def _cancel_batch(self, batch: _Batch) -> None:
        batch.cancelled = batch.ended = datetime.now(UTC)
        done = {line["custom_id"] for line in batch.results}
        batch.results += [
            {"custom_id": request["custom_id"], "result": {"type": "canceled"}}
            for request in batch.requests
            if request["custom_id"] not in done
        ]


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
