"""More request bodies: what depends on the model, on the place in the conversation, on versions and betas."""

from __future__ import annotations

from tests.simulator.bodies import CALL, HI, RESULT, STRICT, TOOL, JSONObject, ask, body, say, text

HAIKU = "claude-haiku-5-5"
OLD = "claude-sonnet-4-5"
BOTH = "claude-sonnet-4-6"
NOTE: JSONObject = {"role": "system", "content": "Be quick."}
THOUGHT: JSONObject = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
BUDGET: JSONObject = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000, "model": OLD}
FORCED: JSONObject = {"tools": [TOOL], "tool_choice": {"type": "any"}}
FORMAT: JSONObject = {"format": {"type": "json_schema", "schema": STRICT}}


def strict(**properties: JSONObject) -> JSONObject:
    return {**TOOL, "strict": True, "input_schema": {**STRICT, "properties": properties, "required": [*properties]}}


def addition(**tool: object) -> JSONObject:
    return {"role": "system", "content": [{"type": "tool_addition", "tool": tool}]}


GOOD: dict[str, JSONObject] = {
    "a budget on an older model": body(**BUDGET),
    "thinking switched off where it can be": body(model=HAIKU, thinking={"type": "disabled"}),
    "progress between tools": body(model=HAIKU, thinking={"type": "between_tools"}),
    "a forced call on an older model": body(model=OLD, **FORCED),
    "a forced call beside adaptive thinking": body(model=BOTH, thinking={"type": "adaptive"}, **FORCED),
    "a system message on an older model that takes it": body(HI, NOTE, model="claude-opus-4-8"),
    "much effort without thinking": body(
        model="claude-opus-4-8", thinking={"type": "disabled"}, output_config={"effort": "max"}
    ),
    "a prefill on an older model": body(HI, say(text("Well,")), model=OLD),
    "a paused turn": body(HI, say(text(), {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}})),
    "the result of the API's own tool": body(
        HI,
        say(
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
            text(),
        ),
        HI,
    ),
    "every effort": body(output_config={"effort": "max"}),
    "a system message after results": body(HI, say(CALL), ask(RESULT), NOTE, tools=[TOOL]),
    "a system message before the answer": body(HI, NOTE, say(text()), HI),
    "thinking before an answered call": body(HI, say(THOUGHT, CALL), ask(RESULT), **BUDGET),
    "a budget, and no open call": body(HI, say(text()), HI, **BUDGET),
    "a document by the user": body(ask({"type": "document", "source": {"type": "text", "data": "x"}})),
    "empty citations": body(ask(text(citations=[]))),
    "a strict tool": body(tools=[strict(a={"type": "string"})]),
    "a format without citations": body(
        ask({"type": "document", "source": {"type": "text", "data": "x"}}), output_config=FORMAT
    ),
}

