"""E-mail as text: the headers that matter, what was written, and a list of what was attached.

Mail is malformed in every way; it is read as far as it goes. The standard library's parser raises on some of it.
"""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from typing import TypeAlias, TypeVar, cast

from agentkit_tools.decoding import clean, decode
from agentkit_tools.html_text import EXTRA, is_available, text_of_html
from agentkit_tools.unreadable import NotReadable

MOST_PARTS = 1_000
"""Parts of a message; those after are left out, and the text says so."""
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_HEADER_CHARS = 2_000
_MOST_SHOWN_CHARS = 1_000
_PARSER_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MessageError, RecursionError, TypeError),
    ValueError,
)
"""What the standard library's parser raises on headers that it does not understand."""
_TOO_DEEP = "an e-mail whose parts are nested too deeply"
_NAMES = {"text/plain": "txt", "text/html": "html", "text/markdown": "md", "text/csv": "csv", "application/pdf": "pdf"}

Part: TypeAlias = "Message[str, str]"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    name: str
    """Without folders; made up where none was given."""
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """What a message says."""

    text: str
    """Headers, text, and a line for each attachment."""
    title: str
    """Its subject and its sender. Empty: it has neither."""
    attachments: tuple[Attachment, ...]


def read_mail(data: bytes) -> Mail:
    """Read one message (RFC 5322, MIME). Forwarded messages stand in its text, their attachments among its own.

    Raises NotReadable for what has neither headers nor text, and where there is only HTML and no extra to read it.
    """
    message = _parsed(data)
    if not message.keys():
        raise NotReadable("no e-mail: it has no headers")
    writer = _Writer()
    try:
        writer.write(message)
    except RecursionError:
        raise NotReadable(_TOO_DEEP) from None
    headers = {name: _header(message, name) for name in ("Subject", "From")}
    sender = re.sub(r"\s*<[^<>]*>$", "", headers["From"]).strip('" ') or headers["From"]
    title = " ".join(filter(None, [headers["Subject"], f"({sender})" if sender else ""]))
    return Mail(writer.text(), title, tuple(writer.attachments))


def _parsed(data: bytes) -> Part:
    try:
        return BytesParser(policy=email.policy.default).parsebytes(data)
    except _PARSER_FAULTS:  # the older policy does not look into headers while it parses
        pass
    try:
        return BytesParser(policy=email.policy.compat32).parsebytes(data)
    except RecursionError:
        raise NotReadable(_TOO_DEEP) from None


class _Writer:
    """Collects the text of a message, a block a part."""

    def __init__(self) -> None:
        self.attachments: list[Attachment] = []
        self._blocks: list[str] = []
        self._count = 0

    def write(self, message: Part) -> None:
        """Take a message: its headers, then its parts."""
        lines = [f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))]
        self._add("\n".join(lines))
        self._write_part(message)

    def text(self) -> str:
        """What was written. Raises NotReadable where it is nothing."""
        if not self._blocks:
            raise NotReadable("an e-mail without headers that matter and without text")
        listed = [f"- {each.name} ({each.media_type}, {_size(len(each.data))})" for each in self.attachments]
        blocks = [*self._blocks, "Attachments:\n" + "\n".join(listed)] if listed else self._blocks
        return "\n\n".join(blocks) + "\n"

    def _add(self, text: str) -> None:
        if stripped := text.strip("\n"):
            self._blocks.append(stripped)

    def _write_part(self, part: Part) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            if self._count == MOST_PARTS + 1:
                self._add("[the parts after this one are left out: there are too many]")
            return
        kind = _or(part.get_content_type, "text/plain")
        inner = _parts(part)
        if kind == "message/rfc822" and inner:
            self._add("Forwarded message:")
            self.write(inner[0])
        elif kind == "multipart/alternative" and inner:
            self._write_part(min(inner, key=_rank))
        elif inner:
            for each in inner:
                self._write_part(each)
        elif kind in ("text/plain", "text/html") and not _is_attached(part):
            self._add(_text(part, is_html=kind == "text/html"))
        elif not kind.startswith("multipart/"):
            self.attachments.append(Attachment(_name(part, kind, len(self.attachments) + 1), kind, _data(part)))


def _rank(part: Part) -> int:
    """Which form of the same words is read: plain text, then what holds further parts, then HTML."""
    kind = _or(part.get_content_type, "text/plain")
    if kind == "text/plain" and not _text(part, is_html=False).strip():
        return 3
    return {"text/plain": 0, "text/html": 2}.get(kind, 1 if part.is_multipart() else 4)


def _parts(part: Part) -> list[Part]:
    payload = part.get_payload()
    return cast("list[Part]", payload) if part.is_multipart() and isinstance(payload, list) else []


def _is_attached(part: Part) -> bool:
    return _or(part.get_content_disposition, None) == "attachment" or bool(_or(part.get_filename, None))


def _name(part: Part, kind: str, number: int) -> str:
    given = clean(_or(part.get_filename, None) or "").replace("\\", "/").rpartition("/")[2].strip()
    return given[:_MOST_SHOWN_CHARS] or f"attachment-{number}.{_NAMES.get(kind, 'bin')}"


def _data(part: Part) -> bytes:
    data = _or(lambda: cast("bytes | None", part.get_payload(decode=True)), None)
    return data or b""


def _text(part: Part, *, is_html: bool) -> str:
    text = decode(_data(part), _or(part.get_content_charset, None))
    if not is_html:
        return text
    if not is_available():
        raise NotReadable(EXTRA)
    return text_of_html(text)[0]


def _header(message: Part, name: str) -> str:
    """A header on one line. Empty: there is none, or nobody can read it."""
    value = _or(lambda: str(message.get(name) or ""), "")
    return " ".join(clean(value).split())[:_MOST_HEADER_CHARS]


def _or(read: Callable[[], T], otherwise: T) -> T:
    """What the standard library reads, or something else where it does not understand its own input."""
    try:
        return read()
    except _PARSER_FAULTS:
        return otherwise


def _size(count: int) -> str:
    return f"{count} bytes" if count < 1000 else f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
