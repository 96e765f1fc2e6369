"""Parse e-mail into its parts (RFC 5322, MIME), and repair what programs write that do not keep to these."""

from __future__ import annotations

import copy
import re
from email.message import Message
from email.parser import BytesParser
from typing import TYPE_CHECKING, TypeVar, cast, overload

from agentkit_tools.decoding import encoding_of_start
from agentkit_tools.mail_headers import MessagePart, RawHeaders, content_type, parameter
from agentkit_tools.transfer_encoding import transfer_decode
from agentkit_tools.unreadable import NotReadable

if TYPE_CHECKING:
    _Message = Message[str, str]
else:
    _Message = Message
T = TypeVar("T")

TOO_DEEP = "an e-mail whose parts are nested too deeply"
_POLICY = RawHeaders()
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_SPACE_BEFORE_COLON = re.compile(rb"^([!-9;-~]+)[ \t]+:", re.MULTILINE)
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|received|content-(?:type|transfer-encoding)|reply-to|x-[\w-]+)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
_MULTIPART = re.compile(rb"^content-type[ \t]*:[ \t]*multipart/", re.IGNORECASE)
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE)
_HEADERS_END = re.compile(rb"(?:\r\n|\n|\r)(?=\r\n|\n|\r)")
_BOUNDARY = re.compile(
    rb"^--([^\s-][^\r\n]{0,200}?|-[^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[\w-]+[ \t]*:)", re.IGNORECASE | re.MULTILINE
)


class _Part(_Message):
    """A part whose boundary is read without the standard library's decoder, which fails on some charsets."""

    @overload
    def get_boundary(self, failobj: None = None) -> str | None: ...
    @overload
    def get_boundary(self, failobj: T) -> str | T: ...
    def get_boundary(self, failobj: T | None = None) -> str | T | None:
        """Return the boundary between its parts."""
        return parameter(self, "Content-Type", "boundary").rstrip() or failobj


def parse_mail(data: bytes) -> MessagePart:
    """Return the parsed message.

    Raises:
        NotReadable: It has no headers, or its parts are nested too deeply.
    """
    message = _parse(_repaired(data))
    if not message.keys():
        raise NotReadable("no e-mail: it has no headers")
    return message


def subparts(part: MessagePart) -> list[MessagePart]:
    """Return the parts of a part, also of one that is encoded as a whole or does not name its boundary."""
    kind = content_type(part)
    encoding = str(part.get("Content-Transfer-Encoding") or "")
    if inner := _inner_parts(part):
        if kind.startswith("message/") and len(inner) == 1 and not inner[0].keys():
            data = _raw_body(inner[0])
            decoded = transfer_decode(data, encoding, is_text=True)
            return [_parse(_repaired(decoded))] if decoded != data else inner
        return inner
    if not kind.startswith("multipart/"):
        return []
    data = transfer_decode(_raw_body(part), encoding, is_text=True)
    boundary = _BOUNDARY.search(data)
    if boundary is None:
        return []
    mark = boundary[1].replace(b"\\", rb"\\").replace(b'"', rb"\"")
    repaired = _parse(b'Content-Type: %b; boundary="%b"\n\n%b' % (kind.encode(), mark, data))
    return _inner_parts(repaired)


def body(part: MessagePart, *, is_text: bool) -> bytes:
    """Return the decoded body of a part."""
    return transfer_decode(_raw_body(part), str(part.get("Content-Transfer-Encoding") or ""), is_text=is_text)


def _inner_parts(part: MessagePart) -> list[MessagePart]:
    """Return the parts that the parser found. The payload of another part is not asked for: that would decode it."""
    return cast("list[MessagePart]", part.get_payload()) if part.is_multipart() else []


def _raw_body(part: MessagePart) -> bytes:
    """Return the body of a part as it came. Empty: it has parts."""
    bare = copy.copy(part)
    del bare["Content-Transfer-Encoding"]
    data: object = bare.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _parse(data: bytes) -> MessagePart:
    try:
        return BytesParser(_Part, policy=_POLICY).parsebytes(data)
    except RecursionError:
        raise NotReadable(TOO_DEEP) from None


def _repaired(data: bytes) -> bytes:
    """Return a message that begins with its headers, all of which can be parsed."""
    if (marked := encoding_of_start(data)) is not None:
        data = data[3:] if marked == "utf-8-sig" else data.decode(marked, "replace").encode()
    data = data.lstrip(b"\r\n") if _FIELD.match(data.lstrip(b"\r\n> \t")) or b"From " in data[:200] else data
    while re.match(rb">*From (?![ \t]*:)", data):
        data = data.partition(b"\n")[2]
    end = _HEADERS_END.search(data)
    headers = data[: end.start()] if end else data
    lines = headers.splitlines(keepends=True)
    fixed = [_SPACE_BEFORE_COLON.sub(rb"\1:", line) for line in _without_stray_lines(lines)]
    return b"".join(_multipart_first(fixed)) + data[len(headers) :]


def _without_stray_lines(lines: list[bytes]) -> list[bytes]:
    """Make a line between headers that is none a part of the header above it, so that it does not end them."""
    last = max((number for number, line in enumerate(lines) if _KNOWN_FIELD.match(line)), default=0)
    return [
        line if number >= last or number == 0 or line[:1] in b" \t" or _FIELD.match(line) else b" " + line
        for number, line in enumerate(lines)
    ]


def _multipart_first(lines: list[bytes]) -> list[bytes]:
    """Put a Content-Type that names parts before another one, since the first is taken."""
    types = [number for number, line in enumerate(lines) if _CONTENT_TYPE.match(line)]
    better = next((number for number in types[1:] if _MULTIPART.match(lines[number])), None)
    if better is None or _MULTIPART.match(lines[types[0]]):
        return lines
    end = better + 1
    while end < len(lines) and lines[end][:1] in b" \t":
        end += 1
    moved = lines[better:end]
    if not moved[-1].endswith((b"\n", b"\r")):
        moved[-1] += b"\n"
    return [*moved, *lines[:better], *lines[end:]]
