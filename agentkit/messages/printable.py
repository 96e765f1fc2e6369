"""Texts of models, tools and documents as a terminal or a page shows them: their control characters have no effect."""

from __future__ import annotations

import unicodedata

_KEPT_CHARACTERS = {"\n", "\t"}


def printable(text: str) -> str:
    """Return the text without control characters, which could move the cursor or retitle the window."""
    return "".join(
        character if character.isprintable() or character in _KEPT_CHARACTERS or character.isspace() else "�"
        for character in text.replace("\r\n", "\n")
        if character not in "\r\x0b\x0c\x1c\x1d\x1e\x1f\x85"
    )


def one_line(text: str, width: int) -> str:
    """Return the text on one line of at most `width` characters, with an ellipsis where it was cut."""
    line = " ".join(printable(text[: 8 * width]).split())
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def cell_width(text: str) -> int:
    """Return the number of columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(char_cells(char) for char in text)


def char_cells(char: str) -> int:
    """Return the number of columns that a character takes in a terminal."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its word: `1 call`, `2 calls`, `1,234 calls`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
