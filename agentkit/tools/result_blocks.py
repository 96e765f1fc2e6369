"""Content blocks of the API in a tool's result: recognized, cleaned, and replaced where the API refuses one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard, cast

from agentkit.messages.message import Block
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.serialization import plain_data, replace_unsendable, sendable_text

_REQUIRED_FIELDS: dict[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "image": (("source", dict),),
    "document": (("source", dict),),
    "search_result": (("source", str), ("title", str), ("content", list)),
    "tool_reference": (("tool_name", str),),
    "browser_state": (("tabs", list),),
}
"""The required fields of each type of block in a tool result."""
_OPTIONAL_FIELDS: dict[str, frozenset[str]] = {
    "text": frozenset(("citations",)),
    "image": frozenset(("transformations",)),
    "document": frozenset(("citations", "context", "title")),
    "search_result": frozenset(("citations",)),
    "tool_reference": frozenset(),
    "browser_state": frozenset(("state_changes",)),
}
_ON_EVERY_BLOCK = frozenset(("type", "cache_control"))


def are_blocks(parts: list[object]) -> TypeGuard[list[Block]]:
    """True if all parts of a list are content blocks that a tool result may hold."""
    return bool(parts) and all(is_block(part) for part in parts)


def is_block(part: object) -> TypeGuard[Block]:
    """True for a content block that a tool result may hold: a user's own data may have a `type`, too."""
    if not isinstance(part, dict):
        return False
    block = cast("Block", part)
    needed = _REQUIRED_FIELDS.get(str(block.get("type")))
    return (
        needed is not None
        and all(isinstance(block.get(name), kind) for name, kind in needed)
        and not unknown_fields(block)
    )


def unknown_fields(block: Block) -> list[str]:
    """Return the fields that a type of block does not have, and for which the API refuses it; none of unknown types."""
    kind = str(block.get("type"))
    if kind not in _REQUIRED_FIELDS:
        return []
    known = {name for name, _ in _REQUIRED_FIELDS[kind]} | _OPTIONAL_FIELDS[kind] | _ON_EVERY_BLOCK
    return [str(name) for name in block if name not in known]


def clean_block(block: Block) -> Block:
    """Return the block as JSON that a request can carry. Raises NoJsonForm for a block without one."""
    if block["type"] == "text":
        return {**block, "text": sendable_text(block["text"])}

    def clean(part: object) -> object:
        if isinstance(part, str):
            return replace_unsendable(part)[0]
        if isinstance(part, dict):
            return {str(key): clean(inner) for key, inner in cast("dict[object, object]", part).items()}
        return [clean(inner) for inner in cast("list[object]", part)] if isinstance(part, list) else part

    try:
        return cast("Block", clean(plain_data(block)))
    except Exception as error:  # a part of the user's own may raise anything
        raise NoJsonForm(f"it holds a block of the type `{block['type']}` that has no JSON form") from error


def block_text(block: Block) -> str:
    """Return the text of a block that counts towards the limit: not the data of an image or a PDF."""
    if block["type"] == "text":
        return str(block["text"])
    source = block.get("source")
    is_text = block["type"] == "document" and isinstance(source, dict) and cast("Block", source).get("type") == "text"
    return str(cast("Block", source).get("data", "")) if is_text else ""


def refused_result_text(blocks: Sequence[Block], problem: str) -> str:
    """Return the text of the error result that takes the place of one with content that is refused.

    Args:
        blocks: The content of the result, whose text is kept.
        problem: The refused content and the reason, in a sentence.
    """
    texts = [text for block in blocks if (text := block_text(block))]
    others = sum(not block_text(block) for block in blocks) - 1
    left_out = f" {others} more of its images and files are left out with it." if others > 0 else ""
    note = f"The call ran, but a part of its result cannot be sent: {problem}{left_out}"
    return "\n\n".join([f"[{note}]", *texts])
