"""The messages of an mbox file, one at a time: the file may be larger than the memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

MOST_BYTES = 50_000_000
"""Bytes of a message; a bigger one is passed over."""
_LINE_BYTES = 65_536
_FIRST = re.compile(rb"[!-9;-~]+[ \t]*:|>?From ")
"""How the first line of a message begins: a header field, or one more line of the mailer's own."""
_QUOTED = re.compile(rb">+From ")


class _Message:
    """The lines of one message, as long as it is not too big."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> None:
        """Take the next line; of a message that is too big nothing is kept."""
        self._size += len(line)
        self._lines.append(line)
        if self._size > MOST_BYTES:
            self._lines.clear()

    def bytes(self) -> bytes | None:
        """The message. None: it is too big."""
        return b"".join(self._lines) if self._size <= MOST_BYTES else None


def messages_of_mbox(file: BinaryIO) -> Iterator[bytes | None]:
    """Each message as it was sent; None for one of more than `MOST_BYTES`.

    A line `From ...` begins a message where an empty line stands before it and a header field after it; one in the
    middle of a text does not, whoever forgot to quote it. What stands before the first such line is no message.
    """
    message: _Message | None = None
    separator, is_after_empty = b"", True
    for line in iter(lambda: file.readline(_LINE_BYTES), b""):
        if separator and _FIRST.match(line):
            if message is not None:
                yield message.bytes()
            message = _Message()
        elif separator and message is not None:
            message.add(separator)
        separator = line if is_after_empty and line.startswith(b"From ") else b""
        if message is not None and not separator:
            message.add(line[1:] if _QUOTED.match(line) else line)
        is_after_empty = not line.strip(b"\r\n")
    if message is not None:
        if separator:
            message.add(separator)
        yield message.bytes()
