"""Request bodies, good and bad, with the status and the text that the API gives: the table of the simulator's tests."""

from __future__ import annotations

from typing import Any

JSONObject = dict[str, Any]

HEADERS = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
"""The headers that every request needs."""
HI: JSONObject = {"role": "user", "content": "Hi"}
TOOL: JSONObject = {"name": "find", "description": "Find.", "input_schema": {"type": "object", "properties": {}}}
CALL: JSONObject = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
RESULT: JSONObject = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}
MARK: JSONObject = {"cache_control": {"type": "ephemeral"}}
LONG_MARK: JSONObject = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
STRICT: JSONObject = {"type": "object", "properties": {}, "additionalProperties": False}


def body(*messages: object, **fields: object) -> JSONObject:
    """A body that the API takes, but for what is given."""
    base = {"model": "claude-opus-5-5", "max_tokens": 100, "messages": list(messages) or [HI]}
    return {**base, **fields}


def without(name: str) -> JSONObject:
    return {key: value for key, value in body().items() if key != name}


def ask(*content: object) -> JSONObject:
    return {"role": "user", "content": list(content)}


def say(*content: object) -> JSONObject:
    return {"role": "assistant", "content": list(content)}


def text(said: str = "x", **more: object) -> JSONObject:
    return {"type": "text", "text": said, **more}


UNANSWERED = (
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` "
    "block must have a corresponding `tool_result` block in the next message."
)
UNASKED = (
    "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` block "
    "must have a corresponding `tool_use` block in the previous message."
)

