"""Read headers of e-mail: encoded words (RFC 2047), parameters (RFC 2231), and text that should have been encoded."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from agentkit_tools.decoding import clean_text, decode_bytes
from agentkit_tools.mail_parts import MailPart

_MOST_CHARS = 2_000
_MOST_NAME_CHARS = 1_000
_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_WORDS = re.compile(rf"{_WORD.pattern}(?:\s*{_WORD.pattern})*")
_PARAMETER = re.compile(r""";\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)""", re.DOTALL)
_PART_OF_NAME = re.compile(r"(?P<name>[^*]+)(?:\*(?P<number>[0-9]{1,3}))?(?P<is_encoded>\*)?")


def header_text(message: MailPart, name: str, *, charset: str | None = None) -> str:
    """Return a header on one line, all of its fields joined. Empty: it is missing.

    Args:
        message: The message or part.
        name: The name of the header.
        charset: The encoding of bytes that are not encoded as a header's have to be. None: UTF-8 or cp1252.
    """
    values = [_one_line(decode_words(value, charset)) for value in message.get_all(name)]
    text = ", ".join(dict.fromkeys(filter(None, values)))
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}... [{len(text)} characters]"


def all_headers(message: MailPart) -> list[str]:
    """Return each header as a line, in the order of the message."""
    return [f"{name}: {_one_line(decode_words(value))}" for name, value in message.headers]


def decode_words(value: str, charset: str | None = None) -> str:
    """Return a header's value with its encoded words decoded. Characters that are split between words are joined."""
    pieces: list[str] = []
    at = 0
    for words in _WORDS.finditer(value):
        pieces += [_decode_raw(value[at : words.start()], charset), _decode_run(words[0])]
        at = words.end()
    return "".join([*pieces, _decode_raw(value[at:], charset)])


def content_type(part: MailPart) -> str:
    """Return the media type of a part, without parameters, in lower case. `text/plain` where it names none."""
    given = part.get("Content-Type").partition(";")[0].strip().lower()
    if re.fullmatch(r"[\w.+-]{1,127}/[\w.+-]{1,127}", given):
        return given
    return part.default_type if not given else {"html": "text/html"}.get(given, "text/plain")


def disposition(part: MailPart) -> str:
    """Return `attachment`, `inline` or another Content-Disposition. Empty: it has none."""
    return part.get("Content-Disposition").partition(";")[0].strip().lower()


def parameter(part: MailPart, header: str, name: str) -> str:
    """Return a parameter of a header, put together from its pieces and decoded. Empty: it is missing."""
    plain, pieces = "", dict[int, tuple[str, bool]]()
    for given, raw in _PARAMETER.findall(";" + part.get(header).partition(";")[2]):
        found = _PART_OF_NAME.fullmatch(given)
        if found is None or found["name"].lower() != name:
            continue
        value = _unquote(raw.strip())
        if found["number"] is None and not found["is_encoded"]:
            plain = plain or decode_words(value)
        else:
            pieces.setdefault(int(found["number"] or 0), (value, bool(found["is_encoded"])))
    return _join_pieces([pieces[number] for number in sorted(pieces)]) if pieces else plain


def file_name(part: MailPart) -> str:
    """Return the name of the file that a part holds, without folders. Empty: it has none."""
    given = parameter(part, "Content-Disposition", "filename") or parameter(part, "Content-Type", "name")
    name = " ".join(clean_text(given).split()).replace("\\", "/").rpartition("/")[2].strip()
    return name[:_MOST_NAME_CHARS]


def _decode_run(words: str) -> str:
    """Decode encoded words that follow one another. The bytes of those in the same encoding are decoded at once."""
    texts: list[str] = []
    data, before = b"", ""
    for charset, kind, encoded in _WORD.findall(words):
        if before and charset.lower() != before:
            texts.append(decode_bytes(data, before))
            data = b""
        before = charset.lower()
        data += _decode_word(kind, encoded)
    return "".join([*texts, decode_bytes(data, before)])


def _decode_word(kind: str, encoded: str) -> bytes:
    raw = encoded.encode("utf-8", "surrogateescape")
    if kind in "qQ":
        return binascii.a2b_qp(raw, header=True)
    piece = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    whole = len(piece) - (len(piece) % 4 == 1)
    return binascii.a2b_base64(piece[:whole] + b"=" * (-whole % 4))


def _decode_raw(text: str, charset: str | None) -> str:
    return text if text.isascii() else decode_bytes(text.encode("utf-8", "surrogateescape"), charset)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if line.isprintable() else clean_text(line)


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    return value.strip('"')


def _join_pieces(pieces: list[tuple[str, bool]]) -> str:
    first, is_encoded = pieces[0]
    charset = None
    if is_encoded and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    data = b"".join(
        unquote_to_bytes(value.encode("utf-8", "surrogateescape"))
        if each_is_encoded
        else value.encode("utf-8", "surrogateescape")
        for value, each_is_encoded in [(first, is_encoded), *pieces[1:]]
    )
    return decode_words(decode_bytes(data, charset))
