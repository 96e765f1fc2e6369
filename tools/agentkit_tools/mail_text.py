"""Convert e-mail to text: the main headers, the body, and a list of the attachments.

E-mail is often malformed: as much as possible is read, and exceptions of the standard library's parser are caught.
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

from agentkit_tools.decoding import clean_text, decode_bytes
from agentkit_tools.html_text import MISSING_HTML_EXTRA, is_html_extra_installed, text_of_html
from agentkit_tools.unreadable import NotReadable

MOST_PARTS = 1_000
"""Maximum number of parts of a message; the rest is left out, which the text mentions."""
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_HEADER_CHARS = 2_000
_MOST_SHOWN_CHARS = 1_000
_PARSER_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MessageError, RecursionError, TypeError),
    ValueError,
)
"""Exceptions that the standard library's parser raises on malformed headers."""
_TOO_DEEP = "an e-mail whose parts are nested too deeply"
_EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/markdown": "md",
    "text/csv": "csv",
    "application/pdf": "pdf",
}

MessagePart: TypeAlias = "Message[str, str]"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    name: str
    """The file name without folders; generated where the message gives none."""
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """The text and the attachments of a message."""

    text: str
    """Headers, body, and a line for each attachment."""
    title: str
    """Subject and sender. Empty: the message has neither."""
    attachments: tuple[Attachment, ...]


def read_mail(data: bytes) -> Mail:
    """Read one message (RFC 5322, MIME). Forwarded messages and their attachments are included.

    Raises:
        NotReadable: It has no headers or no content, or only HTML and the extra `documents` is not installed.
    """
    message = _parse_message(data)
    if not message.keys():
        raise NotReadable("no e-mail: it has no headers")
    writer = _MailTextWriter()
    try:
        writer.write_message(message)
    except RecursionError:
        raise NotReadable(_TOO_DEEP) from None
    headers = {name: _header_text(message, name) for name in ("Subject", "From")}
    sender = re.sub(r"\s*<[^<>]*>$", "", headers["From"]).strip('" ') or headers["From"]
    title = " ".join(filter(None, [headers["Subject"], f"({sender})" if sender else ""]))
    return Mail(writer.text(), title, tuple(writer.attachments))


def _parse_message(data: bytes) -> MessagePart:
    try:
        return BytesParser(policy=email.policy.default).parsebytes(data)
    except _PARSER_FAULTS:  # the older policy does not parse the headers' values, where most faults are
        pass
    try:
        return BytesParser(policy=email.policy.compat32).parsebytes(data)
    except RecursionError:
        raise NotReadable(_TOO_DEEP) from None


class _MailTextWriter:
    """Collects the text of a message, with a block for each part."""

    def __init__(self) -> None:
        self.attachments: list[Attachment] = []
        self._blocks: list[str] = []
        self._part_count = 0

    def write_message(self, message: MessagePart) -> None:
        """Add a message: its headers, then its parts."""
        lines = [f"{name}: {value}" for name in _HEADERS if (value := _header_text(message, name))]
        self._add_block("\n".join(lines))
        self._write_part(message)

    def text(self) -> str:
        """Return the collected text. Raises NotReadable if it is empty."""
        if not self._blocks:
            raise NotReadable("an e-mail without headers that matter and without text")
        listed = [f"- {each.name} ({each.media_type}, {_size_text(len(each.data))})" for each in self.attachments]
        blocks = [*self._blocks, "Attachments:\n" + "\n".join(listed)] if listed else self._blocks
        return "\n\n".join(blocks) + "\n"

    def _add_block(self, text: str) -> None:
        if stripped := text.strip("\n"):
            self._blocks.append(stripped)

    def _write_part(self, part: MessagePart) -> None:
        self._part_count += 1
        if self._part_count > MOST_PARTS:
            if self._part_count == MOST_PARTS + 1:
                self._add_block("[the parts after this one are left out: there are too many]")
            return
        kind = _value_or_default(part.get_content_type, "text/plain")
        inner = _subparts(part)
        if kind == "message/rfc822" and inner:
            self._add_block("Forwarded message:")
            self.write_message(inner[0])
        elif kind == "multipart/alternative" and inner:
            self._write_part(min(inner, key=_alternative_rank))
        elif inner:
            for each in inner:
                self._write_part(each)
        elif kind in ("text/plain", "text/html") and not _is_attached(part):
            self._add_block(_part_text(part, is_html=kind == "text/html"))
        elif not kind.startswith("multipart/"):
            self.attachments.append(
                Attachment(_attachment_name(part, kind, len(self.attachments) + 1), kind, _part_bytes(part))
            )


def _alternative_rank(part: MessagePart) -> int:
    """Return the sort key of an alternative: plain text first, then multipart, HTML, empty plain text, others."""
    kind = _value_or_default(part.get_content_type, "text/plain")
    if kind == "text/plain" and not _part_text(part, is_html=False).strip():
        return 3
    return {"text/plain": 0, "text/html": 2}.get(kind, 1 if part.is_multipart() else 4)


def _subparts(part: MessagePart) -> list[MessagePart]:
    payload = part.get_payload()
    return cast("list[MessagePart]", payload) if part.is_multipart() and isinstance(payload, list) else []


def _is_attached(part: MessagePart) -> bool:
    return _value_or_default(part.get_content_disposition, None) == "attachment" or bool(
        _value_or_default(part.get_filename, None)
    )


def _attachment_name(part: MessagePart, kind: str, number: int) -> str:
    given = clean_text(_value_or_default(part.get_filename, None) or "").replace("\\", "/").rpartition("/")[2].strip()
    return given[:_MOST_SHOWN_CHARS] or f"attachment-{number}.{_EXTENSIONS.get(kind, 'bin')}"


def _part_bytes(part: MessagePart) -> bytes:
    data = _value_or_default(lambda: cast("bytes | None", part.get_payload(decode=True)), None)
    return data or b""


def _part_text(part: MessagePart, *, is_html: bool) -> str:
    text = decode_bytes(_part_bytes(part), _value_or_default(part.get_content_charset, None))
    if not is_html:
        return text
    if not is_html_extra_installed():
        raise NotReadable(MISSING_HTML_EXTRA)
    return text_of_html(text)[0]


def _header_text(message: MessagePart, name: str) -> str:
    """Return a header on one line. Empty: it is missing or malformed."""
    value = _value_or_default(lambda: str(message.get(name) or ""), "")
    return " ".join(clean_text(value).split())[:_MOST_HEADER_CHARS]


def _value_or_default(read: Callable[[], T], default: T) -> T:
    """Return `read()`, or the default where the standard library fails on malformed input."""
    try:
        return read()
    except _PARSER_FAULTS:
        return default


def _size_text(count: int) -> str:
    return f"{count} bytes" if count < 1000 else f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
