"""Parse e-mail into its parts (RFC 5322, MIME), and repair what programs write that do not keep to these."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentkit_tools.decoding import encoding_of_start
from agentkit_tools.mail_headers import content_type, parameter
from agentkit_tools.mail_parts import MailPart
from agentkit_tools.transfer_encoding import transfer_decode
from agentkit_tools.unreadable import NotReadable

TOO_DEEP = "an e-mail whose parts are nested too deeply"
MOST_DEPTH = 100
"""Maximum number of parts inside one another."""
MOST_TEXT_BYTES = 5_000_000
"""Maximum size of a text in bytes; what follows is left out, which the text mentions."""
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|mime-version|received|content-(?:type|transfer-encoding)|reply-to|x-[\w-]+)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
_MULTIPART = re.compile(rb"^content-type[ \t]*:[ \t]*multipart/", re.IGNORECASE)
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE)
_HEADERS_END = re.compile(rb"\r?\n(?=\r?\n)|\r(?=\r)")
_EMPTY_LINES = re.compile(rb"(?:\r?\n){2,}|\r{2,}")
_LINE_END = re.compile(rb"[ \t]*(?:\r\n|\n|\r|\Z)")
_BOUNDARY = re.compile(
    rb"^--([^\s-][^\r\n]{0,200}?|-[^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[\w-]+[ \t]*:)", re.IGNORECASE | re.MULTILINE
)


def parse_mail(data: bytes) -> MailPart:
    """Return the parsed message.

    Raises:
        NotReadable: It has no headers.
    """
    message = _parse(data)
    if not message.headers:
        raise NotReadable("no e-mail: it has no headers")
    return message


def subparts(part: MailPart) -> list[MailPart]:
    """Return the parts of a part, also of one that is encoded as a whole or does not name its boundary.

    Raises:
        NotReadable: It is nested too deeply.
    """
    if part.inner is None:
        part.inner = _find_subparts(part)
    return part.inner


def body(part: MailPart, *, is_text: bool) -> bytes:
    """Return the decoded body of a part; of a text no more than `MOST_TEXT_BYTES` of it."""
    data = part.data[part.body_start : min(part.end, part.body_start + MOST_TEXT_BYTES)] if is_text else part.raw_body()
    return transfer_decode(data, part.get("Content-Transfer-Encoding"), is_text=is_text)


def _find_subparts(part: MailPart) -> list[MailPart]:
    kind = content_type(part)
    if not kind.startswith(("multipart/", "message/")):
        return []
    if part.depth >= MOST_DEPTH:
        raise NotReadable(TOO_DEEP)
    encoding = part.get("Content-Transfer-Encoding")
    if kind == "message/delivery-status":
        return list(_blocks(part))
    if kind.startswith("message/"):
        inner = MailPart(part.data, part.body_start, part.end, depth=part.depth + 1)
        if inner.headers:
            return [inner]
        data = part.raw_body()
        decoded = transfer_decode(data, encoding, is_text=True)
        return [inner if decoded == data else _parse(decoded, part.depth + 1)]
    boundary = parameter(part, "Content-Type", "boundary").rstrip().encode("utf-8", "surrogateescape")
    if split := _split(part, part.data, part.body_start, part.end, boundary):
        return split
    data = transfer_decode(part.raw_body(), encoding, is_text=True)
    found = _BOUNDARY.search(data)
    return _split(part, data, 0, len(data), found[1]) if found else []


def _split(part: MailPart, data: bytes, start: int, end: int, boundary: bytes) -> list[MailPart]:
    """Return the parts between boundaries, and set what stands around them. The last one need not be closed."""
    mark = b"--" + boundary
    default_type = "message/rfc822" if content_type(part) == "multipart/digest" else "text/plain"
    inner: list[MailPart] = []
    opened = -1
    found = data.find(mark, start, end) if boundary else -1
    while found >= 0:
        at = found + len(mark)
        is_last = data.startswith(b"--", at)
        line_end = _LINE_END.match(data, at + 2 * is_last, end)
        if line_end is None or (found > start and data[found - 1] not in b"\r\n"):
            found = data.find(mark, found + 2, end)
            continue
        if opened < 0 and not inner:
            part.preamble = data[start:found]
        elif 0 <= opened < found:
            stop = found - (2 if data.startswith(b"\r\n", found - 2) else 1)
            inner.append(MailPart(data, opened, max(opened, stop), depth=part.depth + 1, default_type=default_type))
        opened = line_end.end()
        found = data.find(mark, opened, end)
        if is_last:  # parts behind it are read all the same: some programs join messages of one boundary
            part.epilogue = data[opened:end]
            opened = -1
    if 0 <= opened < end:
        inner.append(MailPart(data, opened, end, depth=part.depth + 1, default_type=default_type))
    return inner


def _blocks(part: MailPart) -> Iterator[MailPart]:
    """Yield the blocks of headers of a delivery report, between which are empty lines."""
    at = part.body_start
    for gap in _EMPTY_LINES.finditer(part.data, at, part.end):
        yield MailPart(part.data, at, gap.start(), depth=part.depth + 1)
        at = gap.end()
    yield MailPart(part.data, at, part.end, depth=part.depth + 1)


def _parse(data: bytes, depth: int = 0) -> MailPart:
    """Return a message, repaired where its headers do not begin at once, are interrupted, or have two types."""
    message = MailPart(data, depth=depth)
    is_odd = not message.headers or not message.has_end or data[:1] in b" \t>:" or data.startswith(b"From ")
    if is_odd or len(message.get_all("Content-Type")) > 1:
        message = MailPart(_repaired(data), depth=depth)
    return message


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
    return b"".join(_multipart_first(_without_stray_lines(lines))) + data[len(headers) :]


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
