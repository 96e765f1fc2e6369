"""The model behind a client of the API: one streamed request in, the API's stream events out.

Each request is sent once: `models/retry.py` decides about retries for the whole model call.
"""

from __future__ import annotations

import contextlib
from contextlib import aclosing, asynccontextmanager
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
    from collections.abc import AsyncGenerator, AsyncIterator, Generator

    from agentkit.models.direct.client import ApiClient
    from agentkit.models.messages_endpoint import MessagesEndpoint

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
    client: ApiClient
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
    def _endpoint(self) -> MessagesEndpoint:
        return self.client if isinstance(self.client, DirectClient) else SdkMessages(self.client)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """Send one request, as soon as the rate limiter that all calls of this client and model share admits it.

        Raises:
            ModelError: There is no reply, or it breaks off; on entry or while the events are read.
            ConfigurationError: There are no credentials.
        """
        is_waiting_to_send.set(True)
        rate_limiter = self.rate_limiter or rate_limiter_of(self.client, self.name)
        cache_write = await rate_limiter.cache_warmup.wait_for_write(request)
        with cache_write or contextlib.nullcontext():
            permit = await rate_limiter.admit(request.sender, upper_bounds.estimated_prompt_tokens(request))
            with permit, _report_overload(permit):
                is_waiting_to_send.set(False)
                opened = self._endpoint.open_reply(
                    self.name, request.as_sent(), permit.record_headers, self.idle_timeout_s
                )
                async with opened as reply, aclosing(ReplyEvents(reply, permit, cache_write)) as events:
                    yield events

    async def count_tokens(self, request: Request) -> int | None:
        """Return the tokens of the prompt, as the API counts them. None: the server does not count them."""
        body = {name: value for name, value in request.to_dict().items() if name in _COUNTED_FIELDS}
        try:
            counted = await self._endpoint.count_tokens(self.name, body, request.betas, self.idle_timeout_s)
        except ModelError:
            return None
        tokens = cast("JSONObject", counted).get("input_tokens") if isinstance(counted, dict) else None
        return tokens if isinstance(tokens, int) else None


@contextlib.contextmanager
def _report_overload(permit: Permit) -> Generator[None]:
    """Report to the rate limiter that the server has refused a request, or broken off a reply, for overload."""
    try:
        yield
    except ModelError as error:
        if error.status in OVERLOAD_STATUSES or error.kind in OVERLOAD_KINDS:
            permit.record_overload(
                None if error.retry_after_s is None else min(error.retry_after_s, _MAX_SHARED_PAUSE_S)
            )
        raise
