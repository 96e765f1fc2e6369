"""The fields of each type of content block and of a tool definition; the API refuses any other field in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from agentkit.schema.json_schema.subschemas import is_object
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_ON_EVERY_BLOCK = frozenset(("type", "cache_control"))
_SERVER_RESULT = frozenset(("tool_use_id", "content"))
BLOCK_FIELDS: Mapping[str, frozenset[str]] = {
    "text": frozenset(("text", "citations")),
    "image": frozenset(("source", "transformations")),
    "document": frozenset(("source", "title", "context", "citations")),
    "search_result": frozenset(("source", "title", "content", "citations")),
    "thinking": frozenset(("thinking", "signature")),
    "redacted_thinking": frozenset(("data",)),
    "tool_use": frozenset(("id", "name", "input", "caller", "toolset_name")),
    "tool_result": frozenset(("tool_use_id", "content", "is_error", "toolset_name")),
    "server_tool_use": frozenset(("id", "name", "input", "caller")),
    "web_search_tool_result": _SERVER_RESULT | {"caller"},
    "web_fetch_tool_result": _SERVER_RESULT | {"caller"},
    "advisor_tool_result": _SERVER_RESULT,
    "code_execution_tool_result": _SERVER_RESULT,
    "bash_code_execution_tool_result": _SERVER_RESULT,
    "text_editor_code_execution_tool_result": _SERVER_RESULT,
    "tool_search_tool_result": _SERVER_RESULT,
    "mcp_tool_use": frozenset(("id", "name", "input", "server_name")),
    "mcp_tool_result": frozenset(("tool_use_id", "content", "is_error")),
    "mcp_tool_listing": frozenset(("mcp_server_name", "tools")),
    "container_upload": frozenset(("file_id",)),
    "compaction": frozenset(("content", "encrypted_content", "signature", "tool_changes")),
    "tool_addition": frozenset(("tool",)),
    "tool_removal": frozenset(("tool",)),
    "fallback": frozenset(("from", "to", "trigger")),
    "tool_reference": frozenset(("tool_name",)),
    "browser_state": frozenset(("tabs", "state_changes")),
}
"""The fields of a block beside `type` and `cache_control`, by its type. Blocks of other types pass."""
TOOL_FIELDS = frozenset(
    {
        *("name", "type", "description", "input_schema", "cache_control", "strict", "input_examples", "defer_loading"),
        *("allowed_callers", "eager_input_streaming"),
    }
)
"""The fields of a tool with a schema of its own."""


def find_extra_field(body: JSONObject) -> str | None:
    """Return the API's error text for the first unknown field of a block or a tool, in a body of the right shape."""
    return next((APPROXIMATE["extra"].format(field=field) for field in _extra_fields(body)), None)


def _extra_fields(body: JSONObject) -> Iterator[str]:
    for i, tool in enumerate(cast("list[JSONObject]", body.get("tools") or [])):
        if tool.get("type") in (None, "custom"):
            yield from (f"tools.{i}.custom.{name}" for name in tool if name not in TOOL_FIELDS)
    yield from _extra_fields_of_blocks(body.get("system"), "system")
    for i, message in enumerate(cast("list[JSONObject]", body["messages"])):
        yield from _extra_fields_of_blocks(message["content"], f"messages.{i}.content")


def _extra_fields_of_blocks(blocks: object, path: str) -> Iterator[str]:
    for j, block in enumerate(cast("list[object]", blocks) if isinstance(blocks, list) else ()):
        kind = block.get("type") if is_object(block) else None
        known = BLOCK_FIELDS.get(kind) if isinstance(kind, str) else None
        if not is_object(block) or known is None:
            continue
        yield from (f"{path}.{j}.{kind}.{name}" for name in block if name not in known | _ON_EVERY_BLOCK)
        if kind == "tool_result":
            yield from _extra_fields_of_blocks(block.get("content"), f"{path}.{j}.{kind}.content")
