"""Request bodies whose fate depends on the version and the betas that the headers name."""

from __future__ import annotations

from tests.simulator.bodies import HI, TOOL, JSONObject, body, say
from tests.simulator.bodies_by_rule import addition

BY_REFERENCE = {"anthropic-beta": "mid-conversation-tool-changes-2026-07-01"}
BY_VALUE = {"anthropic-beta": "inline-tools-2026-09-15"}
MCP = {"anthropic-beta": "mcp-client-2026-09-15"}
COMPACT = {"anthropic-beta": "compact-2026-09-04"}
SUMMARY: JSONObject = {"compaction": {"type": "summarize"}}
SUMMARISED: JSONObject = {"type": "compaction", "content": "They said hi.", "signature": "sim_0_0"}

WITH_HEADERS: dict[str, tuple[JSONObject, dict[str, str], int, str]] = {
    "sampling under an older version": (body(temperature=0.5), {"anthropic-version": "2023-06-01"}, 200, ""),
    "a document by the assistant under an older version": (
        body(HI, say({"type": "document", "source": {}}), HI),
        {"anthropic-version": "2023-06-01"},
        200,
        "",
    ),
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
