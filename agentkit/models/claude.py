"""The model behind a client of the API: one streamed request in, the API's stream events out.

Each request is sent once: `models/retry.py` decides about retries for the whole model call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agentkit.budget import upper_bounds
from agentkit.errors import DefinitionError, ModelError
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.messages.unsendable import find_unsendable
from agentkit.models.client_capabilities import client_capabilities
from agentkit.models.client_check import client_problem
from agentkit.models.direct.client import DirectClient
from agentkit.models.model import is_waiting_to_send
from agentkit.models.rate_limiting.limiter import Permit, RateLimiter, rate_limiter_of
from agentkit.models.refusals import OVERLOAD_KINDS, OVERLOAD_STATUSES
from agentkit.models.reply_events import ReplyEvents
from agentkit.models.retry import Retry
from agentkit.models.sdk.messages import SdkMessages

if TYPE_CHECKING:
    from types import TracebackType

    from agentkit.models.messages_endpoint import MessagesEndpoint
    from agentkit.models.overriding_client import Client
    from agentkit.models.rate_limiting.cache_warmup import CacheWrite

_COUNTED_FIELDS = ("model", "system", "tools", "messages", "tool_choice", "thinking", "output_config", "cache_control")
"""Body fields that the token counting endpoint takes."""
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

    @property
    def endpoint(self) -> MessagesEndpoint:
        """The endpoint /v1/messages, as its client reaches it."""
        return self.client if isinstance(self.client, DirectClient) else SdkMessages(self.client)

    def stream(self, request: Request) -> StreamedReply:
        """Send one request, as soon as the rate limiter that all calls of this client and model share admits it.

        Raises:
            ModelError: There is no reply, or it breaks off; on entry or while the events are read.
            ConfigurationError: There are no credentials.
        """
        return StreamedReply(self, request)

    async def count_tokens(self, request: Request) -> int | None:
        """Return the tokens of the prompt, as the API counts them. None: the server does not count them."""
        body = {name: value for name, value in request.to_dict().items() if name in _COUNTED_FIELDS}
        try:
            counted = await self.endpoint.count_tokens(self.name, body, request.betas, self.idle_timeout_s)
        except ModelError:
            return None
        tokens = cast("JSONObject", counted).get("input_tokens") if isinstance(counted, dict) else None
        return tokens if isinstance(tokens, int) else None


class StreamedReply:
    """One request and its reply, a context manager: entering it sends the request, leaving it closes the reply.

    Args:
        model: The model that answers.
        request: The request.
    """

    __slots__ = ("_cache_write", "_events", "_model", "_permit", "_request")

    def __init__(self, model: ClaudeModel, request: Request) -> None:
        self._model = model
        self._request = request
        self._cache_write: CacheWrite | None = None
        self._permit: Permit | None = None
        self._events: ReplyEvents | None = None

    async def __aenter__(self) -> ReplyEvents:
        model, request = self._model, self._request
        is_waiting_to_send.set(True)
        rate_limiter = model.rate_limiter or rate_limiter_of(model.client, model.name)
        try:
            self._cache_write = await rate_limiter.cache_warmup.wait_for_write(request)
            permit = await rate_limiter.admit(request.sender, upper_bounds.estimated_prompt_tokens(request))
            self._permit = permit
            is_waiting_to_send.set(False)
            reply = await model.endpoint.open_reply(
                model.name, request.as_sent(), permit.record_headers, model.idle_timeout_s
            )
        except BaseException as error:
            self._release(error)
            raise
        self._events = ReplyEvents(reply, permit, self._cache_write)
        return self._events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._events is not None:
                await self._events.aclose()
        finally:
            self._release(error)

    def _release(self, error: BaseException | None) -> None:
        """Let other requests go on, and report to the rate limiter if the server refused this one for overload."""
        if self._permit is not None:
            if isinstance(error, ModelError) and (error.status in OVERLOAD_STATUSES or error.kind in OVERLOAD_KINDS):
                pause_s = error.retry_after_s
                self._permit.record_overload(None if pause_s is None else min(pause_s, _MAX_SHARED_PAUSE_S))
            self._permit.release()
        if self._cache_write is not None:
            self._cache_write.release()
