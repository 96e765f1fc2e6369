"""Wrap text at words for a terminal, with a hanging indent, also while it is streamed."""

from __future__ import annotations

import re

from agentkit.messages.printable import cell_width, char_cells, one_line

HANGING_INDENT = "  "
"""The indent of all lines of a message but the first."""
MAX_LINES = 8
"""Lines of one message."""
_LIST_MARK = re.compile(r"[-*+•]|\d{1,3}[.)]")
_FENCE = "```"
_SEPARATOR = "·"
"""Stands between facts; it is left out where a line is broken in front of it."""
_MIN_WIDTH = 16


def wrap_message(text: str, width: int, max_lines: int = MAX_LINES) -> str:
    """Return a text in at most so many lines of this width, wrapped at words, all but the first indented."""
    wrapper = WordWrapper(width, HANGING_INDENT)
    line = one_line(text, max(1, width * max_lines))
    lines = (wrapper.feed(line) + wrapper.finish()).split("\n")
    if len(lines) <= max_lines:
        return "\n".join(lines)
    return "\n".join([*lines[: max_lines - 1], f"{lines[max_lines - 1][: width - 1].rstrip()}…"])


def wrap_text(text: str, width: int, indent: str = "") -> str:
    """Return a whole text, wrapped as `WordWrapper` does."""
    wrapper = WordWrapper(width, indent)
    return wrapper.feed(text) + wrapper.finish()


class WordWrapper:
    """Wraps text that comes in pieces. A word is held back until it is complete.

    Lines keep their own breaks. What continues a line stands below its beginning, that of a list below the text of the
    item. Code between fences, code that is indented, and tables are left as they are.

    Args:
        width: Columns of the terminal.
        indent: The indent of all lines that continue another.
    """

    def __init__(self, width: int, indent: str = "") -> None:
        self._width = max(_MIN_WIDTH, width)
        self._base = indent
        self._is_code = False
        """True between two fences."""
        self._word = self._space = ""
        self._is_fresh = False
        """True if nothing stands on a line that continues another."""
        self._begin_line()

    def _begin_line(self) -> None:
        self._column = 0
        self._indent = self._base
        self._has_word = False
        self._is_fixed = self._is_code

    def feed(self, text: str) -> str:
        """Return what of the text so far is complete, wrapped."""
        done: list[str] = []
        for piece in re.findall(r"\n|[^\S\n]+|\S+", text):
            if piece == "\n":
                done += [self._end_word(), self._space if self._is_fixed else "", "\n"]
                self._space = ""
                self._begin_line()
            elif piece.isspace():
                done.append(self._end_word())
                self._space += piece
            else:
                self._word += piece
        return "".join(done)

    def finish(self) -> str:
        """Return the rest at the end of the text."""
        return self._end_word()

    def _end_word(self) -> str:
        word, self._word = self._word, ""
        if not word:
            return ""
        space, self._space = "" if self._is_fresh else self._space, ""
        self._is_fresh = False
        if not self._has_word:
            self._begin_words(word, space)
        if self._is_fixed:
            return f"{space}{word}"
        wide = cell_width(word)
        if self._has_word and self._column + len(space) + wide > self._width:
            space = f"\n{self._indent}"
            self._column = len(self._indent)
            if word == _SEPARATOR:
                self._is_fresh = True
                return space
        else:
            self._column += len(space)
        self._has_word = True
        return space + self._broken(word, wide)

    def _begin_words(self, word: str, space: str) -> None:
        if word.startswith(_FENCE):
            self._is_code, self._is_fixed = not self._is_code, True
        elif word.startswith("|") or len(space.expandtabs()) >= 4:
            self._is_fixed = True
        else:
            mark = f"{word} " if _LIST_MARK.fullmatch(word) else ""
            self._indent = f"{self._base}{space}{' ' * len(mark)}"
        self._has_word = True if self._is_fixed else self._has_word

    def _broken(self, word: str, wide: int) -> str:
        """Return a word, broken where it is longer than a line; address and path stay whole, to be copied."""
        if self._column + wide <= self._width or "/" in word:
            self._column += wide
            return word
        pieces = [""]
        for char in word:
            if self._column + char_cells(char) > self._width:
                pieces.append("")
                self._column = len(self._indent)
            pieces[-1] += char
            self._column += char_cells(char)
        return f"\n{self._indent}".join(pieces)
