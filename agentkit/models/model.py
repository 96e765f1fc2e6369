"""Whatever can answer a request: the one protocol between agentkit and a model, and what it may offer beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request


class Model(Protocol):
    """Whatever can answer a request. Give one to `Agent(model=...)` to bring a model of your own."""

    @property
    def name(self) -> str:
        """The model id, sent with the request and looked up in the price table."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[JSONObject]]:
        """Send one request; the context yields the API's stream events as dictionaries.

        Raises ModelError when there is no reply, on entry or while reading.
        """
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """A model that can say how long a prompt is."""

    async def count_tokens(self, request: Request) -> int | None:
        """The tokens of the prompt. None: it cannot say."""
        ...


@runtime_checkable
class HoldsThreads(Protocol):
    """A model whose server may hold conversations, see `Request.as_sent`."""

    @property
    def holds_threads(self) -> bool:
        """Whether it can, as far as is known before it is asked to."""
        ...
