"""The records that checks of a request work on and return, and the error texts whose exact wording is not published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from agentkit.messages.message import Block, Content, JSONObject
from agentkit.simulator.model_behavior.models import ModelFacts

NEWEST_VERSION = "2026-10-21"
"""The API version that the SDK sends; it refuses sampling parameters and a few forms of content."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response to a request that broke a rule."""

    status: int
    """The HTTP status."""
    kind: str
    """The API's error type."""
    message: str
    details: JSONObject = field(default_factory=dict[str, object])
    """Facts for the client's program beside the type: `error_code` and what belongs to it. Empty: none."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The API version and the betas of a request."""

    version: str = NEWEST_VERSION
    betas: frozenset[str] = frozenset()

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Edition:
        """Read the edition from a request's headers, whose names are in lower case."""
        betas = headers.get("anthropic-beta", "").split(",")
        version = headers.get("anthropic-version", NEWEST_VERSION)
        return cls(version, frozenset(beta.strip() for beta in betas if beta.strip()))

    @property
    def is_newest(self) -> bool:
        """True if the rules of the newest version apply."""
        return self.version >= NEWEST_VERSION


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A message request that is being checked: of the right shape, for a model that exists."""

    body: JSONObject
    facts: ModelFacts
    edition: Edition

    @property
    def model(self) -> str:
        """The model's id."""
        return str(self.body["model"])

    @property
    def tools(self) -> list[JSONObject]:
        """The tools. Empty: the request has none."""
        return self.body.get("tools") or []

    @property
    def system_blocks(self) -> list[Block]:
        """The blocks of the system prompt. Empty: it is a string, or there is none."""
        system: Content = self.body.get("system") or []
        return [] if isinstance(system, str) else system

    def blocks(self) -> Iterator[tuple[int, int, Block]]:
        """Yield every block of the messages whose content is a list, with the indices of its message and its own."""
        for i, message in enumerate(self.body["messages"]):
            if isinstance(message["content"], list):
                yield from ((i, j, block) for j, block in enumerate(cast("list[Block]", message["content"])))

    def object_field(self, name: str) -> JSONObject:
        """Return a field that is an object. Empty: the request does not have it."""
        return cast("JSONObject", self.body.get(name) or {})

    @property
    def thinking_mode(self) -> str:
        """The requested mode of thinking. Empty: none is named."""
        return str(self.object_field("thinking").get("type", ""))

    @property
    def is_tool_use_forced(self) -> bool:
        """True if `tool_choice` forces the model to call a tool."""
        return self.object_field("tool_choice").get("type") in ("any", "tool")

    @property
    def output_format(self) -> JSONObject | None:
        """The format of `output_config`. None: the reply is free text."""
        return cast("JSONObject | None", self.object_field("output_config").get("format"))


Check: TypeAlias = Callable[[CheckedRequest], "Refusal | str | None"]
"""A function that checks one rule: returns a refusal, or the text of an `invalid_request_error`. None: it passes."""


def with_nested_blocks(block: Block) -> list[Block]:
    """Return a block, and the blocks inside it if it is a tool result."""
    inner = block.get("content") if block["type"] == "tool_result" else None
    return [block, *cast("list[Block]", inner)] if isinstance(inner, list) else [block]


def coded_refusal(
    code: str, message: str, *, status: int = 400, kind: str = "invalid_request_error", **more: object
) -> Refusal:
    """Return a refusal with an `error_code` for the client's program, and further details."""
    return Refusal(status, kind, message, {"error_code": code, **more})


