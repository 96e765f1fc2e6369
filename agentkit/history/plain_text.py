"""A conversation as plain text, made to fit: what was said, every call and what it brought; thinking is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from agentkit.messages.message import Block, Content, Message, encode, text_block

RESULT_LIMITS = (20_000, 5_000, 1_500, 400, 100)
"""How many characters of a result are shown at most, tried one after the other until the whole fits."""
_MORE_FOR_WORDS = 4
"""What people and the model said, and the arguments of calls, may be so many times as long as a result."""


def conversation_text(messages: Sequence[Message], most_chars: int) -> str:
    """The conversation in at most `most_chars` characters: long results are shortened first, the middle goes last."""
    text = ""
    for limit in RESULT_LIMITS:
        text = "\n\n".join(line for message in messages for line in _lines(message, limit))
        if len(text) <= most_chars:
            return text
    return shortened(text, most_chars, head_share=0.3)


def shortened(text: str, most_chars: int, *, head_share: float = 0.7) -> str:
    """Head and tail of a text, with the count of what is left out between them."""
    if len(text) <= most_chars:
        return text
    mark = f"\n[... {len(text) - most_chars:,} characters left out ...]\n"
    room = max(0, most_chars - len(mark))
    head = int(room * head_share)
    return f"{text[:head]}{mark}{text[len(text) - (room - head) :]}"[:most_chars]


def blocks_of(content: Content) -> list[Block]:
    """The blocks of some content, text as one."""
    return [text_block(content)] if isinstance(content, str) else content


def plain_text(content: Content) -> str:
    """All that content says, as text; what is no text is named."""
    return "\n".join(said for block in blocks_of(content) if (said := _said(block)))


def _lines(message: Message, limit: int) -> Iterator[str]:
    who = {"user": "User", "assistant": "Assistant"}.get(message.role, "System")
    for block in blocks_of(message.content):
        if block["type"] == "tool_use":
            given = shortened(encode(block.get("input")).decode(), limit * _MORE_FOR_WORDS)
            yield f"Call of `{block.get('name')}` ({block.get('id')}): {given}"
        elif block["type"] == "tool_result":
            kind = "Error" if block.get("is_error") else "Result"
            yield f"{kind} of {block.get('tool_use_id')}: {shortened(plain_text(block.get('content') or ''), limit)}"
        elif said := _said(block):
            yield f"{who}: {shortened(said, limit * _MORE_FOR_WORDS)}"


def _said(block: Block) -> str:
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
