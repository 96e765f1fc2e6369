"""The API's own blocks and messages: append-only, each encoded to bytes once.

Two rules for this file: a message never changes once it exists, and nothing here reads a clock, a socket or the
SDK. An assistant turn goes back exactly as it came, the text of its tool inputs included, because the server
checks thinking blocks against the bytes before them and the prompt cache needs the same prefix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from agentkit import message_threads
from agentkit.message_threads import Thread

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


@dataclass(frozen=True, slots=True)
class Prefix:
    """What comes before the messages and never changes in a conversation: `system` and `tools`."""

    system: Content | None
    tools: Sequence[JSONObject]
    encoded: bytes = field(repr=False)
    markers: int = 0
    """How many cache markers stand in it."""

    @classmethod
    def of(cls, system: Content | None, tools: Sequence[JSONObject], marker: JSONObject | None = None) -> Prefix:
        """Render the prefix once. None leaves `system` out, no tools leaves `tools` out.

        A cache `marker` is put at its end, so that other conversations with this prefix find it in the cache.
        """
        if marker is not None and system is not None:
            system = marked([text_block(system)] if isinstance(system, str) else system, -1, marker)
        elif marker is not None and tools:
            tools = marked(tools, -1, marker)
        head = b"{"
        if system is not None:
            head += b'"system":' + encode(system) + b","
        if tools:
            head += b'"tools":' + encode(list(tools)) + b","
        return cls(system, tuple(tools), head + b'"messages":[', head.count(CACHE_MARKER))


_NOTHING = Prefix.of(None, ())


@dataclass(frozen=True, slots=True)
class Request:
    """One model call: the frozen prefix, the messages so far, and what may differ per request."""

    prefix: Prefix
    messages: Sequence[Message]
    options: Mapping[str, Any]
    """`model`, `max_tokens`, `tool_choice` and every other body field that follows the messages."""
    betas: tuple[str, ...] = ()
    """Values of the `anthropic-beta` header."""
    sender: str = ""
    """The run that asks, among which a rate limit is shared fairly; it is not sent."""
    thread: Thread | None = None
    """What the server holds of the messages; see `as_sent`. None: nothing."""

    def with_limit(self, max_tokens: int) -> Request:
        """The same request with another `max_tokens`."""
        if self.options["max_tokens"] == max_tokens:
            return self
        return replace(self, options={**self.options, "max_tokens": max_tokens})

    def as_sent(self) -> Request:
        """The request as it goes to a server that holds threads: only the new messages where one goes on."""
        if self.thread is None:
            return self
        options = {name: value for name, value in self.options.items() if name != "cache_control"}
        options["thread"] = self.thread.to_dict()
        betas = tuple(dict.fromkeys((*self.betas, message_threads.BETA)))
        is_begun = bool(self.thread.after)
        prefix = _NOTHING if is_begun else self.prefix
        messages = self.messages[self.thread.messages :] if is_begun else self.messages
        return Request(prefix, messages, options, betas, self.sender)

    def to_bytes(self) -> bytes:
        """The body: system, tools, messages, then the options. The bytes of a turn are a prefix of the next's.

        The thread is not in it.
        """
        messages = b",".join(message.encoded for message in self.messages)
        return b"".join((self.prefix.encoded, messages, b"],", encode(dict(self.options))[1:]))

    def to_dict(self) -> JSONObject:
        """The same body as a dict, for clients that rewrite it (Bedrock, Vertex) or show it to middleware."""
        body: JSONObject = {}
        if self.prefix.system is not None:
            body["system"] = self.prefix.system
        if self.prefix.tools:
            body["tools"] = list(self.prefix.tools)
        return {**body, "messages": [message.to_dict() for message in self.messages], **self.options}
