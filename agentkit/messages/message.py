"""The API's own blocks and messages: append-only, each encoded to bytes once.

Two rules for this file: a message never changes once it exists, and nothing here reads a clock, a socket or the
SDK. An assistant turn goes back exactly as it came, the text of its tool inputs included, because the server
checks thinking blocks against the bytes before them and the prompt cache needs the same prefix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
"""Any JSON value."""
JSONObject: TypeAlias = dict[str, Any]
"""A JSON object, as the API's own dictionaries are."""
Block: TypeAlias = dict[str, Any]
"""A content block as the API writes it: `{"type": "text", "text": ...}` and so on; unknown types included."""
Content: TypeAlias = "str | list[Block]"
"""What a user message or a tool result may hold."""
Role: TypeAlias = Literal["user", "assistant", "system"]


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(value: object) -> bytes:
    """JSON as compact UTF-8 bytes. Raises ValueError on NaN and infinities, which JSON does not have."""
    return _ENCODER.encode(value).encode()


def text_block(text: str) -> Block:
    """A text block."""
    return {"type": "text", "text": text}


def tool_result(call_id: str, content: Content, *, is_error: bool = False) -> Block:
    """The answer to one tool call. `is_error` is left out when false, as the API's own examples do."""
    block: Block = {"type": "tool_result", "tool_use_id": call_id, "content": content}
    if is_error:
        block["is_error"] = True
    return block


def text_of(content: Content) -> str:
    """The text of a message's content: its text blocks, joined."""
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block.get("type") == "text" and "text" in block)


CACHE_MARKER = b'"cache_control"'
"""What bytes that hold a cache marker hold; in a text the quotes are escaped."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message and its bytes. Build it with `user`, `assistant` or `Message.of`."""

    role: Role
    content: Content
    encoded: bytes = field(repr=False)
    """The message as it goes over the wire, made once."""
    markers: int = 0
    """How many cache markers stand in it."""

    @classmethod
    def of(cls, role: Role, content: Content, input_texts: Mapping[int, str] | None = None) -> Message:
        """Encode a message. `input_texts` holds the model's own text of a tool input, by block index."""
        if isinstance(content, str) or not input_texts:
            body = encode(content)
        else:
            blocks = (_encode_block(block, input_texts.get(i)) for i, block in enumerate(content))
            body = b"[" + b",".join(blocks) + b"]"
        markers = 0 if isinstance(content, str) else body.count(CACHE_MARKER)
        return cls(role, content, b'{"role":"%b","content":%b}' % (role.encode(), body), markers)

    def to_dict(self) -> JSONObject:
        """The message as the API's own dictionary, for clients that rewrite the body and for reading."""
        return {"role": self.role, "content": self.content}


def _encode_block(block: Block, input_text: str | None) -> bytes:
    if input_text is None:
        return encode(block)
    fields = list(block.items())
    at = list(block).index("input")
    before, after = encode(dict(fields[:at]))[1:-1], encode(dict(fields[at + 1 :]))[1:-1]
    return b"{" + b",".join(filter(None, (before, b'"input":' + input_text.encode(), after))) + b"}"


def marked(blocks: Sequence[Block], at: int, marker: JSONObject) -> list[Block]:
    """The blocks with a cache marker on one of them."""
    found = list(blocks)
    found[at] = {**found[at], "cache_control": marker}
    return found


def user(content: Content) -> Message:
    """A user message."""
    return Message.of("user", content)


_SORTED = json.JSONEncoder(sort_keys=True)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One `tool_use` block of a turn: what the model asks."""

    id: str
    name: str
    input: JSONObject
    invalid_input: str | None = None
    """The head of the input's text when it is not a JSON object; such a call is answered, never executed."""

    @property
    def key(self) -> str:
        """The same for calls that ask the same."""
        return f"{self.name}({_SORTED.encode(self.input)}{self.invalid_input or ''})"


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """One whole reply of the model, as it came."""

    content: list[Block]
    stop_reason: str | None
    usage: JSONObject
    """The API's own usage record, cumulative for this reply."""
    model: str = ""
    """The model that answered, as the server names it."""
    id: str = ""
    input_texts: Mapping[int, str] = field(default_factory=dict[int, str])
    """The text of each tool input that is valid JSON, by block index: what is echoed, byte for byte."""
    invalid_inputs: Mapping[int, str] = field(default_factory=dict[int, str])
    """The head of each tool input that is not a JSON object, by block index; its block carries `input: {}`."""
    stop_details: JSONObject | None = None
    """What the API says beside the stop reason, for example the category of a refusal."""
    unknown_delta: str | None = None
    """The type of a delta that we do not know: the turn cannot go back as it came. None: it can."""

    @property
    def text(self) -> str:
        """The visible text of the turn."""
        return text_of(self.content)

    def calls(self) -> list[ToolCall]:
        """The client tool calls of the turn, in the model's order."""
        return [
            ToolCall(block["id"], block["name"], block["input"], self.invalid_inputs.get(i))
            for i, block in enumerate(self.content)
            if block.get("type") == "tool_use"
        ]

    def message(self) -> Message:
        """The turn as the message that goes back to the API."""
        return Message.of("assistant", self.content, self.input_texts)

    def to_json(self) -> JSONObject:
        """The turn as JSON, to cross the seam."""
        return {
            "content": self.content,
            "stop_reason": self.stop_reason,
            "usage": self.usage,
            "model": self.model,
            "id": self.id,
            "input_texts": {str(i): text for i, text in self.input_texts.items()},
            "invalid_inputs": {str(i): text for i, text in self.invalid_inputs.items()},
            "stop_details": self.stop_details,
            "unknown_delta": self.unknown_delta,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AssistantTurn:
        """The inverse of `to_json`."""
        by_index: JSONObject = {
            name: {int(index): text for index, text in value[name].items()}
            for name in ("input_texts", "invalid_inputs")
        }
        return cls(**{**value, **by_index})