GOOD: dict[str, JSONObject] = {
    "the least": body(),
    "text blocks": body(ask(text("a"), text("b"))),
    "a system prompt": body(system="Be brief."),
    "system blocks": body(system=[text("Be brief.", **MARK)]),
    "an older model": body(model="claude-haiku-4-5-20251001"),
    "a call and its result": body(HI, say(CALL), ask(RESULT), tools=[TOOL]),
    "text behind the results": body(HI, say(CALL), ask(RESULT, text("note")), tools=[TOOL]),
    "calls answered after same-role messages are merged": body(
        HI, say(CALL), say({**CALL, "id": "toolu_2"}), ask(RESULT), ask({**RESULT, "tool_use_id": "toolu_2"})
    ),
    "two user messages in a row": body(HI, HI),
    "a result without content": body(HI, say(CALL), ask({"type": "tool_result", "tool_use_id": "toolu_1"})),
    "a result of blocks": body(HI, say(CALL), ask({**RESULT, "content": [text()]})),
    "an id of an earlier turn": body(HI, say(CALL), ask(RESULT), say(CALL), ask(RESULT)),
    "ids of any kind": body(HI, say({**CALL, "id": "call_x"}), ask({**RESULT, "tool_use_id": "call_x"})),
    "a field that says who asks": body(metadata={"user_id": "u"}),
    "the API's own tool": body(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "a chosen tool": body(
        tools=[TOOL],
        tool_choice={"type": "tool", "name": "find"},
        model="claude-haiku-5-5",
        thinking={"type": "disabled"},
    ),
    "no tool to be called": body(tools=[TOOL], tool_choice={"type": "none"}),
    "four cache markers": body(ask(text(**MARK), text(**MARK), text(**MARK)), **MARK),
    "the most tokens": body(max_tokens=128_000),
    "an empty final assistant turn": body(HI, {"role": "assistant", "content": []}),
    "a system message": body(HI, {"role": "system", "content": "Be quick."}),
    "a format": body(output_config={"format": {"type": "json_schema", "schema": STRICT}}),
    "thinking of an older model": body(
        HI, say({"type": "thinking", "thinking": "Hm.", "signature": "s"}, text()), HI, model="claude-sonnet-4-6"
    ),
    "everything at once": body(
        ask(text(**MARK), {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
        say({"type": "redacted_thinking", "data": "x"}, CALL),
        ask({**RESULT, "content": [text()], "is_error": True}),
        system=[text(**MARK)],
        tools=[
            {**TOOL, "input_schema": STRICT, "strict": True, **LONG_MARK},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        thinking={"type": "adaptive"},
        output_config={"effort": "low"},
        stop_sequences=["END"],
        metadata={"user_id": "u"},
        cache_control={"type": "ephemeral", "ttl": "1h"},
    ),
    "effort and thinking": body(output_config={"effort": "low"}, thinking={"type": "adaptive"}),
}

BAD: dict[str, tuple[JSONObject, int, str]] = {
    "no max_tokens": (without("max_tokens"), 400, "max_tokens: Field required"),
    "no model": (without("model"), 400, "model: Field required"),
    "no messages field": (without("messages"), 400, "messages: Field required"),
    "max_tokens as text": (body(max_tokens="5"), 400, "max_tokens: Input should be a valid integer"),
    "max_tokens as truth": (body(max_tokens=True), 400, "max_tokens: Input should be a valid integer"),
    "negative max_tokens": (body(max_tokens=-1), 400, "max_tokens: Input should be greater than or equal to 0"),
    "messages as an object": (body(messages={}), 400, "messages: Input should be a valid list"),
    "a message as text": (body("Hi"), 400, "messages.0: Input does not match the expected shape."),
    "a message without a role": (body({"content": "x"}), 400, "messages.0.role: Field required"),
    "a message without content": (body({"role": "user"}), 400, "messages.0.content: Field required"),
    "a role nobody knows": (body({"role": "tool", "content": "x"}), 400, "messages.0.role: Input should be"),
    "content as a number": (body({"role": "user", "content": 5}), 400, "messages.0.content: Input should be a valid"),
    "a block as text": (body(ask("x")), 400, "messages.0.content.0: Input should be a valid dictionary"),
    "a block without a type": (body(ask({"text": "x"})), 400, "messages.0.content.0.type: Field required"),
    "a text block without text": (body(ask({"type": "text"})), 400, "messages.0.content.0.text.text: Field required"),
    "a call without an id": (
        body(HI, say({"type": "tool_use", "name": "f", "input": {}})),
        400,
        "messages.1.content.0.tool_use.id: Field required",
    ),
    "a call whose input is text": (
        body(HI, say({**CALL, "input": "{}"})),
        400,
        "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
    ),
    "an unknown model": (body(model="claude-9"), 404, "model: claude-9"),
    "temperature": (body(temperature=1.0), 400, "temperature: Extra inputs are not permitted"),
    "top_p": (body(top_p=None), 400, "top_p: Extra inputs are not permitted"),
    "top_k": (body(top_k=5), 400, "top_k: Extra inputs are not permitted"),
    "too many tokens": (
        body(max_tokens=128_001),
        400,
        "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-opus-5-5",
    ),
    "two tools of one name": (body(tools=[TOOL, TOOL]), 400, "tools: Tool names must be unique."),
    "a name shared with the API's tool": (
        body(tools=[TOOL, {"type": "web_search_20250305", "name": "find"}]),
        400,
        "tools: Tool names must be unique.",
    ),
    "a tool name with a space": (
        body(tools=[{**TOOL, "name": "find it"}]),
        400,
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    "a tool name that is too long": (
        body(tools=[TOOL, {**TOOL, "name": "x" * 129}]),
        400,
        "tools.1.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    "a tool without a name": (body(tools=[{"input_schema": {}}]), 400, "tools.0.custom.name: Field required"),
    "a tool without a schema": (body(tools=[{"name": "x"}]), 400, "tools.0.custom.input_schema: Field required"),
    "a schema of another type": (
        body(tools=[{**TOOL, "input_schema": {"type": "array"}}]),
        400,
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    "a chosen tool that is not there": (
        body(tools=[TOOL], tool_choice={"type": "tool", "name": "lose"}),
        400,
        "tool_choice: tool 'lose' is not in tools",
    ),
    "five cache markers": (
        body(ask(*[text(**MARK)] * 4), **MARK),
        400,
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "no messages": (body(messages=[]), 400, "messages: at least one message is required"),
    "an empty message": (
        body({"role": "user", "content": ""}),
        400,
        "messages.0: all messages must have non-empty content except for the optional final assistant message",
    ),
    "an empty message in the middle": (
        body(HI, {"role": "assistant", "content": []}, HI),
        400,
        "messages.1: all messages must have non-empty content except for the optional final assistant message",
    ),
    "an empty text block": (body(ask(text(""))), 400, "messages: text content blocks must be non-empty"),
    "a call without a result": (body(HI, say(CALL), HI), 400, UNANSWERED),
    "a call at the end": (body(HI, say(CALL)), 400, UNANSWERED),
    "a result too late": (body(HI, say(CALL), HI, say(text()), ask(RESULT)), 400, UNANSWERED),
    "a result without a call": (body(ask(RESULT)), 400, UNASKED),
    "a result behind other blocks": (body(HI, say(CALL), ask(text(), RESULT)), 400, UNANSWERED),
    "a result behind another message": (body(HI, say(CALL), HI, ask(RESULT)), 400, UNANSWERED),
    "a call answered twice": (
        body(HI, say(CALL), ask(RESULT, RESULT)),
        400,
        "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: t",
    ),
    "two calls of one id": (
        body(HI, say(CALL, CALL), ask(RESULT)),
        400,
        "messages.1.content.1: `tool_use` ids must be unique",
    ),
    "two calls of one id in two messages of one turn": (
        body(HI, say(CALL), say(CALL), ask(RESULT)),
        400,
        "messages.2.content.0: `tool_use` ids must be unique",
    ),
    "a call by the user": (
        body(ask(CALL)),
        400,
        "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages",
    ),
    "a result by the assistant": (
        body(HI, say(RESULT)),
        400,
        "messages.1.content.0: `tool_result` blocks can only be in `user` messages",
    ),
    "an empty text block in a result": (
        body(HI, say(CALL), ask({**RESULT, "content": [text("")]})),
        400,
        "messages: text content blocks must be non-empty",
    ),
    "an empty system block": (body(system=[text("")]), 400, "system: text content blocks must be non-empty"),
    "a system block that is no text": (body(system=[{"type": "image"}]), 400, "system.0.text: Field required"),
    "a system prompt as a number": (body(system=5), 400, "system: Input should be a valid list"),
    "tools as an object": (body(tools={}), 400, "tools: Input should be a valid list"),
    "a tool as text": (body(tools=["find"]), 400, "tools.0.custom: Input should be a valid dictionary"),
    "a schema that is none": (
        body(tools=[{**TOOL, "input_schema": {"type": "object", "properties": {"a": {"type": "text"}}}}]),
        400,
        "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 (at $.properties",
    ),
    "a format whose schema is none": (
        body(output_config={"format": {"type": "json_schema", "schema": {"type": "objct"}}}),
        400,
        "output_config.format.schema: JSON schema is invalid.",
    ),
    "a format without a schema": (
        body(output_config={"format": {"type": "json_schema"}}),
        400,
        "output_config.format.schema: Field required",
    ),
    "an effort nobody knows": (
        body(output_config={"effort": "much"}),
        400,
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ),
    "thinking of no kind": (body(thinking={"type": "deep"}), 400, "thinking.type: Input should be 'adaptive'"),
    "a choice of no kind": (body(tool_choice={"type": "some"}), 400, "tool_choice.type: Input should be 'auto'"),
    "a choice without a name": (body(tool_choice={"type": "tool"}), 400, "tool_choice.tool.name: Field required"),
    "a choice by a list of names": (
        body(tools=[TOOL], tool_choice={"type": "tool", "name": ["find"]}),
        400,
        "tool_choice.name: Input should be a valid string",
    ),
    "a marker of no kind": (
        body(ask(text(cache_control={"type": "forever"}))),
        400,
        "messages.0.content.0.text.cache_control.type: Input should be 'ephemeral'",
    ),
    "a marker for a day": (
        body(cache_control={"type": "ephemeral", "ttl": "1d"}),
        400,
        "cache_control.ttl: Input should be '5m' or '1h'",
    ),
    "five markers, one inside a result": (
        body(HI, say(CALL), ask({**RESULT, "content": [text(**MARK)] * 4}), **MARK),
        400,
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "a stream that is not truth": (body(stream="yes"), 400, "stream: Input should be a valid boolean"),
    "sampling for a model nobody knows": (
        body(model="claude-9", temperature=0),
        400,
        "temperature: Extra inputs are not permitted",
    ),
}
