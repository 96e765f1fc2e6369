"""The local Messages API itself: a request in, a response out, whatever carries them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import anyio
import anyio.lowlevel

from agentkit.jsontext import parse_strict
from agentkit.messages import JSONObject, encode
from agentkit.simulator import stream
from agentkit.simulator.binding import digest, sign
from agentkit.simulator.cache import PromptCache, count_tokens, output_tokens
from agentkit.simulator.mind import Mind, UnexpectedRequest
from agentkit.simulator.rules import Refusal, refuse
from agentkit.simulator.wire import Response

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_JSON = {"content-type": "application/json"}
_SSE = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


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

    def __post_init__(self) -> None:
        self._cache = PromptCache()
        self._count = 0

    def client(self) -> AsyncAnthropic:
        """A client of the official SDK that talks to this simulator without a socket, on asyncio and trio."""
        from agentkit.simulator.transport import in_process_client

        return in_process_client(self)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve HTTP inside the block; it gives the base URL. Port 0 takes a free one."""
        from agentkit.simulator.http_server import listen, serve_forever

        listener, base_url = await listen(host, port)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve_forever, self, listener)
            try:
                yield base_url
            finally:
                tasks.cancel_scope.cancel()

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one HTTP request."""
        self._count += 1
        request_id = f"req_{self._count:06}"
        path = path.partition("?")[0]
        if method != "POST" or path not in ("/v1/messages", "/v1/messages/count_tokens"):
            return _failure(Refusal(404, "not_found_error", "Not found"), request_id)
        counting = path.endswith("count_tokens")
        try:
            request = cast("JSONObject", parse_strict(body.decode()))  # `refuse` sees to it that it is one
        except ValueError:
            return _failure(Refusal(400, "invalid_request_error", "The request body is not valid JSON"), request_id)
        if refusal := refuse(request, counting=counting):
            self.refusals.append(refusal)
            return _failure(refusal, request_id)
        if counting:
            return _json(200, {"input_tokens": count_tokens(request)}, request_id)
        self.requests.append(request)
        self.bodies.append(body)
        return await self._answer(request, request_id)

    async def _answer(self, request: JSONObject, request_id: str) -> Response:
        try:
            reply = await self.mind.answer(request)
        except UnexpectedRequest as error:
            return _failure(Refusal(400, "invalid_request_error", str(error)), request_id)
        if reply.error is not None:
            return _failure(Refusal(reply.error.status, reply.error.kind, reply.error.message), request_id)
        seed = digest([request.get("system"), request.get("tools"), request["messages"]])[:12]
        turn = reply.to_turn(request, seed)
        sign(request, turn.content)
        usage: JSONObject = {**self._cache.usage(request), "output_tokens": output_tokens(turn.content)}
        usage |= reply.usage or {}
        message_id, model = f"msg_{seed}", str(request["model"])
        if not request.get("stream"):
            return _json(200, stream.message(turn, message_id=message_id, model=model, usage=usage), request_id)
        events = stream.events(turn, message_id=message_id, model=model, usage=usage)
        chunks = _spread([stream.to_sse(event) for event in events])
        return Response(200, {**_SSE, "request-id": request_id}, chunks)


async def _spread(chunks: list[bytes]) -> AsyncGenerator[bytes]:
    for chunk in chunks:
        await anyio.lowlevel.checkpoint()  # each event by itself, as over a network
        yield chunk


def _json(status: int, value: object, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {**_JSON, "request-id": request_id, **(headers or {})}, _spread([encode(value)]))


def _failure(refusal: Refusal, request_id: str) -> Response:
    error = {"type": refusal.kind, "message": refusal.message}
    body = {"type": "error", "error": error, "request_id": request_id}
    is_retryable = refusal.status in (408, 409, 429) or refusal.status >= 500
    return _json(refusal.status, body, request_id, {} if is_retryable else {"x-should-retry": "false"})