APPROXIMATE: Mapping[str, str] = {
    "missing": "{field}: Field required",
    "extra": "{field}: Extra inputs are not permitted",
    "no credentials": "x-api-key header is required",
    "no version": "anthropic-version: header is required",
    "wrong version": "anthropic-version: {version!r} is not a valid version",
    "rate limit": "This request would exceed the rate limit of your organization on {limit} per minute.",
    "no messages": "messages: at least one message is required",
    "max output": "max_tokens: {given} > {limit}, which is the maximum allowed number of output tokens for {model}",
    "nothing to say": "max_tokens: 0 cannot be combined with {what}",
    "budget": "`max_tokens` must be greater than `thinking.budget_tokens`.",
    "no budget": "thinking.enabled.budget_tokens: Field required",
    "thinking mode": 'thinking.type: "{mode}" is not supported on this model. Supported: {modes}.',
    "no effort": "This model does not support the effort parameter.",
    "prefill": "This model does not support assistant message prefill. The conversation must end with a user message.",
    "trailing space": "messages: final assistant content cannot end with trailing whitespace",
    "system place": 'messages.{i}: a message with role "system" must {rule}',
    "document": "messages.{i}.content.{j}: `document` blocks cannot be in `assistant` messages",
    "citations": "messages.{i}.content.{j}.{kind}.citations: citations are not permitted in `user` messages",
    "cited format": "citations: cannot be enabled together with output_config.format",
    "schema type": "tools.{i}.custom.input_schema.type: Input should be 'object'",
    "chosen tool": "tool_choice: tool {name!r} is not in tools",
    "schema": "{field}: JSON schema is invalid. It must match JSON Schema draft 2020-12 ({reason})",
    "strict schema": "{field}: {reason}",
    "too many strict": "tools: the strict schemas of a request may have at most {limit} {what}, found {count}",
    "unnamed tool": "tool_choice.tool.name: Field required",
    "role": "messages.{i}.content.{j}: `{kind}` blocks can only be in `{role}` messages",
    "two results": "messages.{i}.content.{j}: each tool_use must have a single result. Found multiple `tool_result` "
    "blocks with id: {id}",
    "same id": "messages.{i}.content.{j}: `tool_use` ids must be unique",
    "prefilled format": "output_config.format: cannot be combined with a prefill of the assistant's message",
    "empty marked": "{where}: cache_control cannot be set for empty text blocks",
    "thinking marked": "{where}: cache_control cannot be set for {kind} blocks",
    "marker order": "{where}: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note "
    "that blocks are processed in the following order: `tools`, `system`, `messages`.",
    "two lifetimes": "cache_control: the last block already has cache_control with another ttl",
    "stop sequence": "stop_sequences: each stop sequence must contain non-whitespace",
    "no server": "mcp_servers: server {name!r} has no mcp_toolset in tools",
    "no toolset": "tools.{i}: mcp_toolset names the server {name!r}, which is not in mcp_servers",
    "name conflict": "messages.{i}.content.{j}: the tool name {name!r} is already taken",
    "unresolved": "messages.{i}.content.{j}: there is no tool {name!r} at this place of the conversation",
    "image size": "The longest side of one or more images is over {limit} pixels: {paths}",
    "image data": "{place}.image.source.base64.data: Could not process image",
    "images": "Too much media: 0 document pages + {count} images > {limit}",
    "pdf data": "{place}.pdf.source.base64.data: The PDF specified was not valid.",
    "block type": "{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}",
    "error content": '{place}.tool_result: all content must be type "text" if "is_error" is true',
    "thread unsupported": "thread: cannot be combined with {what}",
    "thread missing": "thread.previous_message_id: no thread state was found for {id}. Replay the full conversation "
    'with thread: {{"type": "create"}}',
    "thread continued": "thread.previous_message_id: {id} has already been continued",
    "thread in flight": "thread.previous_message_id: another request is still continuing from {id}",
    "thread changed": "thread: these fields must stay what they were when the thread was created: {fields}",
    "compaction with": "compaction: cannot be combined with {what}",
    "nothing to compact": "compaction: messages hold nothing to summarize",
    "incomplete turn": "compaction: the conversation ends on an assistant turn that is not finished",
    "two compactions": "messages: more than one `compaction` block with content",
    "compaction place": "messages.{i}.content.{j}: the `compaction` block must be the first block of the conversation",
    "compaction signature": "messages.0.content.0: Invalid `signature` in `compaction` block",
    "compaction content": "messages.0.content.0: the content of the `compaction` block is not what was signed",
    "compaction tools": "messages.0.content.0: the `tool_changes` of the `compaction` block are not what was returned",
    "open server call": "messages.{i}.content.{j}: `{name}` tool use with id `{id}` was found without a corresponding "
    "`{name}_tool_result` block",
    "caller": "tools.{i}.{kind}.allowed_callers.{j}: Input should be {callers}",
    "caller without code": "tools.{i}: the tool {name!r} can only be called by code if tools has code execution",
    "strict caller": "tools.{i}: the tool {name!r} cannot be strict and be called by code",
    "chosen caller": "tool_choice: the tool {name!r} can only be called by code",
    "beside results": "messages: the calls of code execution have to be answered with `tool_result` blocks alone, "
    "found `{kind}`",
    "custom id": "requests: custom_id must be unique. Found more than once: {id}",
    "batch state": "Batch {id} {state}",
    "page": "{field}: there is no {what} with id {id}",
}
"""Error texts in our wording and the API's form, by a name for the rule."""
