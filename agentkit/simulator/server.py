"""The local Messages API: routes each request to its endpoint, checks it by the rules and answers it.

It does no I/O: `http/` has the socket server and the in-process transport that call `Simulator.handle`.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agentkit.budget.usage import Usage
from agentkit.errors import ConfigurationError
from agentkit.messages.message import JSONObject
from agentkit.messages.strict_json import parse_strict
from agentkit.simulator.batches import BatchPace, MessageBatches, with_batch_tier
from agentkit.simulator.faults.parsing import parse_fault
from agentkit.simulator.faults.plan import FaultPlan, Faults
from agentkit.simulator.http.wire import (
    ConnectionLost,
    Headers,
    Response,
    error_response,
    json_response,
    max_body_bytes,
)
from agentkit.simulator.ledger import Ledger
from agentkit.simulator.message_endpoint import MessageAnswer, MessageEndpoint
from agentkit.simulator.message_threads import MessageThreads
from agentkit.simulator.model_behavior.models import MODELS, describe_model, find_model_facts
from agentkit.simulator.model_behavior.prompt_cache import count_prompt_tokens, estimate_prompt_tokens
from agentkit.simulator.model_behavior.thinking_signatures import content_digest
from agentkit.simulator.paging import paginate
from agentkit.simulator.quota import Quota
from agentkit.simulator.replies.responder import Responder, UnexpectedRequest
from agentkit.simulator.rules import Edition, Refusal, refuse, refuse_headers
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentkit.messages.message import Block
    from agentkit.models.direct.client import DirectClient
    from agentkit.simulator.faults import Fault

FAULT_HEADER = "x-agentkit-fault"
"""The request header that names a fault for this one request, as text: `status:529`."""
_lock = threading.Lock()
"""Held while a request is counted and recorded: clients may call from several threads."""


@dataclass
class Simulator:
    """A local Messages API with replies from a responder. Use a client in-process, `serve()` over HTTP."""

    responder: Responder
    """Supplies the replies."""
    faults: Faults = ()
    """Faults: one for each message request that passes the rules, in their order, or a random mix. Default: none."""
    quota: Quota = field(default_factory=Quota)
    """Rate limits. The default refuses nothing."""
    batch_pace: BatchPace = field(default_factory=BatchPace)
    """The pace of message batches. The default works one off when its status is first requested."""
    betas: Sequence[str] = ()
    """Names that the `anthropic-beta` header takes beside the known ones; any other is refused, as the API does."""
    requests: list[JSONObject] = field(default_factory=list[JSONObject], init=False)
    """The parsed bodies of message requests that passed the rules, in the order in which they arrived. A request that
    continues a message thread stands here with the whole conversation."""
    bodies: list[bytes] = field(default_factory=list[bytes], init=False)
    """The same bodies as they arrived, in bytes."""
    refusals: list[Refusal] = field(default_factory=list[Refusal], init=False)
    """Requests that broke a rule."""
    ledger: Ledger = field(default_factory=Ledger, init=False)
    """The usage that was really sent for each message request that passed the rules, and its cost."""
    failures: list[Exception] = field(default_factory=list[Exception], init=False)
    """Exceptions of the responder, or of making its reply a response. The client got status 500 for each."""

    def __post_init__(self) -> None:
        self.fault_plan = FaultPlan(self.faults)
        self._endpoint = MessageEndpoint(self.responder)
        self._threads = MessageThreads()
        self._batches = MessageBatches(self._answer_batch_request, self.batch_pace)
        self._request_count = 0

    def client(self) -> AsyncAnthropic:
        """Return a client of the official SDK that calls this simulator without a socket, on asyncio and trio."""
        from agentkit.simulator.http.transport import in_process_client

        return in_process_client(self)

    def direct_client(self) -> DirectClient:
        """Return agentkit's own client, for agents: it calls this simulator in any event loop, and loads no SDK."""
        from agentkit.simulator.http.in_process import in_process_direct_client

        return in_process_direct_client(self)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve HTTP inside the block, which gets the base URL.

        Args:
            host: The address to listen on.
            port: The port to listen on. 0: a free port.

        Raises:
            ConfigurationError: The address cannot be bound.
        """
        from agentkit.simulator.http.http_server import serve_http

        async with serve_http(self, host, port) as base_url:
            yield base_url

    def unapplied_faults(self) -> list[str]:
        """Describe the faults of a list that were not applied: no request came for them, or the reply did not fit."""
        skipped = [] if self.fault_plan.is_random else [f"- {text}" for text in self._endpoint.skipped_faults]
        return [*self.fault_plan.describe_unused(), *skipped]

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one HTTP request; see `Server.handle`."""
        with _lock:
            self._request_count += 1
            response_headers = {"request-id": f"req_{self._request_count:06}", **self.quota.rate_limit_headers()}
        found = refuse_headers(headers, self.betas) or await self._route(method, path, headers, body, response_headers)
        if isinstance(found, Response):
            return found
        self.refusals.append(found)
        return error_response(found.status, found.kind, found.message, response_headers, details=found.details)

    async def _route(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, response_headers: Headers
    ) -> Response | Refusal:
        if len(body) > max_body_bytes(path):
            return Refusal(413, "request_too_large", "Request exceeds the maximum size")
        path, _, query = path.partition("?")
        try:
            given = parse_strict(body.decode()) if body else None
        except (ValueError, RecursionError) as error:
            reason = error if isinstance(error, ValueError) else "it is nested too deeply"
            return Refusal(400, "invalid_request_error", f"The request body is not valid JSON: {reason}")
        match method, path.strip("/").split("/"):
            case "POST", ["v1", "messages"]:
                return await self._create_message(given, body, headers, response_headers)
            case "POST", ["v1", "messages", "count_tokens"]:
                return self._count_tokens(given, headers, response_headers)
            case _, ["v1", "messages", "batches", *way]:
                return await self._batches.handle(method, way, query, headers, given, response_headers)
            case "GET", ["v1", "models"]:
                shown = paginate([describe_model(name, facts) for name, facts in MODELS.items()], query, what="model")
                return shown if isinstance(shown, Refusal) else json_response(200, shown, response_headers)
            case "GET", ["v1", "models", name] if facts := find_model_facts(name):
                return json_response(200, describe_model(name, facts), response_headers)
            case "GET", ["v1", "models", name]:
                return Refusal(404, "not_found_error", f"model: {name}")
            case _:
                return Refusal(404, "not_found_error", "Not found")

    def _count_tokens(self, given: object, headers: Mapping[str, str], response_headers: Headers) -> Response | Refusal:
        refusal = _find_refusal(given, Edition.from_headers(headers), counting=True)
        if refusal is not None:
            return refusal
        return json_response(200, {"input_tokens": count_prompt_tokens(cast("JSONObject", given))}, response_headers)

    async def _create_message(
        self, given: object, body: bytes, headers: Mapping[str, str], response_headers: Headers
    ) -> Response | Refusal:
        try:
            fault = parse_fault(headers[FAULT_HEADER]) if FAULT_HEADER in headers else None
        except ConfigurationError as error:
            return Refusal(400, "invalid_request_error", f"{FAULT_HEADER}: {error}")
        edition = Edition.from_headers(headers)
        sent = cast("JSONObject", given)  # a body that is no object is refused by the rules below
        full_body = self._threads.with_stored_messages(sent, edition) if isinstance(given, dict) else sent
        if isinstance(full_body, Refusal):
            return full_body
        if refusal := _find_refusal(full_body, edition):
            return refusal
        conversation = content_digest([full_body.get("system"), full_body.get("tools"), full_body["messages"]])[:12]
        with _lock:  # rows and requests stand in the same order
            fault = fault or self.fault_plan.next_fault(conversation)
            entry = self.ledger.open_row(full_body["model"], conversation)
            answer = self._check_quota(estimate_prompt_tokens(sent, len(body)), response_headers)
            if answer is None:
                # the remaining amounts include this request
                response_headers = {**response_headers, **self.quota.rate_limit_headers()}
                self._record_request(full_body, body)
        try:
            if answer is None:
                answer = await self._answer_message(sent, full_body, conversation, fault, response_headers)
        except BaseException as error:  # a fault closes the connection, or the client disconnected
            entry.close(is_broken=isinstance(error, Exception))
            raise
        return entry.count_response(answer.response, answer.usage)

    def _record_request(self, full_body: JSONObject, body: bytes) -> None:
        """Record a request that is being answered, under the lock."""
        self.requests.append(full_body)
        self.bodies.append(body)

    def _check_quota(self, input_tokens: int, response_headers: Headers) -> MessageAnswer | None:
        """Return the status 429 for a request over the rate limits. None: the request is within them."""
        late = self.quota.take_request(input_tokens)
        if late is None:
            return None
        limit, wait_s = late
        text = APPROXIMATE["rate limit"].format(limit=limit.replace("-", " "))
        more = {**response_headers, **self.quota.rate_limit_headers(), "retry-after": str(max(1, round(wait_s + 0.5)))}
        return MessageAnswer(error_response(429, "rate_limit_error", text, more))

    async def _answer_message(
        self, body: JSONObject, full_body: JSONObject, conversation: str, fault: Fault | None, response_headers: Headers
    ) -> MessageAnswer:
        self._threads.mark_in_flight(body)
        message_id = self._endpoint.next_message_id(conversation)
        content: list[Block] | None = None
        try:
            answer = await self._endpoint.answer_message(full_body, conversation, message_id, fault, response_headers)
            content = answer.content
            with _lock:
                self.quota.take_output_tokens(Usage.from_api(answer.usage).output_tokens)
        except ConnectionLost:
            raise
        except UnexpectedRequest as error:
            return MessageAnswer(error_response(400, "invalid_request_error", str(error), response_headers))
        except Exception as error:  # noqa: BLE001 - a server answers with status 500 when its responder fails
            self.failures.append(error)
            text = f"The simulated model failed: {type(error).__name__}: {error}"
            return MessageAnswer(
                error_response(500, "api_error", text, {**response_headers, "x-should-retry": "false"})
            )
        finally:
            self._threads.store_reply(body, full_body, message_id, content)
        return answer

    async def _answer_batch_request(self, params: JSONObject, edition: Edition) -> tuple[int, JSONObject]:
        """Answer a request of a batch. Faults and rate limits do not apply to it."""
        refusal = _find_refusal(params, edition)
        if refusal is not None:
            error = {"type": refusal.kind, "message": refusal.message}
            return refusal.status, {"type": "error", "error": error, "request_id": None}
        conversation = content_digest([params.get("system"), params.get("tools"), params["messages"]])[:12]
        with _lock:
            self.requests.append(params)
            entry = self.ledger.open_row(params["model"], conversation)
        response_headers = {"request-id": f"req_{self._request_count:06}"}
        answer = await self._answer_message(params, params, conversation, None, response_headers)
        usage = None if answer.usage is None else {**answer.usage, "service_tier": "batch"}
        response = entry.count_response(answer.response, usage)
        data = b"".join([chunk async for chunk in response.chunks])
        value = cast("JSONObject", parse_strict(data.decode()))
        return response.status, with_batch_tier(value) if response.status == 200 else value


def _find_refusal(given: object, edition: Edition, *, counting: bool = False) -> Refusal | None:
    try:
        return refuse(given, edition, counting=counting)
    except RecursionError:
        return Refusal(400, "invalid_request_error", "The request body is not valid JSON: it is nested too deeply")
