"""One message request answered: the fault it meets, the mind that speaks, the turn on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import anyio

from agentkit.simulator import stream
from agentkit.simulator.binding import compaction_signature, sign
from agentkit.simulator.cache import PromptCache, output_tokens
from agentkit.simulator.faults import Fault
from agentkit.simulator.reply import Reply, ServerError, Turn
from agentkit.simulator.wire import ConnectionLost, Headers, Response, event_stream, failure, json_answer

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.simulator.mind import Mind

_NO_FAULT = Fault()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, and what was said; nothing was where `content` is None."""

    response: Response
    content: list[Block] | None = None
    usage: JSONObject | None = None
    """What the reply says at its end that it used. None: there is none."""


@dataclass(slots=True)
class Answering:
    """Answers requests that have passed the rules."""

    mind: Mind
    skipped: list[str] = field(default_factory=list[str])
    """Faults that could not happen to the reply that they met."""
    _cache: PromptCache = field(default_factory=PromptCache)
    _kept: dict[str, Reply] = field(default_factory=dict[str, Reply])
    """Replies that a fault spoiled, by the digest of their conversation."""

    async def answer(self, request: JSONObject, conversation: str, fault: Fault | None, told: Headers) -> Answer:
        """The response to one request, whose conversation has this digest.

        Raises ConnectionLost where the fault says so, UnexpectedRequest and whatever the mind raises.
        """
        fault = fault or _NO_FAULT
        if fault.delay_s:
            await anyio.sleep(fault.delay_s)
        if fault.is_dropped:
            raise ConnectionLost
        error = fault.error or (None if request.get("stream") else fault.error_of_whole)
        if error is not None:
            return Answer(_error(error, told))
        reply = await self._reply(request, conversation, fault)
        if reply.error is not None:
            return Answer(_error(reply.error, told))
        turn = reply.to_turn(request, conversation)
        if request.get("compaction"):
            turn = _summary(turn)
        if fault.turn is not None:
            turn = self._changed(turn, fault)
        return self._on_the_wire(turn, request, conversation, fault, told)

    async def _reply(self, request: JSONObject, conversation: str, fault: Fault) -> Reply:
        if fault.reply is not None:
            return fault.reply
        if request.get("max_tokens") == 0:  # the cache is warmed, and nothing said
            return Reply(stop_reason="max_tokens")
        reply = self._kept.pop(conversation, None) or await self.mind.answer(request)
        if fault.keeps_reply and reply.error is None:
            self._kept[conversation] = reply
        return reply

    def _changed(self, turn: Turn, fault: Fault) -> Turn:
        has_call = any(block.get("type") == "tool_use" for block in turn.content)
        if fault.turn is None or (fault.needs_call and not has_call):
            self.skipped.append("a fault of tool calls met a reply without one")
            return turn
        return fault.turn(turn)

    def _on_the_wire(self, turn: Turn, request: JSONObject, conversation: str, fault: Fault, told: Headers) -> Answer:
        sign(request, turn.content)
        spoken = output_tokens(turn.content) if request.get("max_tokens") else 0
        usage: JSONObject = {**self._cache.usage(request), "output_tokens": spoken, **(turn.usage or {})}
        message_id, model = f"msg_{conversation}", str(request["model"])
        if not request.get("stream"):
            whole = stream.message(turn, message_id=message_id, model=model, usage=usage)
            response = json_answer(200, whole, told)
        else:
            events = stream.events(turn, message_id=message_id, model=model, usage=usage)
            events = fault.events(events) if fault.events else events
            response = event_stream([stream.to_sse(event) for event in events], told)
        if fault.chunks is not None:
            response = Response(response.status, response.headers, fault.chunks(response.chunks))
        return Answer(response, turn.content, usage)


def _summary(turn: Turn) -> Turn:
    """What the model says, as the block that stands for the conversation from now on."""
    text = "".join(block["text"] for block in turn.content if block.get("type") == "text")
    block: Block = {"type": "compaction", "content": text or None, "tool_changes": []}
    return Turn([{**block, "signature": compaction_signature(block)}], {}, "compaction", None)


def _error(error: ServerError, told: Headers) -> Response:
    more: dict[str, str] = {}
    wait = error.retry_after
    if wait.endswith("ms"):
        more["retry-after-ms"] = wait.removesuffix("ms")
    elif wait.startswith("date"):
        more["retry-after"] = format_datetime(datetime.now(UTC) + timedelta(seconds=float(wait[4:] or 0)), usegmt=True)
    elif wait:
        more["retry-after"] = wait
    if error.should_retry:
        more["x-should-retry"] = error.should_retry
    return failure(error.status, error.kind, error.message, {**told, **more})
