"""Request bodies whose fate depends on the version and the betas that the headers name."""

from __future__ import annotations

from tests.simulator.bodies import HI, MARK, TOOL, JSONObject, body, say, text
from tests.simulator.bodies_by_rule import addition

BY_REFERENCE = {"anthropic-beta": "mid-conversation-tool-changes-2026-07-01"}
BY_VALUE = {"anthropic-beta": "inline-tools-2026-09-15"}
MCP = {"anthropic-beta": "mcp-client-2026-09-15"}
COMPACT = {"anthropic-beta": "compact-2026-09-04"}
SUMMARY: JSONObject = {"compaction": {"type": "summarize"}}
EDITS: JSONObject = {"context_management": {"edits": [{"type": "compact_20260112"}]}}
THREADS = {"anthropic-beta": "message-threads-2026-08-12"}
DROPPING: JSONObject = {
    "thinking": {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}},
}
SUMMARISED: JSONObject = {"type": "compaction", "content": "They said hi.", "signature": "sim_0_0"}

WITH_HEADERS: dict[str, tuple[JSONObject, dict[str, str], int, str]] = {
    "sampling under an older version": (body(temperature=0.5), {"anthropic-version": "2023-06-01"}, 200, ""),
    "a document by the assistant under an older version": (
        body(HI, say({"type": "document", "source": {}}), HI),
        {"anthropic-version": "2023-06-01"},
        200,
        "",
    ),
    "credentials that are no token": (
        body(),
        {"x-api-key": "", "authorization": "Basic YTpi"},
        401,
        "invalid x-api-key",
    ),
    "a token": (body(), {"x-api-key": "", "authorization": "Bearer any"}, 200, ""),
    "a version that never was": (body(), {"anthropic-version": "2024-02-30"}, 400, "anthropic-version: '2024-02-30'"),
    "a tool that joins": (body(HI, addition(type="tool_reference", name="find"), tools=[TOOL]), BY_REFERENCE, 200, ""),
    "a tool that joins from nowhere": (
        body(HI, addition(type="tool_reference", name="lose"), tools=[TOOL]),
        BY_REFERENCE,
        400,
        "messages.1.content.0: there is no tool 'lose' at this place of the conversation",
    ),
    "a tool that is brought along": (
        body(HI, addition(type="tool_definition", definition={**TOOL, "name": "sell"}), tools=[TOOL]),
        BY_VALUE,
        200,
        "",
    ),
    "a tool that takes a name": (
        body(HI, addition(type="tool_definition", definition=TOOL), tools=[TOOL]),
        BY_VALUE,
        400,
        "messages.1.content.0: the tool name 'find' is already taken",
    ),
    "a tool that joins on a model without changes": (
        body(HI, addition(type="tool_reference", name="find"), tools=[TOOL], model="claude-sonnet-5"),
        BY_REFERENCE,
        400,
        "tool_addition/tool_removal is not supported on this model",
    ),
    "a server of the first form of MCP": (
        body(mcp_servers=[{"name": "shop"}]),
        {"anthropic-beta": "mcp-client-2025-04-04"},
        200,
        "",
    ),
    "a summary of context management": (
        body(HI, say({"type": "compaction", "content": "They said hi."}, text()), HI, **EDITS),
        {"anthropic-beta": "context-management-2025-06-27,compact-2026-01-12"},
        200,
        "",
    ),
    "a summary of context management, by its own beta": (
        body(**EDITS),
        {"anthropic-beta": "compact-2026-01-12"},
        200,
        "",
    ),
    "edits without their beta": (
        body(**EDITS),
        COMPACT,
        400,
        "context_management: Extra inputs are not permitted",
    ),
    "a fallback": (
        body(fallbacks=[{"model": "claude-opus-5"}]),
        {"anthropic-beta": "server-side-fallback-2026-06-01"},
        200,
        "",
    ),
    "a fallback without its beta": (
        body(fallbacks=[{"model": "claude-opus-5"}]),
        {"anthropic-beta": "fallback-credit-2026-07-01"},
        400,
        "fallbacks: Extra inputs are not permitted",
    ),
    "a beta nobody knows": (
        body(),
        {"anthropic-beta": "compact-2026-01-12, holograms-2030-01-01,x"},
        400,
        "Unexpected value(s) `holograms-2030-01-01`, `x` for the `anthropic-beta` header.",
    ),
    "thinking that may be dropped": (
        body(HI, say({"type": "thinking", "thinking": "Hm.", "signature": "s"}, text()), HI, **DROPPING),
        {"anthropic-beta": "thinking-binding-controls-2026-08-01"},
        200,
        "",
    ),
    "a thread that is continued from nowhere": (
        body(thread={"type": "continue", "previous_message_id": "msg_1"}),
        THREADS,
        404,
        "thread.previous_message_id: no thread state was found for msg_1.",
    ),
    "a thread beside a marker": (
        body(thread={"type": "create"}, **MARK),
        THREADS,
        400,
        "thread: cannot be combined with cache_control",
    ),
    "a thread without its beta": (body(thread={"type": "create"}), {}, 400, "thread: Extra inputs are not permitted"),
    "a compaction beside context management": (
        body(**SUMMARY, **EDITS),
        {"anthropic-beta": "context-management-2025-06-27,compact-2026-09-04"},
        400,
        "compaction: cannot be combined with context_management",
    ),
    "a compaction of nothing": (
        body({"role": "assistant", "content": []}, **SUMMARY),
        COMPACT,
        400,
        "compaction: messages hold nothing to summarize",
    ),
    "a server and its toolset": (
        body(mcp_servers=[{"name": "shop"}], tools=[{"type": "mcp_toolset", "mcp_server_name": "shop"}]),
        MCP,
        200,
        "",
    ),
    "a server without its toolset": (
        body(mcp_servers=[{"name": "shop"}]),
        MCP,
        400,
        "mcp_servers: server 'shop' has no mcp_toolset in tools",
    ),
    "a compaction that ends on a call": (
        body(HI, say({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}), **SUMMARY),
        COMPACT,
        400,
        "compaction: the conversation ends on an assistant turn that is not finished",
    ),
    "a summary that nobody signed": (
        body(say(SUMMARISED), HI),
        {},
        400,
        "messages.0.content.0: Invalid `signature` in `compaction` block",
    ),
    "a summary in the middle": (
        body(HI, say(SUMMARISED), HI),
        {},
        400,
        "messages.1.content.0: the `compaction` block must be the first block of the conversation",
    ),
    "two summaries": (body(say(SUMMARISED, SUMMARISED), HI), {}, 400, "messages: more than one `compaction` block"),
}
