"""The local Messages API: routes each request to its endpoint, checks it by the rules and answers it.

It does no I/O: `http/` has the socket server and the in-process transport that call `Simulator.handle`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agentkit.errors import ConfigurationError
from agentkit.messages.message import JSONObject
from agentkit.messages.strict_json import parse_strict
from agentkit.simulator.batches import Batches, batch_price
from agentkit.simulator.faults.parsing import parse
from agentkit.simulator.faults.plan import FaultPlan, Faults
from agentkit.simulator.http.wire import ConnectionLost, Headers, Response, body_limit, failure, json_answer
from agentkit.simulator.ledger import Ledger
from agentkit.simulator.message_endpoint import Answer, Answering
from agentkit.simulator.message_threads import Threads
from agentkit.simulator.model_behavior.models import MODELS, describe, facts_of
from agentkit.simulator.model_behavior.prompt_cache import BYTES_PER_TOKEN, count_tokens
from agentkit.simulator.model_behavior.thinking_signatures import digest
from agentkit.simulator.paging import page
from agentkit.simulator.quota import Quota
from agentkit.simulator.replies.responder import Responder, UnexpectedRequest
from agentkit.simulator.rules import Edition, Refusal, refuse, refuse_headers
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentkit.messages.message import Block
    from agentkit.simulator.faults import Fault

FAULT_HEADER = "x-agentkit-fault"
"""The request header that names a fault for this one request, as text: `status:529`."""


@dataclass
class Simulator:
    """A local Messages API with replies from a responder. Use `client()` in-process, `serve()` over HTTP."""

    mind: Responder
    faults: Faults = ()
    """Faults: one for each message request that passes the rules, in their order, or a random mix. Default: none."""
    quota: Quota = field(default_factory=Quota)
    """Rate limits. The default refuses nothing."""
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
        self.plan = FaultPlan(self.faults)
        self._answering = Answering(self.mind)
        self._threads = Threads()
        self._batches = Batches(self._answer_in_batch)
        self._count = 0

    def client(self) -> AsyncAnthropic:
        """Return a client of the official SDK that calls this simulator without a socket, on asyncio and trio."""
        from agentkit.simulator.http.transport import in_process_client

        return in_process_client(self)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve HTTP inside the block, which gets the base URL.

        Args:
            host: The address to listen on.
            port: The port to listen on. 0: a free port.

        Raises:
            ConfigurationError: The address cannot be bound.
        """
        from agentkit.simulator.http.http_server import serving

        async with serving(self, host, port) as base_url:
            yield base_url

    def undone(self) -> list[str]:
        """Describe the faults of a list that were not applied: no request came for them, or the reply did not fit."""
        skipped = [] if self.plan.is_drawn else [f"- {text}" for text in self._answering.skipped]
        return [*self.plan.unused(), *skipped]

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one HTTP request; see `Server.handle`."""
        self._count += 1
        told = {"request-id": f"req_{self._count:06}", **self.quota.headers()}
        found = refuse_headers(headers) or await self._route(method, path, headers, body, told)
        if isinstance(found, Response):
            return found
        self.refusals.append(found)
        return failure(found.status, found.kind, found.message, told, details=found.details)

    async def _route(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, told: Headers
    ) -> Response | Refusal:
        if len(body) > body_limit(path):
            return Refusal(413, "request_too_large", "Request exceeds the maximum size")
        path, _, query = path.partition("?")
        try:
            given = parse_strict(body.decode()) if body else None
        except (ValueError, RecursionError) as error:
            reason = error if isinstance(error, ValueError) else "it is nested too deeply"
            return Refusal(400, "invalid_request_error", f"The request body is not valid JSON: {reason}")
        match method, path.strip("/").split("/"):
            case "POST", ["v1", "messages"]:
                return await self._message(given, body, headers, told)
            case "POST", ["v1", "messages", "count_tokens"]:
                return self._counted(given, headers, told)
            case _, ["v1", "messages", "batches", *way]:
                host = headers.get("host", "localhost")
                return await self._batches.handle(method, way, query, host, given, told)
            case "GET", ["v1", "models"]:
                shown = page([describe(name, facts) for name, facts in MODELS.items()], query, what="model")
                return shown if isinstance(shown, Refusal) else json_answer(200, shown, told)
            case "GET", ["v1", "models", name] if facts := facts_of(name):
                return json_answer(200, describe(name, facts), told)
            case "GET", ["v1", "models", name]:
                return Refusal(404, "not_found_error", f"model: {name}")
            case _:
                return Refusal(404, "not_found_error", "Not found")

    def _counted(self, given: object, headers: Mapping[str, str], told: Headers) -> Response | Refusal:
        refusal = _refused(given, Edition.of(headers), counting=True)
        if refusal is not None:
            return refusal
        return json_answer(200, {"input_tokens": count_tokens(cast("JSONObject", given))}, told)

    async def _message(
        self, given: object, body: bytes, headers: Mapping[str, str], told: Headers
    ) -> Response | Refusal:
        try:
            fault = parse(headers[FAULT_HEADER]) if FAULT_HEADER in headers else None
        except ConfigurationError as error:
            return Refusal(400, "invalid_request_error", f"{FAULT_HEADER}: {error}")
        edition = Edition.of(headers)
        sent = cast("JSONObject", given)  # a body that is no object is refused by the rules below
        whole = self._threads.whole(sent, edition) if isinstance(given, dict) else sent
        if isinstance(whole, Refusal):
            return whole
        if refusal := _refused(whole, edition):
            return refusal
        conversation = digest([whole.get("system"), whole.get("tools"), whole["messages"]])[:12]
        fault = fault or self.plan.draw(conversation)
        entry = self.ledger.begin(whole["model"], conversation)
        try:
            answer = self._too_soon(body, told)
            if answer is None:
                told = {**told, **self.quota.headers()}  # the remaining amounts include this request
                self.requests.append(whole)
                self.bodies.append(body)
                answer = await self._answered(sent, whole, conversation, fault, told)
        except BaseException:  # a fault closes the connection, or the client disconnected
            entry.close()
            raise
        return entry.carry(answer.response, answer.usage)

    def _too_soon(self, body: bytes, told: Headers) -> Answer | None:
        """Return the status 429 for a request over the rate limits. None: the request is within them."""
        late = self.quota.wait_s(len(body) // BYTES_PER_TOKEN)
        if late is None:
            return None
        limit, wait_s = late
        text = APPROXIMATE["rate limit"].format(limit=limit.replace("-", " "))
        more = {**told, **self.quota.headers(), "retry-after": str(max(1, round(wait_s + 0.5)))}
        return Answer(failure(429, "rate_limit_error", text, more))

    async def _answered(
        self, body: JSONObject, whole: JSONObject, conversation: str, fault: Fault | None, told: Headers
    ) -> Answer:
        self._threads.begin(body)
        content: list[Block] | None = None
        try:
            answer = await self._answering.answer(whole, conversation, fault, told)
            content = answer.content
            self.quota.spend(int(answer.usage["output_tokens"]) if answer.usage else 0)
        except ConnectionLost:
            raise
        except UnexpectedRequest as error:
            return Answer(failure(400, "invalid_request_error", str(error), told))
        except Exception as error:  # noqa: BLE001 - a server answers with status 500 when its responder fails
            self.failures.append(error)
            text = f"The simulated model failed: {type(error).__name__}: {error}"
            return Answer(failure(500, "api_error", text, {**told, "x-should-retry": "false"}))
        finally:
            self._threads.end(body, whole, f"msg_{conversation}", content)
        return answer

    async def _answer_in_batch(self, params: JSONObject) -> tuple[int, JSONObject]:
        """Answer a request of a batch. Faults and rate limits do not apply to it."""
        refusal = _refused(params, Edition())
        if refusal is not None:
            error = {"type": refusal.kind, "message": refusal.message}
            return refusal.status, {"type": "error", "error": error, "request_id": None}
        conversation = digest([params.get("system"), params.get("tools"), params["messages"]])[:12]
        self.requests.append(params)
        told = {"request-id": f"req_{self._count:06}"}
        response = (await self._answered(params, params, conversation, None, told)).response
        data = b"".join([chunk async for chunk in response.chunks])
        value = cast("JSONObject", parse_strict(data.decode()))
        return response.status, batch_price(value) if response.status == 200 else value


def _refused(given: object, edition: Edition, *, counting: bool = False) -> Refusal | None:
    try:
        return refuse(given, edition, counting=counting)
    except RecursionError:
        return Refusal(400, "invalid_request_error", "The request body is not valid JSON: it is nested too deeply")
