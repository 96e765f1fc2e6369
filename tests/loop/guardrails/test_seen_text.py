"""The text of content, as a check sees it."""

from __future__ import annotations

from typing import Any

from agentkit.loop.guardrails.seen_text import all_text_of


def test_it_has_all_that_a_model_reads_as_words() -> None:
    blocks: list[Any] = [
        {"type": "text", "text": "a"},
        {"type": "document", "title": "b", "context": "c", "source": {"type": "text", "data": "d"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "e"}]}},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "f"}]},
        {"type": "search_result", "title": "g", "source": "h", "content": [{"type": "text", "text": "i"}]},
        {"type": "image", "source": {"type": "url", "url": "https://example.com"}},
    ]
    assert all_text_of(blocks) == "\n".join("abcdefghi")
    assert all_text_of("plain") == "plain"
