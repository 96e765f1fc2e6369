"""A request: the prefix that never changes in a conversation, the messages, and what may differ each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from agentkit.messages import server_threads as message_threads
from agentkit.messages.message import CACHE_MARKER, Content, JSONObject, Message, encode, marked, text_block
from agentkit.messages.server_threads import Thread


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


@dataclass(frozen=True)
class Offer:
    """What a model is given beside the messages: rendered once, and compared with what an agent is later."""

    system: str | None
    tools: Sequence[JSONObject]
    answer_format: JSONObject | None = None
    """The `output_config.format` of every request. None: the answer is text, or comes by the answer tool."""
    answers_by_tool: bool = False
    marker: JSONObject | None = None
    """The cache marker at its end. None: it is too short to be kept, or nothing is."""

    @classmethod
    def of(cls, value: JSONObject) -> Offer:
        """The inverse of `to_json`."""
        return cls(**value)

    def to_json(self) -> JSONObject:
        """The offer as JSON, to cross the seam and to be saved."""
        return {
            "system": self.system,
            "tools": list(self.tools),
            "answer_format": self.answer_format,
            "answers_by_tool": self.answers_by_tool,
            "marker": self.marker,
        }

    @cached_property
    def prefix(self) -> Prefix:
        """What stands before the messages of a conversation that begins with it."""
        return Prefix.of(self.system, self.tools, self.marker)
