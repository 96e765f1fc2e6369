"""Text wrapped at words for a terminal, whole or as it is streamed."""

from __future__ import annotations

import pytest

from agentkit.messages.wrapping import WordWrapper, wrap_message, wrap_text

CASES = [
    ("a text of some words", 16, "a text of some\nwords"),
    ("one\n\ntwo words here now\n", 16, "one\n\ntwo words here\nnow\n"),
    ("- an item that is long\n  - one below it is too", 16, "- an item that\n  is long\n  - one below it\n    is too"),
    ("12. an item of a list", 16, "12. an item of a\n    list"),
    ("```\ncode that is  longer than that\n```\nwords and so on, on", 16,
     "```\ncode that is  longer than that\n```\nwords and so on,\non"),
    ("| a table | of columns |\n    indented code stays here", 16,
     "| a table | of columns |\n    indented code stays here"),
    ("see https://example.org/a/long/path now", 16, "see\nhttps://example.org/a/long/path\nnow"),
    ("an unbreakableandverylongword", 16, "an\nunbreakableandve\nrylongword"),
    ("漢字漢字漢字 漢字", 16, "漢字漢字漢字\n漢字"),
    ("漢字漢字漢字漢字漢", 16, "漢字漢字漢字漢字\n漢"),
    ("e\u0301e\u0301e\u0301 abcdefgh abc", 16, "e\u0301e\u0301e\u0301 abcdefgh abc"),
    ("", 16, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "width", "wrapped"), CASES)
def test_text_is_wrapped_at_words_whole_or_in_pieces(text: str, width: int, wrapped: str) -> None:
    assert wrap_text(text, width) == wrapped
    for size in (1, 3, 7):
        wrapper = WordWrapper(width)
        pieces = [wrapper.feed(text[i : i + size]) for i in range(0, len(text), size)]
        assert "".join([*pieces, wrapper.finish()]) == wrapped


def test_what_continues_a_message_is_indented_and_its_lines_are_limited() -> None:
    assert wrap_message("clerk: price failed: KeyError", 20) == "clerk: price failed:\n  KeyError"
    assert wrap_message("completed · 15 requests · 0.9 s", 24) == "completed · 15 requests\n  0.9 s"
    long = wrap_message("word " * 100, 20, 3)
    assert long.split("\n") == ["word word word word", "  word word word", "  word word word…"]
    assert wrap_message("one\ntwo\x1b[31m", 20) == "one two\N{REPLACEMENT CHARACTER}[31m"
