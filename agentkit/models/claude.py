"""One streamed request in, the API's stream events out: the narrow door to a model.

The request goes through the SDK's public low-level `post`, so its authentication, typed errors and middleware stay in
force, while the events reach us as the API's own dictionaries. It is sent once: its retries are switched off, ours
stand above this file.
"""

from __future__ import annotations

import contextlib
import json
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast

from agentkit.budget import upper_bounds as bounds
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.models import api_errors as model_errors
from agentkit.models.rate_limiting.limiter import Governor, Permit, governor_of
from agentkit.models.retry import Retry
from agentkit.models.sse import EventReader

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator

    import httpx2
    from anthropic import AsyncStream, RequestOptions

    from agentkit.models.client import Client
    from agentkit.models.rate_limiting.cache_warmup import Writing

# Exactly these types send prepared bytes unchanged; Bedrock and Vertex rewrite the body, and of a subclass we do
# not know it.
_TAKES_BYTES = {"AsyncAnthropic", "AsyncAnthropicFoundry", "AsyncAnthropicAWS", "AsyncAnthropicBedrockMantle"}
# This one gets its events in frames of another protocol.
_SENDS_FRAMES = {"AsyncAnthropicBedrock"}
# These lack the top-level cache marker.
_NEEDS_BLOCK_MARKER = {"AsyncAnthropicBedrock", "AsyncAnthropicVertex"}


_COUNTED = ("model", "system", "tools", "messages", "tool_choice", "thinking", "output_config", "cache_control")
_TOO_MANY = (429, 529)
_TOO_MANY_KINDS = ("rate_limit_error", "overloaded_error")
_LIMIT_HEADERS = b"anthropic-ratelimit-"
_CONNECT_S = 10.0
_LONGEST_PAUSE_S = 60.0
"""What others wait at the most because one call was told to wait longer: they may have to ask for themselves."""


@dataclass(frozen=True, slots=True)
class ClaudeModel:
    """A Claude model behind any async client of the official SDK."""

    name: str
    client: Client
    idle_timeout_s: float = Retry().idle_timeout_s
    """Seconds without a byte after which a connection is given up."""
    governor: Governor | None = field(default=None, repr=False, compare=False)
    """The rate limit that it waits for, when it is known already. None: that of the client in this event loop."""

    @property
    def holds_threads(self) -> bool:
        """Whether the server behind it is one that can hold conversations: Anthropic's own, reached as it is."""
        kind = type(self.client)
        is_own = kind.__module__.partition(".")[0] == "anthropic" and kind.__name__ == "AsyncAnthropic"
        return is_own and not self.client.middleware

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """See `Model.stream`. Waits for its place under the rate limit that all calls of this client share."""
        governor = self.governor or governor_of(self.client, self.name)
        writing = await governor.warmth.wait(request)
        with writing or contextlib.nullcontext():
            permit = await governor.admit(request.sender, bounds.likely_tokens(request))
            with permit, _watched(permit), model_errors.translated(self.name):
                stream = await self._post(request.as_sent())
                permit.learn(_limits(stream.response.headers))
                async with stream, aclosing(_events(stream, self.client, permit, writing)) as events:
                    yield events

    async def count_tokens(self, request: Request) -> int | None:
        """How long the prompt is, as the API counts it. None: the server cannot say."""
        body = {name: value for name, value in request.to_dict().items() if name in _COUNTED}
        try:
            with model_errors.translated(self.name):
                counted = await self.client.post(
                    "/v1/messages/count_tokens", body=body, options=self._options(request), cast_to=object
                )
        except ModelError:
            return None
        tokens = cast("JSONObject", counted).get("input_tokens") if isinstance(counted, dict) else None
        return tokens if isinstance(tokens, int) else None

    def _options(self, request: Request) -> RequestOptions:
        headers = {"content-type": "application/json"}
        if request.betas:
            headers["anthropic-beta"] = ",".join(request.betas)
        return {"headers": headers, "max_retries": 0, "timeout": _timeout(self.idle_timeout_s)}

    async def _post(self, request: Request) -> AsyncStream[object]:
        from anthropic import AsyncStream

        kind = type(self.client).__name__
        is_official = type(self.client).__module__.partition(".")[0] == "anthropic"
        options = self._options(request)
        options["headers"] = {**options.get("headers", {}), "accept": "text/event-stream"}
        if is_official and kind in _TAKES_BYTES and not self.client.middleware:
            return await self.client.post(
                "/v1/messages",
                content=request.to_bytes(),
                options=options,
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            )
        body = request.to_dict()
        if kind in _NEEDS_BLOCK_MARKER:
            body = _with_block_marker(body)
        return await self.client.post(
            "/v1/messages", body=body, options=options, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )


