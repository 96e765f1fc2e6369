"""Read the messages of an mbox file one at a time, since the file may be larger than the memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from hashlib import _Hash as Digest  # pyright: ignore[reportPrivateUsage]

MOST_BYTES = 50_000_000
"""Maximum size of a message in bytes; a bigger one is skipped."""
_BLOCK_BYTES = 1_000_000
_AHEAD_BYTES = 65_536
"""Number of bytes behind the beginning of a line `From ` in which it and the name of a header have to end."""
_START = b"\nFrom "
_FIELD = (
    rb"(?:approved|arc|authentication|bcc|cc|content|date|delivered|delivery|distribution|dkim|domainkey|envelope|errors"
    rb"|from|importance|in-reply|lines|list|message|mime|newsgroups|nntp|organization|path|posting|precedence|priority"
    rb"|received|references|relay|reply|resent|return|sender|status|subject|thread|to|user|x|xref)"
    rb"(?:-[!-9;-~]*)?[ \t]*:"
)
"""Matches the name of a header that is known."""
_SEPARATOR = re.compile(
    rb"From (?:[^\n]{0,500}?[0-9]:[0-9][^\n]{0,200}\n(?=[!-9;-~]+[ \t]*:|>?From )|[^\n]{0,1000}\n(?="
    + _FIELD
    + rb"|>?From ))",
    re.IGNORECASE,
)
"""Matches the line before a message: a header follows, or a second `From ` line, which some mailers add. Where the line
itself says no time, it has to be a header that is known: people write `From what I hear:` and `PS: ...`, too."""
_FULL_SEPARATOR = re.compile(
    rb"From (?:[^\n]{0,300}?[a-z]{3},? +[a-z]{3} +[0-9]{1,2} +[0-9]{1,2}:[0-9]{2}[^\n]{0,20} [0-9]{4}[^\n]{0,20}"
    rb"|[ \t\r]*)\n(?=" + _FIELD + rb")",
    re.IGNORECASE,
)
"""Matches a line that some programs write without an empty line before it: with a whole date, or with nothing."""
_CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADERS_END = re.compile(rb"\n\r?\n")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


class StoredMessage(NamedTuple):
    """A message in a file."""

    start: int
    """The place in the file where it begins, with the line `From `."""
    data: bytes | None
    """The message as it was sent. None: it has more than `MOST_BYTES`."""
    before: bytes = b""
    """The SHA-256 digest of the bytes before it. Empty: it was not asked for."""


def messages_of_mbox(file: BinaryIO, *, start: int = 0, digest: Digest | None = None) -> Iterator[StoredMessage]:
    """Yield each message.

    A line `From ...` starts a message only between an empty line and a header field, so that an unquoted one in the
    middle of a text does not; nor does one before the end that a Content-Length says, if a message begins there. Text
    before the first such line is ignored. Lines may end with a carriage return alone.

    Args:
        file: The file.
        start: The place to begin at: that of a message, or 0.
        digest: That of the bytes before `start`; it goes on with the others. None: none is wanted.
    """
    reader = _MboxReader(file, start, digest)
    separator = reader.find_first()
    while separator is not None:
        reader.pass_over(separator[0])
        place, before, head = reader.place, digest.digest() if digest else b"", separator[1] - separator[0]
        following = reader.find_next(head)
        end = following[0] if following else len(reader.buffer)
        data = reader.take(head, end)
        reader.pass_over(end)
        separator = (0, following[1] - end) if following else None
        yield StoredMessage(place, data, before)


class _MboxReader:
    """Holds the message that is being read, and a little of what follows."""

    def __init__(self, file: BinaryIO, start: int, digest: Digest | None) -> None:
        self.buffer = bytearray()
        self.place = start
        """The place in the file where the buffer begins."""
        self._file, self._digest = file, digest
        self._is_end = self._is_cut = False
        file.seek(0)
        beginning = file.read(_AHEAD_BYTES)
        self._has_returns = b"\r" in beginning and b"\n" not in beginning
        """True: lines end with a carriage return, which is a line feed in the buffer."""
        file.seek(start)
        self._read_block()

    def find_first(self) -> tuple[int, int] | None:
        """Return the separator before the first message: where it begins, and where it ends."""
        while len(self.buffer) < _AHEAD_BYTES and not self._is_end:
            self._read_block()
        mark = len(codecs.BOM_UTF8) if self.place == 0 and self.buffer.startswith(codecs.BOM_UTF8) else 0
        found = _SEPARATOR.match(self.buffer, mark)
        return found.span() if found else self.find_next()

    def find_next(self, head: int = 0) -> tuple[int, int] | None:
        """Return the next separator. None: there is no other.

        Args:
            head: The place in the buffer where the headers of a message begin. 0: none does.
        """
        self._is_cut = False
        searched = 0
        while (found := self._find(searched)) is None and not self._is_end:
            if len(self.buffer) > MOST_BYTES + 3 * _AHEAD_BYTES:
                self._is_cut = True
                self.pass_over(len(self.buffer) - 2 * _AHEAD_BYTES)
            searched = max(0, len(self.buffer) - _AHEAD_BYTES - len(_START))
            self._read_block()
        if found is None or not head or self._is_cut:
            return found
        end = self._declared_end(head, found[0])
        if end <= found[0]:
            return found
        while len(self.buffer) < end + _AHEAD_BYTES and not self._is_end:
            self._read_block()
        if end > len(self.buffer):
            return found
        while end < len(self.buffer) and self.buffer[end] in b"\r\n":
            end += 1
        if end == len(self.buffer):
            return None
        separator = _SEPARATOR.match(self.buffer, end) if self.buffer[end - 1] == 10 else None  # a line end
        return separator.span() if separator else found

    def _declared_end(self, head: int, limit: int) -> int:
        """Return the place where a message ends by its Content-Length. 0: it says none before `limit`."""
        headers_end = _HEADERS_END.search(self.buffer, head, limit)
        length = _CONTENT_LENGTH.search(self.buffer, head, headers_end.start() + 1) if headers_end else None
        end = headers_end.end() + int(length[1]) if headers_end and length else 0
        return end if end - head <= MOST_BYTES else 0

    def take(self, start: int, end: int) -> bytes | None:
        """Return a piece of the buffer as a message. None: it is too big."""
        if self._is_cut or end - start > MOST_BYTES:
            return None
        with memoryview(self.buffer) as view:
            data = view[start:end].tobytes()
        return _QUOTED.sub(rb"\1", data) if b">From " in data else data

    def pass_over(self, count: int) -> None:
        """Give up the beginning of the buffer."""
        if self._digest is not None:
            with memoryview(self.buffer) as view, view[:count] as piece:
                self._digest.update(piece.tobytes().replace(b"\n", b"\r") if self._has_returns else piece)
        del self.buffer[:count]
        self.place += count

    def _read_block(self) -> None:
        block = self._file.read(_BLOCK_BYTES)
        self._is_end = not block
        self.buffer += block.replace(b"\r", b"\n") if self._has_returns else block

    def _find(self, searched: int) -> tuple[int, int] | None:
        """Return the first separator of which all is in the buffer."""
        end = len(self.buffer) - (0 if self._is_end else _AHEAD_BYTES)
        found = self.buffer.find(_START, searched, max(end, 0))
        while found >= 0:
            line = self.buffer.rfind(b"\n", 0, found) + 1
            pattern = _FULL_SEPARATOR if self.buffer[line:found].strip(b"\r") else _SEPARATOR
            separator = pattern.match(self.buffer, found + 1, found + 1 + _AHEAD_BYTES)
            if separator is not None:
                return separator.span()
            found = self.buffer.find(_START, found + 1, max(end, 0))
        return None
