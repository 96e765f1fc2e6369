"""What comes from models, tools and documents is shown on a terminal, never obeyed."""

from __future__ import annotations

import pytest

from agentkit.cli.terminal.text import brief_json, one_line, plural, printable


def test_control_characters_cannot_move_the_cursor_or_retitle_the_window() -> None:
    assert "\x1b" not in printable("a\x1b[2Jb\x1b]0;title\x07c\rd")
    assert printable("a\tb\nc\r\nd — é 漢") == "a\tb\nc\nd — é 漢"


@pytest.mark.parametrize("width", [5, 20, 80])
def test_a_line_never_exceeds_its_width(width: int) -> None:
    assert len(one_line("word " * 50, width)) <= width
    assert one_line("a\n  b", width) == "a b"


def test_arguments_are_shown_in_a_glance() -> None:
    assert brief_json({"item": "tea", "note": "", "lines": [1]}, 80) == "item=tea lines=[1]"
    assert brief_json([1, 2], 80) == "[1, 2]"


def test_counts_agree_with_their_noun() -> None:
    assert (plural(1, "call"), plural(1200, "call"), plural(2, "reply", "replies")) == (
        "1 call",
        "1,200 calls",
        "2 replies",
    )
