"""Read the messages of an mbox file one at a time, since the file may be larger than the memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

MOST_BYTES = 50_000_000
"""Maximum size of a message in bytes; a bigger one is skipped."""
_LINE_BYTES = 65_536
_FIRST_LINE = re.compile(rb"[!-9;-~]+[ \t]*:|>?From ")
"""Matches the first line of a message: a header field, or a second `From ` line, which some mailers add."""
_QUOTED = re.compile(rb">+From ")


class _MessageLines:
    """Collects the lines of one message, and drops them once the message is too big."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def add_line(self, line: bytes) -> None:
        """Add the next line; nothing is kept of a message that is too big."""
        self._size += len(line)
        self._lines.append(line)
        if self._size > MOST_BYTES:
            self._lines.clear()

    def to_bytes(self) -> bytes | None:
        """Return the message. None: it is too big."""
        return b"".join(self._lines) if self._size <= MOST_BYTES else None


def messages_of_mbox(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield each message as it was sent; None for one of more than `MOST_BYTES`.

    A line `From ...` starts a message only between an empty line and a header field, so that an unquoted one in the
    middle of a text does not. Text before the first such line is ignored.
    """
    message: _MessageLines | None = None
    separator, is_after_empty, is_first = b"", True, True
    for read in iter(lambda: file.readline(_LINE_BYTES), b""):
        line = read.removeprefix(codecs.BOM_UTF8) if is_first else read
        is_first = False
        if separator and _FIRST_LINE.match(line):
            if message is not None:
                yield message.to_bytes()
            message = _MessageLines()
        elif separator and message is not None:
            message.add_line(separator)
        separator = line if is_after_empty and line.startswith(b"From ") else b""
        if message is not None and not separator:
            message.add_line(line[1:] if _QUOTED.match(line) else line)
        is_after_empty = not line.strip(b"\r\n")
    if message is not None:
        if separator:
            message.add_line(separator)
        yield message.to_bytes()
