"""Faults of the API: a model some of whose requests fail, as they do under load."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agentkit.errors import ModelError
from agentkit.evals.faults.chance import Chance
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.models.model import CountsTokens, Model

_LAST_EVENT = 6
"""The event behind which a stream is cut at the latest, from 1."""


@dataclass(frozen=True, slots=True)
class FaultyModel:
    """A model some of whose requests fail before or within their reply; a further attempt is drawn for anew."""

    inner: Model
    """The model."""
    share: float
    """The share of requests that fail, from 0 to 1."""
    chance: Chance
    """Decides which requests fail."""
    met: Counter[str]
    """Counts the faults that were met, by kind."""

    @property
    def name(self) -> str:
        """The id of the model."""
        return self.inner.name

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """Send one request. See `Model.stream`."""
        numbers = self.chance.draw("model", self.name)
        if next(numbers) >= self.share:
            async with self.inner.stream(request) as events:
                yield events
            return
        self.met["api"] += 1
        kind = next(numbers)
        if kind < 1 / 3:
            raise ModelError(
                "Overloaded (planted)", kind="overloaded_error", status=529, is_retryable=True, retry_after_s=0.0
            )
        if kind < 2 / 3:
            raise ModelError("The connection was lost (planted)", kind="connection_error", is_retryable=True)
        async with self.inner.stream(request) as events:
            yield _cut_off(events, 1 + int(next(numbers) * _LAST_EVENT))

    async def count_tokens(self, request: Request) -> int | None:
        """Return the tokens of the prompt. See `CountsTokens`."""
        return await self.inner.count_tokens(request) if isinstance(self.inner, CountsTokens) else None


async def _cut_off(events: AsyncIterator[JSONObject], after: int) -> AsyncGenerator[JSONObject]:
    """Yield the events up to a number of them, or to the one before the end."""
    number = 0
    async for event in events:
        if event["type"] == "message_stop" or number == after:
            break
        number += 1
        yield event
    raise ModelError("The stream broke off (planted)", kind="stream_interrupted", status=200, is_retryable=True)
