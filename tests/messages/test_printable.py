"""What comes from models, tools and documents is shown on a terminal or a page, never obeyed."""

from __future__ import annotations

import pytest

from agentkit.messages.printable import cell_width, one_line, plural, printable


def test_control_characters_cannot_move_the_cursor_or_retitle_the_window() -> None:
    assert "\x1b" not in printable("a\x1b[2Jb\x1b]0;title\x07c\rd")
    assert printable("a\tb\nc\r\nd — é 漢") == "a\tb\nc\nd — é 漢"


@pytest.mark.parametrize("width", [5, 20, 80])
def test_a_line_never_exceeds_its_width(width: int) -> None:
    assert len(one_line("word " * 50, width)) <= width
    assert one_line("a\n  b", width) == "a b"


def test_the_width_of_a_text_is_in_columns() -> None:
    assert (cell_width("abc"), cell_width("漢字"), cell_width("e\u0301")) == (3, 4, 1)


def test_counts_agree_with_their_noun() -> None:
    assert (plural(1, "call"), plural(1200, "call"), plural(2, "reply", "replies")) == (
        "1 call",
        "1,200 calls",
        "2 replies",
    )
