"""The fields of each type of content block and of a tool definition; the API refuses any other field in them.

Those of the whole body stand in `body_fields.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from agentkit.schema.json_schema.subschemas import is_object

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


_MARKER_FIELDS = frozenset(("type", "ttl"))
_SOURCE_FIELDS = frozenset(("type", "media_type", "data", "url", "file_id", "content"))


def extra_fields_of_tools(tools: list[JSONObject]) -> Iterator[str]:
    """Yield the paths of unknown fields of tools with a schema of their own, and of the cache markers of all."""
    for i, tool in enumerate(tools):
        path = f"tools.{i}.{tool.get('type') or 'custom'}"
        if tool.get("type") in (None, "custom"):
            yield from (f"{path}.{name}" for name in tool if name not in TOOL_FIELDS)
        yield from extra_fields_of_marker(tool, f"{path}.")


def extra_fields_of_blocks(blocks: object, path: str) -> Iterator[str]:
    """Yield the paths of unknown fields of blocks, of the blocks in them, of their sources and cache markers."""
    for j, block in enumerate(cast("list[object]", blocks) if isinstance(blocks, list) else ()):
        kind = block.get("type") if is_object(block) else None
        known = BLOCK_FIELDS.get(kind) if isinstance(kind, str) else None
        if not is_object(block) or known is None:
            continue
        place = f"{path}.{j}.{kind}"
        yield from (f"{place}.{name}" for name in block if name not in known | _ON_EVERY_BLOCK)
        yield from extra_fields_of_marker(block, f"{place}.")
        source: object = block.get("source")
        if is_object(source) and kind in ("image", "document"):
            yield from (f"{place}.source.{source.get('type')}.{name}" for name in source if name not in _SOURCE_FIELDS)
        if kind == "tool_result":
            yield from extra_fields_of_blocks(block.get("content"), f"{place}.content")


def extra_fields_of_marker(holder: JSONObject, path: str) -> Iterator[str]:
    """Yield the paths of unknown fields of the cache marker of a block, a tool or a body."""
    marker: object = holder.get("cache_control")
    if is_object(marker):
        kind = marker.get("type")
        yield from (f"{path}cache_control.{kind}.{name}" for name in marker if name not in _MARKER_FIELDS)
