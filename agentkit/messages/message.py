"""Content blocks, messages, tool calls and assistant turns, in the API's own shapes; each message is encoded once.

Two rules for this file: a message never changes once it exists, and nothing here reads a clock, a socket or the
SDK. An assistant turn is sent back exactly as it was received, the text of its tool inputs included, because the
server checks thinking blocks against the bytes before them and the prompt cache needs the same prefix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from agentkit.messages.plain_json import encode_plain

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
"""Any JSON value."""
JSONObject: TypeAlias = dict[str, Any]
"""A JSON object, as the API's own dictionaries are."""
Block: TypeAlias = dict[str, Any]
"""A content block as the API writes it: `{"type": "text", "text": ...}` and so on; unknown types included."""
Content: TypeAlias = "str | list[Block]"
"""The content of a user message or a tool result."""
Role: TypeAlias = Literal["user", "assistant", "system"]


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(value: object) -> bytes:
    """Encode a value as compact JSON in UTF-8. Raises ValueError for NaN and infinities, which JSON does not have.

    Args:
        value: Any JSON value.
    """
    return encode_plain(value) or _ENCODER.encode(value).encode()


def text_block(text: str) -> Block:
    """Return a text block.

    Args:
        text: The text.
    """
    return {"type": "text", "text": text}


def tool_result(call_id: str, content: Content, *, is_error: bool = False, toolset_name: str = "") -> Block:
    """Return a `tool_result` block. `is_error` is left out when false, as in the API's own examples.

    `toolset_name` is that of the call's block, which the result has to repeat.

    Args:
        call_id: The id of the call.
        content: A text or content blocks.
        is_error: True if the call failed.
        toolset_name: The toolset of the call's block. Empty: none.
    """
    block: Block = {"type": "tool_result", "tool_use_id": call_id, "content": content}
    if is_error:
        block["is_error"] = True
    if toolset_name:
        block["toolset_name"] = toolset_name
    return block


def text_of(content: Content) -> str:
    """Return the text of a message's content: its text blocks, joined.

    Args:
        content: A text or content blocks.
    """
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block.get("type") == "text" and "text" in block)


def citations_of(content: Content) -> list[JSONObject]:
    """Return the citations of a message, in their order."""
    if isinstance(content, str):
        return []
    found = [block["citations"] for block in content if isinstance(block.get("citations"), list)]
    return [citation for citations in found for citation in citations]


def is_blank(content: Content) -> bool:
    """True if content has nothing but white space: the API refuses such a message."""
    if isinstance(content, str):
        return not content.strip()
    return all(block.get("type") == "text" and not str(block.get("text") or "").strip() for block in content)


CACHE_MARKER = b'"cache_control"'
"""The bytes of a cache marker's key in encoded JSON. Inside a text the quotes are escaped, so it does not match."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message and its bytes. Build it with `user` or `Message.of`."""

    role: Role
    """`user`, `assistant` or `system`."""
    content: Content
    """A text or content blocks."""
    encoded: bytes = field(repr=False)
    """The message as it is sent, encoded once."""
    markers: int = 0
    """The number of cache markers in it."""

    @classmethod
    def of(cls, role: Role, content: Content, input_texts: Mapping[int, str] | None = None) -> Message:
        """Encode a message.

        Args:
            role: `user`, `assistant` or `system`.
            content: A text or content blocks.
            input_texts: The model's own JSON text of tool inputs, by block index, sent instead of a new encoding.
        """
        if isinstance(content, str) or not input_texts:
            body = encode(content)
        else:
            blocks = [_encode_block(block, input_texts.get(i)) for i, block in enumerate(content)]
            body = b"[" + b",".join(blocks) + b"]"
        markers = 0 if isinstance(content, str) or CACHE_MARKER not in body else len(cache_markers_of(content))
        return cls(role, content, b'{"role":"%b","content":%b}' % (role.encode(), body), markers)

    def to_dict(self) -> JSONObject:
        """Return the message as the API's own dictionary, for clients that rewrite the body and for reading."""
        return {"role": self.role, "content": self.content}


def _encode_block(block: Block, input_text: str | None) -> bytes:
    if input_text is None:
        return encode(block)
    fields = list(block.items())
    at = list(block).index("input")
    before, after = encode(dict(fields[:at]))[1:-1], encode(dict(fields[at + 1 :]))[1:-1]
    return b"{" + b",".join(filter(None, (before, b'"input":' + input_text.encode(), after))) + b"}"


def cache_markers_of(blocks: Sequence[Block]) -> list[JSONObject]:
    """Return the cache markers on blocks and on those inside tool results, in the order of the prompt."""
    markers: list[JSONObject] = []
    for block in blocks:
        inner: object = block.get("content")
        if isinstance(inner, list):
            parts = cast("list[object]", inner)
            markers += cache_markers_of([cast("Block", part) for part in parts if isinstance(part, dict)])
        if block.get("cache_control") is not None:
            markers.append(block["cache_control"])
    return markers


