"""The protocol between agentkit and a model, and the optional ones that a model, or its reply, may support as well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request

is_waiting_to_send: ContextVar[bool] = ContextVar("is_waiting_to_send", default=False)
"""True while a model has taken a request but sent nothing of it yet, because the rate limiter has not admitted it."""


class Model(Protocol):
    """Anything that answers a request with stream events. Pass one as `Agent(model=...)` to use a model of your own."""

    @property
    def name(self) -> str:
        """The model id, sent with the request and looked up in the price table."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[JSONObject]]:
        """Send one request; the context yields the API's stream events as dictionaries.

        Raises:
            ModelError: There is no reply, or it breaks off; on entry or while the events are read.
        """
        ...


@runtime_checkable
class ReadsBatches(Protocol):
    """Events of a reply that can also be read in batches, which costs less than one after the other."""

    async def batch(self) -> Sequence[JSONObject]:
        """Return the events that are received next, at least one. Empty: the reply is over."""
        ...


@runtime_checkable
class NeedsNoServer(Protocol):
    """A model that makes its replies itself: no client takes its place, neither a given nor an overriding one."""

    @property
    def needs_no_server(self) -> bool:
        """True if it sends nothing."""
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """A model that can count the tokens of a prompt before it is sent."""

    async def count_tokens(self, request: Request) -> int | None:
        """Return the tokens of the prompt. None: the server does not count them."""
        ...


@runtime_checkable
class HoldsThreads(Protocol):
    """A model whose server may hold conversations (message threads), see `Request.as_sent`."""

    @property
    def holds_threads(self) -> bool:
        """True if the server is expected to hold threads; it may still refuse the first one."""
        ...
