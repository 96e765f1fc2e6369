"""Read the lines of a text file of any size, a block at a time, in the encoding that its first bytes show."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from agentkit_tools.decoding import decode_mixed, encoding_of_start
from agentkit_tools.unreadable import NotReadable

BLOCK_BYTES = 1_000_000
"""Number of bytes that are read at once."""
MOST_LINE_BYTES = 20_000_000
"""Maximum length of a line in bytes; a longer one is read in pieces of this length, each a line."""


class TextFile:
    """A text file that is open for reading; iterating over it gives blocks of whole lines."""

    def __init__(
        self, file: BinaryIO, *, block_bytes: int = BLOCK_BYTES, most_line_bytes: int = MOST_LINE_BYTES
    ) -> None:
        self._file = file
        self._block_bytes = block_bytes
        self._most_line_bytes = most_line_bytes
        self.is_exact = True
        """False after bytes were read that are not in the file's encoding."""

    def __iter__(self) -> Iterator[str]:
        """Yield the text in blocks that end with a line.

        Raises:
            NotReadable: It is no text.
        """
        start = self._file.read(self._block_bytes)
        marked = encoding_of_start(start)
        if marked is None and b"\0" in start[:8_192]:
            raise NotReadable("binary")
        if marked in (None, "utf-8-sig"):
            yield from self._blocks_of_utf8(start.removeprefix(codecs.BOM_UTF8))
        else:
            yield from self._blocks_of_encoding(start, marked)

    def _blocks_of_utf8(self, start: bytes) -> Iterator[str]:
        pending = bytearray()
        data = start
        while data:
            end = data.rfind(b"\n") + 1
            if not end and len(pending) + len(data) >= self._most_line_bytes:
                end = _start_of_last_character(data)
            if end:
                yield self._decode(bytes(pending) + data[:end])
                pending = bytearray(data[end:])
            else:
                pending += data
            data = self._file.read(self._block_bytes)
        if pending:
            yield self._decode(bytes(pending))

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.is_exact = False
            return decode_mixed(data)

    def _blocks_of_encoding(self, start: bytes, encoding: str) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        pending = ""
        data = start
        while data:
            text = pending + decoder.decode(data)
            end = text.rfind("\n") + 1 or (len(text) if len(text) >= self._most_line_bytes else 0)
            self.is_exact = self.is_exact and "\ufffd" not in text
            if end:
                yield text[:end]
            pending = text[end:]
            data = self._file.read(self._block_bytes)
        if pending := pending + decoder.decode(b"", final=True):
            yield pending


def _start_of_last_character(data: bytes) -> int:
    """Return a place in UTF-8 that no character crosses."""
    end = len(data)
    while end > 1 and data[end - 1] & 0xC0 == 0x80:
        end -= 1
    return max(end - 1, 1)


def numbered_lines(text_file: TextFile) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file without their ends, with their numbers from 1."""
    number = 0
    for block in text_file:
        for line in block.splitlines():
            number += 1
            yield number, line


def open_text(path: Path) -> BinaryIO:
    """Open a file for `TextFile`. Raises NotReadable where the system refuses."""
    try:
        return path.open("rb")
    except OSError as error:
        raise NotReadable((error.strerror or "it cannot be opened").lower()) from None