def with_cache_marker(blocks: Sequence[Block], at: int, marker: JSONObject) -> list[Block]:
    """Return the blocks with a cache marker on the one at this index, which is copied."""
    found = list(blocks)
    found[at] = {**found[at], "cache_control": marker}
    return found


def user(content: Content) -> Message:
    """Return a user message.

    Args:
        content: A text or content blocks.
    """
    return Message.of("user", content)


_SORTED_ENCODER = json.JSONEncoder(sort_keys=True)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of the model: one `tool_use` block of a turn."""

    id: str
    """The id of the call, unique in its run."""
    name: str
    """The name of the tool."""
    input: JSONObject
    """The arguments as the model wrote them."""
    invalid_input: str | None = None
    """The beginning of the input's text if that is not a JSON object: such a call gets an error result and is not
    executed. None: the input is valid."""
    toolset_name: str = ""
    """The toolset of the API whose member is called. Empty: it is a tool by itself."""
    block_id: str = ""
    """The id in the model's block, where an earlier turn of the run had that id too, so that `id` is another one.
    Empty: it is `id`."""

    @classmethod
    def from_block(cls, block: Block, invalid_input: str | None = None) -> ToolCall:
        """Return the call of a `tool_use` block. A call of a toolset's member is one of the toolset, by an `action`."""
        if not (toolset_name := block.get("toolset_name")):
            return cls(block["id"], block["name"], block["input"], invalid_input)
        given: JSONObject = {"action": block["name"], **block["input"]}
        return cls(block["id"], toolset_name, given, invalid_input, toolset_name)

    @property
    def key(self) -> str:
        """A text that is equal for calls of the same tool with the same input."""
        return f"{self.name}({_SORTED_ENCODER.encode(self.input)}{self.invalid_input or ''})"


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """One complete reply of the model, as it was received."""

    content: list[Block]
    stop_reason: str | None
    usage: JSONObject
    """The API's own usage record, cumulative for this reply."""
    model: str = ""
    """The model that answered, as the server names it."""
    id: str = ""
    input_texts: Mapping[int, str] = field(default_factory=dict[int, str])
    """The JSON text of each valid tool input, by block index, to be sent back byte for byte."""
    invalid_inputs: Mapping[int, str] = field(default_factory=dict[int, str])
    """The beginning of each tool input that is not a JSON object, by block index; its block has `input: {}`."""
    stop_details: JSONObject | None = None
    """Details of the stop reason, for example the category of a refusal. None: the API sent none."""
    unknown_delta: str | None = None
    """The type of an unknown delta, because of which the turn cannot be sent back as it was received. None: it can."""
    stop_sequence: str | None = None
    """The stop sequence that was met. None: none."""
    container: JSONObject | None = None
    """The container in which the API runs code for this conversation, in the API's own form. None: it names none."""
    applied_edits: list[JSONObject] = field(default_factory=list[JSONObject])
    """The edits that `context_management` of the request has made to the prompt, in the API's own form."""

    _tool_calls: tuple[ToolCall, ...] | None = field(default=None, init=False, repr=False, compare=False)
    """The tool calls, read once: the loop asks for them at several places."""
    _message: tuple[Message | None] | None = field(default=None, init=False, repr=False, compare=False)
    """The message of the turn, encoded once: for the check of its shape, and to be sent."""

    @property
    def text(self) -> str:
        """The visible text of the turn."""
        return text_of(self.content)

    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Return the tool calls of the turn that the client runs, in the model's order."""
        if self._tool_calls is None:
            calls = [
                ToolCall.from_block(block, self.invalid_inputs.get(i))
                for i, block in enumerate(self.content)
                if block.get("type") == "tool_use"
            ]
            object.__setattr__(self, "_tool_calls", tuple(calls))
        return self._tool_calls or ()

    def to_message(self) -> Message | None:
        """Return the turn as the message that is sent back to the API. None: it is nothing but white space.

        It is sent back as it came, but for empty text blocks: the API refuses those, also where it made them itself.
        """
        if self._message is None:
            object.__setattr__(self, "_message", (self._encoded_message(),))
        return self._message[0] if self._message else None

    def _encoded_message(self) -> Message | None:
        kept: list[Block] = []
        input_texts: dict[int, str] = {}
        is_blank_turn = True
        for i, block in enumerate(self.content):
            if block.get("type") == "text" and not block.get("text"):
                continue
            if i in self.input_texts:
                input_texts[len(kept)] = self.input_texts[i]
            is_blank_turn = is_blank_turn and block.get("type") == "text" and not str(block["text"]).strip()
            kept.append(block)
        return None if is_blank_turn else Message.of("assistant", kept, input_texts)

    def to_json(self) -> JSONObject:
        """Return the turn as JSON, to be stored by a journal."""
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
            "stop_sequence": self.stop_sequence,
            "container": self.container,
            "applied_edits": self.applied_edits,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AssistantTurn:
        """Restore a turn from the JSON of `to_json`."""
        by_index: JSONObject = {
            name: {int(index): text for index, text in value[name].items()}
            for name in ("input_texts", "invalid_inputs")
        }
        return cls(**{**value, **by_index})
