"""Raw stream events of the Messages API -> one assistant turn, in the API's own dictionaries.

Two rules for this file: no I/O and no SDK (its accumulation repairs, reorders and drops); and nothing is guessed: a
tool input is parsed once, strictly, when its block stops, and unknown blocks and deltas are kept or named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from agentkit.errors import ModelError
from agentkit.messages.message import AssistantTurn, Block, JSONObject, ToolCall
from agentkit.messages.strict_json import parse_strict
from agentkit.models.reply_shape import find_block_fault, find_reply_fault

Delta: TypeAlias = (
    tuple[Literal["text", "thinking"], str] | tuple[Literal["citation"], JSONObject] | tuple[Literal["block"], Block]
)
"""A part of the reply, to show while it is streaming: a piece of visible text or of thinking, a citation, or a complete
block that is not the model's own, such as a call of a server tool and its result."""

OnToolCall: TypeAlias = Callable[[ToolCall, int], None]
"""Called with each complete tool call while the reply is still streaming, and its number in the reply, from 1 on."""

_MAX_INVALID_CHARS = 200
"""Characters of an invalid tool input that are quoted to the model."""

NON_RETRYABLE_ERRORS = frozenset(
    {
        "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
        "request_too_large",
    }
)  # fmt: skip
"""Error types of the API that the same request would get again."""

# Delta type -> the field of the block that it extends, named the same in the delta.
_TEXT_DELTAS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "compaction_delta": "content",
}


OWN_BLOCK_TYPES = frozenset(("text", "thinking", "redacted_thinking", "tool_use"))
"""Types of blocks that are the model's own: all others come from tools of the API, or from the API itself."""


@dataclass(slots=True)
class _OpenBlock:
    block: Block
    pieces: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    input_json: list[str] = field(default_factory=list[str])


