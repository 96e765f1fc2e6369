"""Content blocks of the API in a tool's result: recognized, cleaned, and replaced where the API refuses one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard, cast

from pydantic_core import PydanticSerializationError, to_jsonable_python

from agentkit.messages.message import Block
from agentkit.tools.serialization import replace_unsendable, sendable_text

_REQUIRED_FIELDS: dict[str, tuple[tuple[str, type], ...]] = {
    "text": (("text", str),),
    "image": (("source", dict),),
    "document": (("source", dict),),
    "search_result": (("source", str), ("title", str), ("content", list)),
    "tool_reference": (("tool_name", str),),
    "browser_state": (("tabs", list),),
}
"""The required fields of each type of block in a tool result."""


def are_blocks(parts: list[object]) -> TypeGuard[list[Block]]:
    """True if all parts of a list are content blocks that a tool result may hold."""
    return bool(parts) and all(is_block(part) for part in parts)


def is_block(part: object) -> TypeGuard[Block]:
    """True for a content block that a tool result may hold: a user's own data may have a `type`, too."""
    if not isinstance(part, dict):
        return False
    block = cast("Block", part)
    needed = _REQUIRED_FIELDS.get(str(block.get("type")))
    return needed is not None and all(isinstance(block.get(name), kind) for name, kind in needed)


def clean_block(block: Block) -> Block:
    """Return the block as JSON that a request can carry. Raises TypeError for a block without a JSON form."""
    if block["type"] == "text":
        return {**block, "text": sendable_text(block["text"])}

    def clean(part: object) -> object:
        if isinstance(part, str):
            return replace_unsendable(part)[0]
        if isinstance(part, dict):
            return {str(key): clean(inner) for key, inner in cast("dict[object, object]", part).items()}
        return [clean(inner) for inner in cast("list[object]", part)] if isinstance(part, list) else part

    try:
        return cast("Block", clean(to_jsonable_python(block, inf_nan_mode="strings")))
    except PydanticSerializationError as error:
        raise TypeError(f"the tool returned a {block['type']} block that has no JSON form: {error}") from error


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
