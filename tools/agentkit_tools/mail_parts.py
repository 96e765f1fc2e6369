"""One part of an e-mail: its headers as they came, and the place of its body, of which nothing is copied or decoded."""

from __future__ import annotations

import re

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*([^\r\n]*(?:(?:\r\n|\n|\r)[ \t][^\r\n]*)*)(?:\r\n|\n|\r|\Z)")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_BEFORE_FIELDS = (b"From ", b">From ", b" ", b"\t", b":")
"""Beginnings of a line that is no header field and ends none: the separator of an mbox file, a field without name."""


class MailPart:
    """A message or a part of one.

    Args:
        data: The bytes that it stands in.
        start: The place in `data` where its headers begin.
        end: The place behind it. None: it goes on to the end of `data`.
        depth: Number of parts that it stands in.
        default_type: The media type that it has where it names none.
    """

    __slots__ = (
        "_fields", "body_start", "data", "default_type", "depth", "end", "epilogue", "has_end", "headers", "inner",
        "preamble", "text",
    )  # fmt: skip

    def __init__(
        self, data: bytes, start: int = 0, end: int | None = None, *, depth: int = 0, default_type: str = "text/plain"
    ) -> None:
        self.data = data
        self.end = len(data) if end is None else end
        self.depth = depth
        self.default_type = default_type
        self.inner: list[MailPart] | None = None
        """The parts in it. None: they have not been looked for."""
        self.text: str | None = None
        """Its text, once it was converted."""
        self.preamble = self.epilogue = b""
        """Text before and behind the parts in it."""
        self.headers: list[tuple[str, str]] = []
        """Names and values as they came, in the order of the message; bytes beyond ASCII are surrogates."""
        self._fields: dict[str, list[str]] = {}
        self.body_start, self.has_end = self._parse_headers(start)

    def _parse_headers(self, start: int) -> tuple[int, bool]:
        """Take the fields, and return the place of the body, and True if an empty line stands before it."""
        data, end, fields = self.data, self.end, self._fields
        at = start
        while at < end:
            field = _FIELD.match(data, at, end)
            if field is not None:
                name = field[1].decode()
                value = field[2].decode("ascii", "surrogateescape")
                self.headers.append((name, value))
                fields.setdefault(name.lower(), []).append(value)
                at = field.end()
                continue
            if data[at] in b"\r\n":
                return at + (2 if data.startswith(b"\r\n", at) else 1), True
            if fields or not data.startswith(_BEFORE_FIELDS, at):
                return at, False
            line = _LINE.match(data, at, end)
            at = line.end() if line else end
        return end, True

    def get(self, name: str) -> str:
        """Return the value of the first field of a name, as it came. Empty: it has none."""
        found = self._fields.get(name.lower())
        return found[0] if found else ""

    def get_all(self, name: str) -> list[str]:
        """Return the values of all fields of a name."""
        return self._fields.get(name.lower(), [])

    def raw_body(self) -> bytes:
        """Return the body as it came."""
        return self.data[self.body_start : self.end]