class StreamAccumulator:
    """Accumulates the stream events of one reply: `feed` them in order, then `turn()` returns the reply.

    Args:
        on_tool_call: Called with each tool call as soon as it is complete and the model has gone on. None: nothing is.
    """

    def __init__(self, on_tool_call: OnToolCall | None = None) -> None:
        self._on_tool_call = on_tool_call
        self._call_count = 0
        self._reported_index = 0
        self._message: JSONObject | None = None
        self._usage: JSONObject = {}
        self._message_delta: JSONObject = {}
        self._applied_edits: list[JSONObject] = []
        self._open_blocks: dict[int, _OpenBlock] = {}
        self._content: list[Block] = []
        self._input_texts: dict[int, str] = {}
        self._invalid_inputs: dict[int, str] = {}
        self._unknown_delta: str | None = None
        self.is_complete = False
        """True once the reply has said that it is over; what comes after that is no part of it."""
        self.is_usage_final = False
        """True once the reply has reported its whole usage, which comes shortly before its end."""
        self._output_pieces: list[object] = []
        """Everything that counts as output, in order; its size is computed only for a reply that breaks off."""

    @property
    def partial_reply(self) -> tuple[JSONObject, str, int]:
        """The usage so far, the model and the received bytes of a reply, complete or not. Empty at first."""
        received = sum(map(_output_bytes, self._output_pieces))
        model: object = (self._message or {}).get("model")
        return self._usage, model if isinstance(model, str) else "", received

    def feed(self, event: JSONObject) -> Delta | None:
        """Add the next event and return what it brings to show, if anything. Unknown event types are ignored.

        Raises:
            ModelError: It is an error event, the events are out of order, or a field has a wrong type.
        """
        try:
            match event.get("type"):
                case "content_block_delta":  # by far the most events
                    return self._extend_block(event["index"], event["delta"])
                case "message_start":
                    self._start_message(event["message"])
                case "content_block_start":
                    self._start_block(event["index"], event["content_block"])
                case "content_block_stop":
                    return self._stop_block(event["index"])
                case "message_delta":
                    self._extend_message(event)
                case "message_stop":
                    self.is_complete = True
                case "error":
                    raise _reported_error(event.get("error"))
                case _:
                    pass
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            kind = _event_type(event)
            raise _protocol_error(
                f"an event of type {kind!r:.100} lacks something, or has it of a wrong type"
            ) from error
        return None

    def _start_message(self, message: JSONObject) -> None:
        self._message = {**message}
        usage: object = self._message.get("usage")
        self._usage = dict(cast("JSONObject", usage)) if isinstance(usage, dict) else {}

    def _extend_message(self, event: JSONObject) -> None:
        self._message_delta |= event.get("delta") or {}
        if self._message_delta.get("stop_reason") == "tool_use":
            self._report_call_before(len(self._content))
        usage: object = event.get("usage")
        if isinstance(usage, dict):
            counts = cast("JSONObject", usage).items()
            self._usage |= {name: count for name, count in counts if count is not None}
            self.is_usage_final = self._message is not None
        if management := event.get("context_management"):
            self._applied_edits = list(map(dict, management.get("applied_edits") or ()))

    def turn(self) -> AssistantTurn:
        """Return the complete reply.

        Raises:
            ModelError: The stream ended before the reply was complete.
        """
        if self._message is None or not self.is_complete or self._open_blocks:
            raise ModelError(
                "The connection closed before the reply was complete.", kind="stream_interrupted", is_retryable=True
            )
        turn = AssistantTurn(
            content=self._content,
            stop_reason=self._message_delta.get("stop_reason"),
            usage=self._usage,
            model=self._message.get("model") or "",
            id=self._message.get("id") or "",
            input_texts=self._input_texts,
            invalid_inputs=self._invalid_inputs,
            stop_details=self._message_delta.get("stop_details"),
            unknown_delta=self._unknown_delta,
            stop_sequence=self._message_delta.get("stop_sequence"),
            container=self._message_delta.get("container") or self._message.get("container"),
            applied_edits=self._applied_edits,
        )
        if fault := find_reply_fault(self._message, self._message_delta, turn):
            raise _protocol_error(fault)
        return turn

    def _start_block(self, index: int, block: Block) -> None:
        if self._message is None or index != len(self._content):
            raise _protocol_error(f"content block {index} starts after {len(self._content)} blocks")
        self._report_call_before(index)
        self._open_blocks[index] = _OpenBlock(dict(block))
        self._content.append(self._open_blocks[index].block)
        self._output_pieces.append(block)

    def _report_call_before(self, index: int) -> None:
        """Report the tool call before the block of this index, if it is complete and has not been reported."""
        if self._on_tool_call is None or not index or index - 1 in self._open_blocks or index == self._reported_index:
            return
        self._reported_index, block = index, self._content[index - 1]
        if block.get("type") == "tool_use":
            if fault := find_block_fault(block):
                raise _protocol_error(fault)
            self._call_count += 1
            invalid = self._invalid_inputs.get(index - 1)
            self._on_tool_call(ToolCall.from_block(block, invalid), self._call_count)

    def _extend_block(self, index: int, delta: JSONObject) -> Delta | None:
        opened = self._open_blocks.get(index)
        if opened is None:
            raise _protocol_error(f"a delta for content block {index}, which is not open")
        kind = delta.get("type")
        if kind == "input_json_delta":
            part = delta["partial_json"]
            opened.input_json.append(part)
            self._output_pieces.append(part)
        elif kind == "citations_delta":
            opened.block["citations"] = [*(opened.block.get("citations") or ()), delta["citation"]]
            self._output_pieces.append(delta["citation"])
            return "citation", delta["citation"]
        elif kind in _TEXT_DELTAS:
            name = _TEXT_DELTAS[kind]
            piece: str = delta.get(name) or ""
            if not isinstance(piece, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise _protocol_error(f"a {kind} brings {piece!r:.100}")
            opened.pieces.setdefault(name, []).append(piece)
            self._output_pieces.append(piece)
            if name == "text":
                return "text", piece
            if name == "thinking":
                return "thinking", piece
        else:
            self._unknown_delta = str(kind)
            self._output_pieces.append(delta)
        return None

    def _stop_block(self, index: int) -> Delta | None:
        opened = self._open_blocks.pop(index, None)
        if opened is None:
            raise _protocol_error(f"content block {index} stops without being open")
        block = opened.block
        for name, pieces in opened.pieces.items():
            block[name] = (block.get(name) or "") + "".join(pieces)
        if text := "".join(opened.input_json):
            self._parse_input(index, block, text)
        return None if block.get("type") in OWN_BLOCK_TYPES else ("block", block)

    def _parse_input(self, index: int, block: Block, text: str) -> None:
        try:
            value = parse_strict(text)
            text.encode()
        except (ValueError, RecursionError) as error:
            self._reject_input(index, block, text, str(error))
            return
        if isinstance(value, dict):
            block["input"] = value
            self._input_texts[index] = text
        else:
            self._reject_input(index, block, text, "not an object")

    def _reject_input(self, index: int, block: Block, text: str, reason: str) -> None:
        block["input"] = {}
        head = text if len(text) <= _MAX_INVALID_CHARS else text[:_MAX_INVALID_CHARS] + "..."
        self._invalid_inputs[index] = f"{head} ({reason})"


def _output_bytes(value: object) -> int:
    """Return an upper bound of the bytes that the value has as JSON."""
    return len(value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value, default=str))


def _reported_error(given: object) -> ModelError:
    """Return the error of an `error` event."""
    error = cast("JSONObject", given) if isinstance(given, dict) else {"message": str(given)}
    kind = str(error.get("type", "api_error"))
    text = f"The API broke off its reply: {error.get('message', kind)} ({kind})."
    return ModelError(text, kind=kind, status=200, is_retryable=kind not in NON_RETRYABLE_ERRORS)


def _protocol_error(what: str) -> ModelError:
    text = f"The server broke the grammar of a streamed reply: {what}."
    return ModelError(text, kind="protocol_error", is_retryable=True)


def _event_type(event: object) -> object:
    """Return the type of an event, or what stands in its place: a model of the program may yield anything."""
    return cast("JSONObject", event).get("type") if isinstance(event, dict) else event
