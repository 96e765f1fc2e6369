"""A request of the Messages API: the prompt prefix (system prompt and tools), the messages, and the options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from agentkit.messages import server_threads
from agentkit.messages.encoded_messages import EncodedMessages
from agentkit.messages.message import CACHE_MARKER, Content, JSONObject, Message, encode, text_block, with_cache_marker
from agentkit.messages.server_threads import ServerThread


@dataclass(frozen=True, slots=True)
class EncodedPrefix:
    """The encoded prompt prefix, which never changes in a conversation: the bytes of `system` and `tools`."""

    system: Content | None
    """The system prompt. None: there is none."""
    tools: Sequence[JSONObject]
    """The tool definitions."""
    encoded: bytes = field(repr=False)
    """The bytes of both, as they are sent."""
    markers: int = 0
    """The number of cache markers in it."""
    server_tools: Sequence[JSONObject] = field(init=False, repr=False, compare=False)
    """Those of the tools that the server executes."""
    cache_writes: str | None = field(init=False, repr=False, compare=False)
    """The lifetime of what it writes to the cache, `5m` or `1h`. None: it has no marker."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "server_tools", tuple(tool for tool in self.tools if "input_schema" not in tool))
        lifetime = ("1h" if b'"1h"' in self.encoded else "5m") if self.markers else None
        object.__setattr__(self, "cache_writes", lifetime)

    @classmethod
    def encode(
        cls, system: Content | None, tools: Sequence[JSONObject], marker: JSONObject | None = None
    ) -> EncodedPrefix:
        """Encode the prefix.

        Args:
            system: The system prompt. None leaves the field out.
            tools: The tool definitions. None of them leaves the field out.
            marker: A cache marker for its end, so that other conversations with this prefix read it from the cache.
                None: no marker.
        """
        if marker is not None and system is not None:
            system = with_cache_marker([text_block(system)] if isinstance(system, str) else system, -1, marker)
        elif marker is not None and tools:
            tools = with_cache_marker(tools, -1, marker)
        head = b"{"
        if system is not None:
            head += b'"system":' + encode(system) + b","
        if tools:
            head += b'"tools":' + encode(list(tools)) + b","
        return cls(system, tuple(tools), head + b'"messages":[', head.count(CACHE_MARKER))


_EMPTY_PREFIX = EncodedPrefix.encode(None, ())


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the frozen prefix, the messages so far, and the options, which may differ per request."""

    prefix: EncodedPrefix
    """The system prompt and the tools."""
    messages: Sequence[Message]
    """The messages so far."""
    options: Mapping[str, Any]
    """`model`, `max_tokens`, `tool_choice` and every other body field that follows the messages."""
    betas: tuple[str, ...] = ()
    """Values of the `anthropic-beta` header."""
    sender: str = ""
    """The id of the run, for fair rate limiting between runs; it is not sent."""
    thread: ServerThread | None = None
    """The message thread that the server holds; see `as_sent`. None: it holds none."""
    estimate: tuple[Sequence[Message], int, Sequence[Message]] | None = field(default=None, repr=False, compare=False)
    """The messages, an estimate of the prompt's tokens with them, and those with cache markers. None: all is measured
    when it is needed."""

    def with_max_tokens(self, max_tokens: int) -> Request:
        """Return the same request with another `max_tokens`."""
        if self.options["max_tokens"] == max_tokens:
            return self
        return replace(self, options={**self.options, "max_tokens": max_tokens})

    def as_sent(self) -> Request:
        """Return the request for a server that holds threads: with only the new messages if the thread is continued."""
        if self.thread is None:
            return self
        options = {name: value for name, value in self.options.items() if name != "cache_control"}
        options["thread"] = self.thread.to_dict()
        betas = tuple(dict.fromkeys((*self.betas, server_threads.THREADS_BETA)))
        is_continued = bool(self.thread.after)
        prefix = _EMPTY_PREFIX if is_continued else self.prefix
        messages = self.messages[self.thread.messages :] if is_continued else self.messages
        return Request(prefix, messages, options, betas, self.sender)

    def to_bytes(self) -> bytes:
        """Return the body: system, tools, messages, then the options, but not the thread.

        In this order the bytes up to the last message are a prefix of the next request's, as the prompt cache needs it.
        """
        return b"".join(self.to_parts())

    def to_parts(self) -> tuple[bytes, ...]:
        """Return the same body in parts, for connections that send them without a copy."""
        if isinstance(self.messages, EncodedMessages):
            pieces = self.messages.pieces
        else:
            pieces = (b",".join([message.encoded for message in self.messages]),)
        return self.prefix.encoded, *pieces, b"],", encode(dict(self.options))[1:]

    def to_dict(self) -> JSONObject:
        """Return the same body as a dict, for clients that rewrite it (Bedrock, Vertex) or show it to middleware."""
        body: JSONObject = {}
        if self.prefix.system is not None:
            body["system"] = self.prefix.system
        if self.prefix.tools:
            body["tools"] = list(self.prefix.tools)
        return {**body, "messages": [message.to_dict() for message in self.messages], **self.options}


@dataclass(frozen=True)
class PromptPrefix:
    """The prompt prefix of a conversation: system prompt, tools and output format.

    It is rendered once and saved with the conversation, to be compared with the agent that continues it later.
    """

    system: str | None
    tools: Sequence[JSONObject]
    answer_format: JSONObject | None = None
    """The `output_config.format` of every request. None: the answer is text, or the input of the answer tool."""
    answers_by_tool: bool = False
    """True if the model gives its answer by calling the answer tool."""
    marker: JSONObject | None = None
    """The cache marker at its end. None: it is too short to be cached, or caching is off."""

    @classmethod
    def from_json(cls, value: JSONObject) -> PromptPrefix:
        """Restore a prompt prefix from the JSON of `to_json`."""
        return cls(**value)

    def to_json(self) -> JSONObject:
        """Return it as JSON, to be stored by a journal and in saved conversations."""
        return {
            "system": self.system,
            "tools": list(self.tools),
            "answer_format": self.answer_format,
            "answers_by_tool": self.answers_by_tool,
            "marker": self.marker,
        }

    def has_answer_format_of(self, other: PromptPrefix) -> bool:
        """Return True if answers have the same form: text, the answer tool, or the same format."""
        forms = [(one.answers_by_tool, encode(one.answer_format)) for one in (self, other)]
        return forms[0] == forms[1]

    @cached_property
    def encoded_prefix(self) -> EncodedPrefix:
        """The prefix in bytes, as every request of the conversation begins."""
        return EncodedPrefix.encode(self.system, self.tools, self.marker)
