"""The text of content as a check sees it: everything in it that a model reads as words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.messages.message import Block, Content


def all_text_of(content: Content) -> str:
    """Return all texts of some content, those in documents and tool results included, a line each."""
    return content if isinstance(content, str) else "\n".join(_texts(content))


def _texts(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        match block.get("type"):
            case "text":
                yield str(block.get("text") or "")
            case "document":
                yield from (str(block[name]) for name in ("title", "context") if block.get(name))
                yield from _source_texts(block.get("source") or {})
            case "search_result":
                yield from (str(block[name]) for name in ("title", "source") if block.get(name))
                yield all_text_of(block.get("content") or "")
            case "tool_result":
                yield all_text_of(block.get("content") or "")
            case _:
                pass


def _source_texts(source: Block) -> Iterator[str]:
    if source.get("type") == "text":
        yield str(source.get("data") or "")
    elif source.get("type") == "content":
        yield all_text_of(source.get("content") or "")
