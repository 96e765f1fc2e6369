"""The endpoint `/v1/messages`, behind the rules: apply the fault, call the responder, render the turn as a response."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import anyio

from agentkit.simulator.faults import Fault
from agentkit.simulator.http.wire import ConnectionLost, Headers, Response, event_stream, failure, json_answer
from agentkit.simulator.model_behavior.prompt_cache import PromptCache, output_tokens
from agentkit.simulator.model_behavior.thinking_signatures import compaction_signature, sign
from agentkit.simulator.replies import stream
from agentkit.simulator.replies.reply import Reply, ServerError, Turn

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.simulator.replies.responder import Responder

_NO_FAULT = Fault()


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to one message request, with the content of the turn in it."""

    response: Response
    content: list[Block] | None = None
    """The blocks of the reply. None: the response is an error."""
    usage: JSONObject | None = None
    """The final usage record of the reply. None: the response is an error."""


@dataclass(slots=True)
class Answering:
    """Answers message requests that have passed the rules."""

    mind: Responder
    skipped: list[str] = field(default_factory=list[str])
    """One sentence for each fault that could not be applied to the reply that it was meant for."""
    _cache: PromptCache = field(default_factory=PromptCache)
    _kept: dict[str, Reply] = field(default_factory=dict[str, Reply])
    """Replies that a fault spoiled, by the digest of their conversation: the retry of a request gets them whole."""

    async def answer(self, request: JSONObject, conversation: str, fault: Fault | None, told: Headers) -> Answer:
        """Return the response to one request.

        Args:
            request: The parsed body, with the whole conversation.
            conversation: The digest of the conversation.
            fault: The fault to apply. None: no fault.
            response_headers: Header fields that every response carries.

        Raises:
            ConnectionLost: The fault closes the connection without a response.
            UnexpectedRequest: The responder has no reply to the request. Its other exceptions pass too.
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
        if request.get("max_tokens") == 0:  # a cache warm-up: the prompt is cached and no reply generated
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
    """Return the turn with its text as a signed compaction block, which replaces the conversation so far."""
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
