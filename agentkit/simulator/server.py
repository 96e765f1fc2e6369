"""The local Messages API itself: a request in, a response out, whatever carries them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agentkit.jsontext import parse_strict
from agentkit.messages import JSONObject
from agentkit.simulator import stream
from agentkit.simulator.binding import digest, sign
from agentkit.simulator.cache import PromptCache, count_tokens, output_tokens
from agentkit.simulator.mind import Mind, UnexpectedRequest
from agentkit.simulator.rules import Refusal, refuse
from agentkit.simulator.wire import MOST_BODY_BYTES, Response, event_stream, failure, json_answer

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentkit.simulator.reply import Reply

_PATHS = ("/v1/messages", "/v1/messages/count_tokens")


@dataclass
class Simulator:
    """A local Messages API whose mind answers. Use `client()` in-process, `serve()` over HTTP."""

    mind: Mind
    requests: list[JSONObject] = field(default_factory=list[JSONObject], init=False)
    """Bodies of the message requests that passed the rules, in the order in which they came."""
    bodies: list[bytes] = field(default_factory=list[bytes], init=False)
    """The same bodies as the bytes that arrived."""
    refusals: list[Refusal] = field(default_factory=list[Refusal], init=False)
    """Requests that broke a rule."""
    failures: list[Exception] = field(default_factory=list[Exception], init=False)
    """What the mind raised, or what its replies could not be made of; the client saw a server error."""

    def __post_init__(self) -> None:
        self._cache = PromptCache()
        self._count = 0

    def client(self) -> AsyncAnthropic:
        """A client of the official SDK that talks to this simulator without a socket, on asyncio and trio."""
        from agentkit.simulator.transport import in_process_client

        return in_process_client(self)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve HTTP inside the block; it gives the base URL. Port 0 takes a free one.

        Raises ConfigurationError when the address cannot be had.
        """
        from agentkit.simulator.http_server import serving

        async with serving(self, host, port) as base_url:
            yield base_url

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one HTTP request."""
        self._count += 1
        request_id = f"req_{self._count:06}"
        path = path.partition("?")[0]
        if method != "POST" or path not in _PATHS:
            return failure(404, "not_found_error", "Not found", request_id)
        if len(body) > MOST_BODY_BYTES:
            return failure(413, "request_too_large", "Request exceeds the maximum size", request_id)
        counting = path.endswith("count_tokens")
        try:
            request = cast("JSONObject", parse_strict(body.decode()))  # `refuse` sees to it that it is one
            if refusal := refuse(request, counting=counting):
                self.refusals.append(refusal)
                return failure(refusal.status, refusal.kind, refusal.message, request_id)
            seed = digest([request.get("system"), request.get("tools"), request["messages"]])[:12]
        except (ValueError, RecursionError) as error:
            reason = error if isinstance(error, ValueError) else "it is nested too deeply"
            return failure(400, "invalid_request_error", f"The request body is not valid JSON: {reason}", request_id)
        if counting:
            return json_answer(200, {"input_tokens": count_tokens(request)}, request_id)
        self.requests.append(request)
        self.bodies.append(body)
        try:
            return self._respond(await self.mind.answer(request), request, seed, request_id)
        except UnexpectedRequest as error:
            return failure(400, "invalid_request_error", str(error), request_id)
        except Exception as error:  # noqa: BLE001 - a server answers, whatever becomes of its mind
            self.failures.append(error)
            text = f"The simulated model failed: {type(error).__name__}: {error}"
            return failure(500, "api_error", text, request_id)

    def _respond(self, reply: Reply, request: JSONObject, seed: str, request_id: str) -> Response:
        if reply.error is not None:
            status = reply.error.status
            is_retryable = status in (408, 409, 429) or status >= 500
            return failure(status, reply.error.kind, reply.error.message, request_id, is_retryable=is_retryable)
        turn = reply.to_turn(request, seed)
        sign(request, turn.content)
        usage: JSONObject = {**self._cache.usage(request), "output_tokens": output_tokens(turn.content)}
        usage |= reply.usage or {}
        message_id, model = f"msg_{seed}", str(request["model"])
        if not request.get("stream"):
            whole = stream.message(turn, message_id=message_id, model=model, usage=usage)
            return json_answer(200, whole, request_id)
        events = stream.events(turn, message_id=message_id, model=model, usage=usage)
        return event_stream([stream.to_sse(event) for event in events], request_id)
