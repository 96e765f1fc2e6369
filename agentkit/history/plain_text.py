"""A conversation as plain text within a length: messages, tool calls and tool results; thinking is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from agentkit.messages.message import Block, Content, Message, encode, text_block

RESULT_LIMITS = (20_000, 5_000, 1_500, 400, 100)
"""Limits in characters of one tool result, tried one after another until the whole text fits."""
_TEXT_LIMIT_FACTOR = 4
"""Texts of user and model, and arguments of tool calls, may be this many times as long as a tool result."""


def conversation_text(messages: Sequence[Message], max_chars: int) -> str:
    """Return the conversation in at most `max_chars` characters: long results are shortened first, then its middle."""
    text = ""
    for limit in RESULT_LIMITS:
        text = "\n\n".join(line for message in messages for line in _message_lines(message, limit))
        if len(text) <= max_chars:
            return text
    return shorten_text(text, max_chars, head_share=0.3)


def shorten_text(text: str, max_chars: int, *, head_share: float = 0.7) -> str:
    """Return head and tail of a text, with the number of characters left out between them."""
    if len(text) <= max_chars:
        return text
    mark = f"\n[... {len(text) - max_chars:,} characters left out ...]\n"
    room = max(0, max_chars - len(mark))
    head = int(room * head_share)
    return f"{text[:head]}{mark}{text[len(text) - (room - head) :]}"[:max_chars]


def content_blocks(content: Content) -> list[Block]:
    """Return content as blocks; text becomes one text block."""
    return [text_block(content)] if isinstance(content, str) else content


def plain_text(content: Content) -> str:
    """Return the text of content; blocks without text are named by their type."""
    return "\n".join(said for block in content_blocks(content) if (said := _block_text(block)))


def _message_lines(message: Message, limit: int) -> Iterator[str]:
    who = {"user": "User", "assistant": "Assistant"}.get(message.role, "System")
    for block in content_blocks(message.content):
        if block["type"] == "tool_use":
            given = shorten_text(encode(block.get("input")).decode(), limit * _TEXT_LIMIT_FACTOR)
            yield f"Call of `{block.get('name')}` ({block.get('id')}): {given}"
        elif block["type"] == "tool_result":
            kind = "Error" if block.get("is_error") else "Result"
            yield f"{kind} of {block.get('tool_use_id')}: {shorten_text(plain_text(block.get('content') or ''), limit)}"
        elif said := _block_text(block):
            yield f"{who}: {shorten_text(said, limit * _TEXT_LIMIT_FACTOR)}"


def _block_text(block: Block) -> str:
    match block["type"]:
        case "text":
            return str(block["text"])
        case "compaction":
            return f"What was said before, in short: {block['content']}" if block.get("content") else ""
        case "document":
            source = cast("Block", block.get("source") or {})
            data = str(source.get("data")) if source.get("type") == "text" else "(not shown)"
            return f"Document {block.get('title') or ''}: {data}"
        case "search_result":
            said = plain_text(block.get("content") or "")
            return f"Search result {block.get('title')} ({block.get('source')}): {said}"
        case "thinking" | "redacted_thinking":
            return ""
        case kind:
            return f"({kind})"