@cache
def _timeout(idle_s: float) -> httpx2.Timeout:
    import httpx2

    # Any byte starts the time of a read anew, those of a ping too.
    return httpx2.Timeout(idle_s, connect=min(_CONNECT_S, idle_s), pool=None)


def _limits(headers: httpx2.Headers) -> dict[str, str]:
    """What an answer says of limits, with its date; nothing where it says nothing of them.

    The client's own kind of headers is slow to look things up in.
    """
    found = {name.lower(): value for name, value in headers.raw}
    if not any(name.startswith(_LIMIT_HEADERS) for name in found):
        return {}
    return {name.decode(): value.decode("latin-1") for name, value in found.items()}


@contextlib.contextmanager
def _watched(permit: Permit) -> Generator[None]:
    """The governor learns what a refusal says, and of one for being too many."""
    try:
        yield
    except ModelError as error:
        if (response := getattr(error.__cause__, "response", None)) is not None:
            permit.learn(_limits(response.headers))
        if error.status in _TOO_MANY or error.kind in _TOO_MANY_KINDS:
            permit.throttled(None if error.retry_after_s is None else min(error.retry_after_s, _LONGEST_PAUSE_S))
        raise


async def _events(
    stream: AsyncStream[object], client: Client, permit: Permit, writing: Writing | None
) -> AsyncGenerator[JSONObject]:
    """The events as dictionaries, errors and pings among them.

    The SDK's own reading costs more than everything else here together, and raises errors from inside, which leaves
    generators behind that trio warns of; it is needed only where events do not come as text.
    """
    is_framed = type(client).__name__ in _SENDS_FRAMES
    source: AsyncIterator[object] = stream if is_framed else stream.response.aiter_bytes()
    reader = EventReader()
    try:
        while (came := await anext(source, None)) is not None:  # `async for` would leave a generator of its own
            if writing is not None:
                writing.is_answered()
            for event in reader.feed(came) if isinstance(came, bytes) else (came,):
                if not isinstance(event, dict):
                    continue
                found = cast("JSONObject", event)
                if found.get("type") == "message_delta":  # the reply is at its end
                    permit.succeeded(Usage.of(found.get("usage") or {}).output_tokens)
                yield found
    except GeneratorExit:
        await stream.close()
        await _run_out(source)
        raise
    except ValueError as error:
        await stream.close()
        await _run_out(source)
        text = "The server sent an event that is not JSON."
        raise ModelError(text, kind="protocol_error", is_retryable=True) from error


async def _run_out(events: AsyncIterator[object]) -> None:
    """Run a generator of the SDK, whose stream is closed, to its end: trio wants none left behind."""
    import anthropic
    import httpx2

    with contextlib.suppress(
        httpx2.HTTPError, httpx2.StreamError, anthropic.AnthropicError, json.JSONDecodeError, ModelError
    ):
        while await anext(events, None) is not None:
            pass


def _with_block_marker(body: JSONObject) -> JSONObject:
    """The top-level cache marker moved to the last block, on copies: the conversation itself stays as it is."""
    marker = body.pop("cache_control", None)
    if marker is None:
        return body
    *earlier, last = body["messages"]
    content = last["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    blocks[-1] = {**blocks[-1], "cache_control": marker}
    return {**body, "messages": [*earlier, {**last, "content": blocks}]}
