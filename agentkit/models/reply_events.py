"""The stream events of one reply: read from its bytes, in batches of those that were received together."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

import anyio

from agentkit.budget.usage import output_tokens_of
from agentkit.errors import ModelError
from agentkit.messages.message import JSONObject
from agentkit.models.endpoint_errors import error_of_reply_without_events
from agentkit.models.sse import SSEParser

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentkit.models.messages_endpoint import Reply
    from agentkit.models.rate_limiting.cache_warmup import CacheWrite
    from agentkit.models.rate_limiting.limiter import Permit

_BODY_END_GRACE_S = 0.25
"""Time that the body of a complete reply has to end. A connection whose body has not ended is not used again."""


class ReplyEvents:
    """The events of one reply as dictionaries, `error` and `ping` events among them: `async for`, or `batch`.

    Args:
        reply: The reply.
        permit: It gets the tokens that the reply reports.
        cache_write: It is released when the reply starts. None: nobody waits for that.
    """

    def __init__(self, reply: Reply, permit: Permit, cache_write: CacheWrite | None) -> None:
        self._reply = reply
        self._permit = permit
        self._cache_write = cache_write
        self._parser = SSEParser()
        self._unread: deque[JSONObject] = deque()
        """Events of a batch that are handed out one after the other."""
        self._has_events = self._is_complete = self._is_over = self._is_closed = False

    def __aiter__(self) -> ReplyEvents:
        return self

    async def __anext__(self) -> JSONObject:
        if not self._unread:
            self._unread.extend(await self.batch())
            if not self._unread:
                raise StopAsyncIteration
        return self._unread.popleft()

    async def batch(self) -> Sequence[JSONObject]:
        """Return the events that are received next, at least one. Empty: the body has ended.

        Raises:
            ModelError: One of them is not JSON, or the body has ended without any event.
        """
        while not self._is_over:
            try:
                received = await self._reply.receive()
            except BaseException:
                self._is_over = True  # a generator that has raised is finished
                raise
            if received is None:
                self._is_over = True
                return self._last_events()
            if self._cache_write is not None:
                self._cache_write.record_reply_started()
            try:
                events = self._parser.feed(received) if isinstance(received, bytes) else (received,)
            except ValueError as error:
                self._is_over = True
                await self.aclose()
                text = "The server sent an event that is not JSON."
                raise ModelError(text, kind="protocol_error", is_retryable=True) from error
            if batch := self._record(events):
                return batch
        return ()

    def _last_events(self) -> Sequence[JSONObject]:
        batch = self._record(self._parser.end())
        if not self._has_events:
            mistake = error_of_reply_without_events(self._reply.content_type, self._reply.address)
            if mistake is not None:
                raise mistake
        return batch

    def _record(self, events: Iterable[object]) -> Sequence[JSONObject]:
        """Return the events, without what is none, and record what they say of the reply."""
        batch = cast("list[JSONObject]", [event for event in events if isinstance(event, dict)])
        for event in batch:
            kind = event.get("type")
            if kind == "message_delta":  # the last event with a usage record
                self._permit.record_success(output_tokens_of(event.get("usage")))
            elif kind == "message_stop":
                self._is_complete = True
        self._has_events = self._has_events or bool(batch)
        return batch

    async def aclose(self) -> None:
        """Close the reply. The body of a complete one is read to its end first, so that its connection stays open."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._is_complete and not self._is_over and not self._reply.has_ended:
                with anyio.move_on_after(_BODY_END_GRACE_S):
                    await self._reply.drain()
        finally:
            self._is_over = True
            await self._reply.aclose()
