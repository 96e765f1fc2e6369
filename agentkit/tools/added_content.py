"""Content that a tool or middleware adds beside the results of a turn, as blocks of the same user message."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from agentkit.errors import UsageError
from agentkit.messages.content import Document, File, Image
from agentkit.messages.message import text_block
from agentkit.tools.result_blocks import clean_block, unknown_fields
from agentkit.tools.serialization import sendable_text

if TYPE_CHECKING:
    from agentkit.messages.message import Block

AddedContent: TypeAlias = "str | Image | File | Document | Block"
"""A part of a user message: text, a picture, a file, a document, or one of the API's own blocks."""


def added_blocks(parts: tuple[AddedContent, ...]) -> list[Block]:
    """Return the parts as blocks; an empty text is left out. Raises UsageError for anything that is none."""
    blocks: list[Block] = []
    for part in cast("tuple[object, ...]", parts):
        if isinstance(part, str):
            blocks += [text_block(sendable_text(part))] if part.strip() else []
        elif isinstance(part, Image | File):
            blocks.append(part.to_block())
        elif isinstance(part, Document):  # its texts may come from anywhere
            blocks.append(clean_block(part.to_block()))
        elif isinstance(part, dict) and isinstance(cast("Block", part).get("type"), str):
            block = cast("Block", part)
            if unknown := unknown_fields(block):
                raise UsageError(f"add_content: a block of the type {block['type']!r} has no field {unknown[0]!r}.")
            blocks.append(clean_block(block))
        else:
            raise UsageError(f"add_content takes text, Image, File, Document or a block of the API, not {part!r}.")
    return blocks
