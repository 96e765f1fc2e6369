"""The rule of block types: in a user message and in a tool result only those that the API knows.

A block of an assistant message was made by a server, which may know more types than this one: any type passes there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from agentkit.simulator.rules.block_fields import BLOCK_FIELDS
from agentkit.simulator.rules.refusal import APPROXIMATE

if TYPE_CHECKING:
    from agentkit.messages.message import Block
    from agentkit.simulator.rules.refusal import CheckedRequest

_USER_BLOCK_TYPES = BLOCK_FIELDS.keys() - {"tool_reference", "browser_state", "tool_addition", "tool_removal"}
"""Some of them are in place in an assistant message only; that is another rule."""
_RESULT_BLOCK_TYPES = {"text", "image", "search_result", "document", "tool_reference", "browser_state"}


def check_block_types(request: CheckedRequest) -> str | None:
    """Check the types of all blocks of user messages, and that an error result holds nothing but text."""
    for i, j, block in request.blocks():
        place = f"messages.{i}.content.{j}"
        if request.body["messages"][i]["role"] == "user" and block["type"] not in _USER_BLOCK_TYPES:
            return _type_error(place, block["type"], _USER_BLOCK_TYPES)
        content: object = block.get("content") if block["type"] == "tool_result" else None
        if not isinstance(content, list):
            continue
        types = [part["type"] for part in cast("list[Block]", content)]
        for k, kind in enumerate(types):
            if kind not in _RESULT_BLOCK_TYPES:
                return _type_error(f"{place}.tool_result.content.{k}", kind, _RESULT_BLOCK_TYPES)
        if block.get("is_error") and set(types) - {"text"}:
            return APPROXIMATE["error content"].format(place=place)
    return None


def _type_error(place: str, kind: str, expected: Collection[str]) -> str:
    tags = ", ".join(f"'{tag}'" for tag in sorted(expected))
    return APPROXIMATE["block type"].format(place=place, kind=kind, tags=tags)
