"""The model behind a client of the official SDK: one streamed request in, the API's stream events out.

The request goes through the SDK's public low-level `post`, so its authentication, typed errors and middleware stay in
force, while the events arrive as the API's own dictionaries. Each request is sent once: the SDK's retries are switched
off, since `models/retry.py` decides about retries for the whole model call.
"""

from __future__ import annotations

import contextlib
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast

from agentkit.budget import upper_bounds
from agentkit.errors import DefinitionError, ModelError
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.messages.unsendable import find_unsendable
from agentkit.models import api_errors
from agentkit.models.client_capabilities import ClientCapabilities, client_capabilities
from agentkit.models.client_check import client_problem
from agentkit.models.model import is_waiting_to_send
from agentkit.models.rate_limiting.limiter import Permit, RateLimiter, rate_limiter_of
from agentkit.models.reply_events import ReplyEvents
from agentkit.models.retry import Retry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator

    import httpx2
    from anthropic import AsyncStream, RequestOptions

    from agentkit.models.overriding_client import Client

_COUNTED_FIELDS = ("model", "system", "tools", "messages", "tool_choice", "thinking", "output_config", "cache_control")
"""Body fields that the token counting endpoint takes."""
_OVERLOAD_STATUSES = (429, 529)
_OVERLOAD_KINDS = ("rate_limit_error", "overloaded_error")
_RATE_LIMIT_HEADERS = (b"anthropic-ratelimit-", b"date")
_CONNECT_TIMEOUT_S = 10.0
_MAX_SHARED_PAUSE_S = 60.0
"""The longest pause that one refused call imposes on the other calls. A longer `retry-after` holds for that call alone;
the others try for themselves then."""


@dataclass(frozen=True, slots=True)
class ClaudeModel:
    """A Claude model behind any async client of the official SDK."""

    name: str
    """The id of the model."""
    client: Client
    """The client that sends its requests."""
    idle_timeout_s: float = Retry().idle_timeout_s
    """Seconds without a byte after which a connection is given up."""
    rate_limiter: RateLimiter | None = field(default=None, repr=False, compare=False)
    """The rate limiter that admits its requests. None: the one of this client and model in the running event loop."""

    def __post_init__(self) -> None:
        if (problem := client_problem(self.client)) is not None:
            raise DefinitionError(f"ClaudeModel({self.name!r}, client=...): {problem}.")
        if (problem := find_unsendable(self.name)) is not None:
            raise DefinitionError(f"The id of the model, {self.name!a}, holds {problem}.")

    @property
    def holds_threads(self) -> bool:
        """True if the server can hold conversations: Anthropic's own, by a plain client without middleware."""
        return client_capabilities(self.client).holds_threads and not self.client.middleware

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """Send one request, as soon as the rate limiter that all calls of this client and model share admits it.

        Raises:
            ModelError: There is no reply, or it breaks off; on entry or while the events are read.
            ConfigurationError: There are no credentials.
        """
        capabilities = client_capabilities(self.client)
        is_waiting_to_send.set(True)
        rate_limiter = self.rate_limiter or rate_limiter_of(self.client, self.name)
        cache_write = await rate_limiter.cache_warmup.wait_for_write(request)
        with cache_write or contextlib.nullcontext():
            permit = await rate_limiter.admit(request.sender, upper_bounds.estimated_prompt_tokens(request))
            with permit, _report_refusals(permit), api_errors.translate_sdk_errors(self.name):
                is_waiting_to_send.set(False)
                stream = await self._post_request(request.as_sent(), capabilities)
                permit.record_headers(_rate_limit_headers(stream.response.headers))
                events = ReplyEvents(stream, permit, cache_write, is_framed=capabilities.has_framed_events)
                async with stream, aclosing(events):
                    yield events

    async def count_tokens(self, request: Request) -> int | None:
        """Return the tokens of the prompt, as the API counts them. None: the server does not count them."""
        body = {name: value for name, value in request.to_dict().items() if name in _COUNTED_FIELDS}
        try:
            with api_errors.translate_sdk_errors(self.name):
                counted = await self.client.post(
                    "/v1/messages/count_tokens", body=body, options=self._request_options(request), cast_to=object
                )
        except ModelError:
            return None
        tokens = cast("JSONObject", counted).get("input_tokens") if isinstance(counted, dict) else None
        return tokens if isinstance(tokens, int) else None

    def _request_options(self, request: Request) -> RequestOptions:
        headers = {"content-type": "application/json"}
        if request.betas:
            headers["anthropic-beta"] = ",".join(request.betas)
        return {"headers": headers, "max_retries": 0, "timeout": _http_timeout(self.idle_timeout_s)}

    async def _post_request(self, request: Request, capabilities: ClientCapabilities) -> AsyncStream[object]:
        from anthropic import AsyncStream

        options = self._request_options(request)
        options["headers"] = {**options.get("headers", {}), "accept": "text/event-stream"}
        if capabilities.sends_bytes and not self.client.middleware:
            return await self.client.post(
                "/v1/messages",
                content=request.to_bytes(),
                options=options,
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            )
        body = request.to_dict()
        if not capabilities.takes_top_level_marker:
            body = _with_block_marker(body)
        return await self.client.post(
            "/v1/messages", body=body, options=options, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )


@cache
def _http_timeout(idle_s: float) -> httpx2.Timeout:
    import httpx2

    # Any byte restarts the read timeout, those of a ping too.
    return httpx2.Timeout(idle_s, connect=min(_CONNECT_TIMEOUT_S, idle_s), pool=None)


def _rate_limit_headers(headers: httpx2.Headers) -> dict[str, str]:
    """Return the rate limits that a response reports, and its `date`, by lower-case names.

    A plain dict because look-ups in `httpx2.Headers` are slow.
    """
    return {
        name.decode(): value.decode("latin-1")
        for key, value in headers.raw
        if (name := key.lower()).startswith(_RATE_LIMIT_HEADERS)
    }


@contextlib.contextmanager
def _report_refusals(permit: Permit) -> Generator[None]:
    """Report a refused request to the rate limiter: the limits in its headers, and an overload (429, 529) as such."""
    try:
        yield
    except ModelError as error:
        if (response := getattr(error.__cause__, "response", None)) is not None:
            permit.record_headers(_rate_limit_headers(response.headers))
        if error.status in _OVERLOAD_STATUSES or error.kind in _OVERLOAD_KINDS:
            permit.record_overload(
                None if error.retry_after_s is None else min(error.retry_after_s, _MAX_SHARED_PAUSE_S)
            )
        raise


def _with_block_marker(body: JSONObject) -> JSONObject:
    """Return the body with its top-level cache marker moved to the last block, on copies of what changes."""
    marker = body.pop("cache_control", None)
    if marker is None:
        return body
    *earlier, last = body["messages"]
    content = last["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    blocks[-1] = {**blocks[-1], "cache_control": marker}
    return {**body, "messages": [*earlier, {**last, "content": blocks}]}
