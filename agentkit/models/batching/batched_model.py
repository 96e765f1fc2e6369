"""A Claude model whose requests are collected into message batches, at half the price."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.budget.reply_charges import BATCH_PRICE_FACTOR
from agentkit.errors import ConfigurationError
from agentkit.models.batching.collector import BatchCollector
from agentkit.models.batching.endpoint import BatchEndpoint
from agentkit.models.batching.results import EXPIRED, LATE, events_of_message
from agentkit.models.claude import ClaudeModel
from agentkit.models.client import lease_client
from agentkit.models.client_capabilities import client_capabilities
from agentkit.models.direct.client import sdk_client_of
from agentkit.models.overriding_client import overriding_client
from agentkit.models.rate_limiting.limiter import rate_limiter_of

if TYPE_CHECKING:
    from agentkit.errors import ModelError
    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import Request
    from agentkit.models.model import Model
    from agentkit.models.overriding_client import Client


@dataclass(frozen=True, slots=True)
class BatchedModel:
    """A model in front of `direct`: each request waits until it is submitted in a batch, and until that has ended."""

    direct: ClaudeModel
    """The same model without batches."""
    collector: BatchCollector
    """The collector of the fan-out."""

    @property
    def name(self) -> str:
        """See `Model.name`."""
        return self.direct.name

    @property
    def client(self) -> Client:
        """The client that sends its requests."""
        return self.direct.client

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """Wait for the reply, and yield its stream events.

        Raises:
            ModelError: There is no reply.
            ConfigurationError: The server has no batches, or there are no credentials.
        """
        async with aclosing(events_of_message(await self.collector.message_for(request))) as events:
            yield events

    async def count_tokens(self, request: Request) -> int | None:
        """See `CountsTokens.count_tokens`."""
        return await self.direct.count_tokens(request)

    def after(self, error: ModelError) -> Model:
        """Return the model for the next attempt: what a batch has not come to in time goes the direct way."""
        return self.direct if error.kind in (EXPIRED, LATE) else self


@asynccontextmanager
async def open_batched_model(
    model: str | Model, client: Client | None, idle_timeout_s: float, wait_s: float
) -> AsyncGenerator[BatchedModel]:
    """Open a model in front of this one that submits batches inside the block.

    Args:
        model: The model of an agent.
        client: The client of the run, or of the agent. None: there is none.
        idle_timeout_s: Seconds without a byte after which a connection of a direct request is given up.
        wait_s: Seconds after which a batch is given up.

    Raises:
        ConfigurationError: The model or the client has no batches.
    """
    if not isinstance(model, str) and client is None and overriding_client() is None:
        if not isinstance(model, ClaudeModel):
            raise ConfigurationError(
                f"Message batches need a model of Claude's own API, and {model.name!r} is a {type(model).__name__}: "
                "leave `batch=True` out."
            )
        client = model.client
    async with lease_client(client) as leased:
        if not client_capabilities(leased).has_batches:
            raise ConfigurationError(
                f"Message batches need a client of Claude's own API, and {type(leased).__name__} has none: leave "
                "`batch=True` out."
            )
        if isinstance(model, ClaudeModel):
            direct = replace(model, client=leased)
        else:
            name = model if isinstance(model, str) else model.name
            direct = ClaudeModel(name, leased, idle_timeout_s, rate_limiter_of(leased, name))
        collector = BatchCollector(BatchEndpoint(sdk_client_of(leased)), wait_s)
        async with collector.running():
            yield BatchedModel(direct, collector)


@asynccontextmanager
async def waiting_for_batches(model: ClaudeModel) -> AsyncGenerator[BatchedModel]:
    """Open a model that waits for requests which an earlier process has submitted, and makes all others directly."""
    collector = BatchCollector(BatchEndpoint(sdk_client_of(model.client)), submits=False)
    async with collector.running():
        yield BatchedModel(model, collector)


def price_factor_of(model: Model) -> float:
    """Return the factor on the listed prices of a model's requests."""
    return BATCH_PRICE_FACTOR if isinstance(model, BatchedModel) else 1.0
