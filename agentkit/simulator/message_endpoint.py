"""The endpoint `/v1/messages`, behind the rules: apply the fault, call the responder, render the turn as a response."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import anyio

from agentkit.simulator.faults import Fault
from agentkit.simulator.http.wire import (
    ConnectionLost,
    Headers,
    Response,
    error_response,
    event_stream_response,
    json_response,
)
from agentkit.simulator.model_behavior.prompt_cache import PromptCache, count_output_tokens
from agentkit.simulator.model_behavior.thinking_signatures import compaction_signature, sign_thinking
from agentkit.simulator.replies import stream
from agentkit.simulator.replies.parts import ServerError
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.turn import Turn

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.simulator.replies.responder import Responder

_NO_FAULT = Fault()
_lock = threading.Lock()
"""Held while a reply is numbered: clients may call from several threads."""


@dataclass(frozen=True, slots=True)
class MessageAnswer:
    """The response to one message request, with the content of the turn in it."""

    response: Response
    content: list[Block] | None = None
    """The blocks of the reply. None: the response is an error."""
    usage: JSONObject | None = None
    """The final usage record of the reply. None: the response is an error."""


@dataclass(slots=True)
class MessageEndpoint:
    """Answers message requests that have passed the rules."""

    responder: Responder
    skipped_faults: list[str] = field(default_factory=list[str])
    """One sentence for each fault that could not be applied to the reply that it was meant for."""
    _cache: PromptCache = field(default_factory=PromptCache)
    _kept_replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    """Replies that a fault spoiled, by the digest of their conversation: the retry of a request gets them whole."""

    _asked: Counter[str] = field(default_factory=Counter[str])
    """The number of replies to each conversation."""

    def next_message_id(self, conversation: str) -> str:
        """Return the id of the next reply to a conversation. No two replies have the same."""
        with _lock:
            self._asked[conversation] += 1
            number = self._asked[conversation]
        return f"msg_{conversation}" if number == 1 else f"msg_{conversation}_{number}"

    async def answer_message(
        self, request: JSONObject, conversation: str, message_id: str, fault: Fault | None, response_headers: Headers
    ) -> MessageAnswer:
        """Return the response to one request.

        Args:
            request: The parsed body, with the whole conversation.
            conversation: The digest of the conversation.
            message_id: The id of the reply.
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
        error = fault.error or (None if request.get("stream") else fault.error_without_stream)
        if error is not None:
            return MessageAnswer(_server_error_response(error, response_headers))
        reply = await self._next_reply(request, conversation, fault)
        if reply.error is not None:
            return MessageAnswer(_server_error_response(reply.error, response_headers))
        turn = reply.to_turn(request, conversation)
        if request.get("compaction"):
            turn = _as_compaction_turn(turn)
        if fault.change_turn is not None:
            turn = self._apply_turn_fault(turn, fault)
        return self._render_answer(
            turn.with_code_execution(request, conversation), request, message_id, fault, response_headers
        )

    async def _next_reply(self, request: JSONObject, conversation: str, fault: Fault) -> Reply:
        if fault.reply is not None:
            return fault.reply
        if request.get("max_tokens") == 0:  # a cache warm-up: the prompt is cached and no reply generated
            return Reply(stop_reason="max_tokens")
        reply = self._kept_replies.pop(conversation, None) or await self.responder.answer(request)
        if fault.keeps_reply and reply.error is None:
            self._kept_replies[conversation] = reply
        return reply

    def _apply_turn_fault(self, turn: Turn, fault: Fault) -> Turn:
        has_call = any(block.get("type") == "tool_use" for block in turn.content)
        if fault.change_turn is None or (fault.needs_call and not has_call):
            self.skipped_faults.append("a fault of tool calls met a reply without one")
            return turn
        return fault.change_turn(turn)

    def _render_answer(
        self, turn: Turn, request: JSONObject, message_id: str, fault: Fault, response_headers: Headers
    ) -> MessageAnswer:
        if not request.get("context_management"):
            turn = replace(turn, applied_edits=None)
        sign_thinking(request, turn.content)
        spoken = count_output_tokens(turn.content) if request.get("max_tokens") else 0
        read = self._cache.record_request(request)
        usage: JSONObject = {**read, "service_tier": "standard", "output_tokens": spoken, **(turn.usage or {})}
        model = str(request["model"])
        if not request.get("stream"):
            whole = stream.message_json(turn, message_id=message_id, model=model, usage=usage)
            response = json_response(200, whole, response_headers)
        else:
            events = stream.stream_events(turn, message_id=message_id, model=model, usage=usage)
            events = fault.change_events(events) if fault.change_events else events
            response = event_stream_response([stream.encode_sse_event(event) for event in events], response_headers)
        if fault.change_chunks is not None:
            response = Response(response.status, response.headers, fault.change_chunks(response.chunks))
        return MessageAnswer(response, turn.content, usage)


def _as_compaction_turn(turn: Turn) -> Turn:
    """Return the turn with its text as a signed compaction block, which replaces the conversation so far."""
    text = "".join(block["text"] for block in turn.content if block.get("type") == "text")
    block: Block = {"type": "compaction", "content": text or None, "tool_changes": []}
    return Turn([{**block, "signature": compaction_signature(block)}], {}, "compaction", None)


def _server_error_response(error: ServerError, response_headers: Headers) -> Response:
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
    return error_response(error.status, error.kind, error.message, {**response_headers, **more})