BAD: dict[str, tuple[JSONObject, int, str]] = {
    "a budget on a new model": (
        body(thinking={"type": "enabled", "budget_tokens": 2000}),
        400,
        'thinking.type: "enabled" is not supported on this model',
    ),
    "thinking switched off where it cannot be": (
        body(thinking={"type": "disabled"}),
        400,
        'thinking.type: "disabled" is not supported on this model',
    ),
    "adaptive thinking on an old model": (
        body(model=OLD, thinking={"type": "adaptive"}),
        400,
        'thinking.type: "adaptive" is not supported on this model. Supported: enabled, disabled.',
    ),
    "no budget": (body(model=OLD, thinking={"type": "enabled"}), 400, "thinking.enabled.budget_tokens: Field required"),
    "a small budget": (
        body(**{**BUDGET, "thinking": {"type": "enabled", "budget_tokens": 1023}}),
        400,
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    "a budget as large as the output": (
        body(**{**BUDGET, "max_tokens": 1024}),
        400,
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ),
    "a forced call on a model that always thinks": (
        body(**FORCED),
        400,
        "Thinking may not be enabled when tool_choice",
    ),
    "a forced call beside a budget": (body(**BUDGET, **FORCED), 400, "Thinking may not be enabled when tool_choice"),
    "an open call without its thinking": (
        body(HI, say(CALL), ask(RESULT), **BUDGET),
        400,
        (
            "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block"
        ),
    ),
    "an effort that the model has not": (
        body(model=BOTH, output_config={"effort": "xhigh"}),
        400,
        "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
    ),
    "effort on a model without it": (
        body(model=OLD, output_config={"effort": "low"}),
        400,
        "This model does not support the effort parameter.",
    ),
    "more effort than the model has without thinking": (
        body(model="claude-opus-5", thinking={"type": "disabled"}, output_config={"effort": "xhigh"}),
        400,
        "output_config.effort 'xhigh' is not supported when thinking is disabled on this model",
    ),
    "a prefill beside a format": (
        body(HI, say(text("{")), model=OLD, output_config=FORMAT),
        400,
        "output_config.format: cannot be combined with a prefill of the assistant's message",
    ),
    "thinking of another conversation": (
        body(HI, say(THOUGHT, text()), HI),
        400,
        (
            "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different "
            'conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
        ),
    ),
    "a prefill": (body(HI, say(text("Well,"))), 400, "This model does not support assistant message prefill."),
    "a prefill as a string": (
        body(HI, {"role": "assistant", "content": "{"}),
        400,
        "This model does not support assis",
    ),
    "a ragged prefill": (
        body(HI, say(text("Well, ")), model=OLD),
        400,
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    "a system message on an older model": (
        body(HI, NOTE, model=BOTH),
        400,
        "role 'system' is not supported on this model",
    ),
    "a system message at the front": (
        body(NOTE, HI),
        400,
        'messages.0: a message with role "system" must not be the f',
    ),
    "a system message after an answer": (
        body(HI, say(text()), NOTE),
        400,
        'messages.2: a message with role "system" must follow a user message',
    ),
    "a system message before the user": (
        body(HI, NOTE, HI),
        400,
        'messages.1: a message with role "system" must be the last',
    ),
    "a document by the assistant": (
        body(HI, say({"type": "document", "source": {}}), HI),
        400,
        "messages.1.content.0: `document` blocks cannot be in `assistant` messages",
    ),
    "citations by the user": (
        body(ask(text(citations=[{"type": "char_location"}]))),
        400,
        "messages.0.content.0.text.citations: citations are not permitted in `user` messages",
    ),
    "citations inside a search result": (
        body(ask({"type": "search_result", "content": [text(citations=[{}])]})),
        400,
        "messages.0.content.0.search_result.citations: citations are not permitted",
    ),
    "a result that the API's tool was not asked for": (
        body(HI, say({"type": "advisor_tool_result", "tool_use_id": "s1", "content": {}}, text()), HI),
        400,
        (
            "messages.1.content.0: unexpected `tool_use_id` found in `advisor_tool_result` blocks: s1. Each "
            "`advisor_tool_result` block must have a corresponding `server_tool_use` block before it."
        ),
    ),
    "a stop sequence of spaces": (
        body(stop_sequences=["\n"]),
        400,
        "stop_sequences: each stop sequence must contain non-whitespace",
    ),
    "a stop sequence that is none": (body(stop_sequences=[5]), 400, "stop_sequences.0: Input should be a valid string"),
    "an open object in a strict tool": (
        body(tools=[{**TOOL, "strict": True}]),
        400,
        "tools.0.custom.input_schema: at $: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "a limit in a strict tool": (
        body(tools=[strict(a={"type": "integer", "minimum": 1})]),
        400,
        "tools.0.custom.input_schema: at $.properties.a: For 'integer' type, property 'minimum' is not supported",
    ),
    "an open format": (
        body(output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}}),
        400,
        "output_config.format.schema: at $: For 'object' type, 'additionalProperties' must be",
    ),
    "citations beside a format": (
        body(ask({"type": "document", "source": {}, "citations": {"enabled": True}}), output_config=FORMAT),
        400,
        "citations: cannot be enabled together with output_config.format",
    ),
    "a field of a beta": (body(mcp_servers=[]), 400, "mcp_servers: Extra inputs are not permitted"),
    "a toolset without its server": (
        body(tools=[{"type": "mcp_toolset", "mcp_server_name": "shop"}]),
        400,
        "tools.0: mcp_toolset names the server 'shop', which is not in mcp_servers",
    ),
    "a change of tools without its beta": (
        body(HI, addition(type="tool_reference", name="find"), tools=[TOOL]),
        400,
        "messages.1.content.0.tool_addition: Extra inputs are not permitted",
    ),
}
