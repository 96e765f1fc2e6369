"""Decode bytes of unknown encoding, and clean text so that it can be sent in a request and quoted."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from agentkit_tools.japanese import decode_euc_jp, decode_iso_2022_jp

_UNSENDABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SUPERSETS = {
    "ascii": ("cp1252",),
    "big5": ("cp950", "big5hkscs"),
    "euc_kr": ("cp949",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "iso8859-1": ("cp1252",),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "tis-620": ("cp874",),
}
"""Declared encoding -> the supersets that are usually meant, as in browsers, the likelier first."""
_WINDOWS = {"iso8859-2": "cp1250", "iso8859-6": "cp1256", "iso8859-7": "cp1253", "iso8859-8": "cp1255"}
"""Declared encoding -> the code page whose quotes, dashes and letters stand where it has control characters."""
_OTHER_NAMES = {
    "cp-850": "cp850",
    "dos-874": "cp874",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-8-i": "iso8859-8",
    "logical": "iso8859-8",
    "macintosh": "mac-roman",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "windows-949": "cp949",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-sjis": "shift_jis",
    "x-unknown": "utf-8",
    "x-user-defined": "utf-8",
}
_NO_TEXT_CODECS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs of Python that no text on the way between people is in."""
_DECODERS: dict[str, Callable[[bytes], str]] = {
    "iso2022_jp": decode_iso_2022_jp,
    "iso2022_jp_1": decode_iso_2022_jp,
    "iso2022_jp_2": decode_iso_2022_jp,
    "iso2022_jp_2004": decode_iso_2022_jp,
    "iso2022_jp_3": decode_iso_2022_jp,
    "iso2022_jp_ext": decode_iso_2022_jp,
    "euc_jp": decode_euc_jp,
}
"""Encodings that are decoded here, since Python's codecs refuse characters that are in common use."""
_SEVEN_BIT = frozenset({"hz", "iso2022_kr", "utf-7", *(name for name in _DECODERS if name != "euc_jp")})
_FALLBACK_ENCODING = "cp1252"
_MIXED = "agentkit_tools.mixed"
_CONTROL = re.compile("[\x80-\x84\x86-\x9f]")
_BEYOND_ASCII = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|([\x80-\xff])")
_JAPANESE = re.compile(rb"\x1b\$[@B]")
_STARTING_BYTES = 512
_ZERO_SHARE = 0.7
"""The share of zeros among every other byte from which a text without a byte order mark is in UTF-16."""
_LEAST_SEQUENCES = 4
"""Number of UTF-8 sequences from which a text is in UTF-8, though another multi-byte encoding is declared."""


def clean_text(text: str) -> str:
    """Return the text with `\\n` as line ends, and without control characters and ligatures.

    Surrogate pairs are joined; lone surrogates are replaced.
    """
    lines = re.sub("\r\n?|[\v\f\x85\u2028\u2029]", "\n", text).translate(_LIGATURES)
    return _UNSENDABLE.sub("", lines.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def decode_bytes(data: bytes, declared: str | None = None) -> str:
    """Decode bytes whose declared encoding may be wrong, and clean the text. Never raises.

    A byte order mark decides. Else UTF-8 is tried before a declared single-byte encoding, since that can decode any
    bytes, also those in UTF-8. A byte that does not fit costs itself, not the rest.

    Args:
        data: The bytes.
        declared: The name of the declared encoding. None or an unknown name: UTF-8 or cp1252, by what is there.
    """
    marked = encoding_of_start(data)
    if marked is not None:
        return clean_text(decode_mixed(data[3:]) if marked == "utf-8-sig" else data.decode(marked, "replace"))
    encoding = known_encoding(declared) or _FALLBACK_ENCODING
    if _JAPANESE.search(data) and (data.isascii() or encoding in ("utf-8", _FALLBACK_ENCODING)):
        encoding = "iso2022_jp"
    if encoding.startswith(("utf-16", "utf-32")):
        if b"\0" in data:
            return clean_text(data.decode(_with_byte_order(encoding, data), "replace"))
        encoding = "utf-8"
    if encoding in _SEVEN_BIT:
        return clean_text(_decode_as(data, encoding))
    sequences, bad_bytes = _count_utf8(data)
    least, most_bad = (1, sequences - 1) if _is_single_byte(encoding) else (_LEAST_SEQUENCES, 0)
    if encoding == "utf-8" or (sequences >= least and bad_bytes <= most_bad):
        return clean_text(_without_controls(decode_mixed(data), _FALLBACK_ENCODING))
    text = _decode_as(data, encoding)
    if sequences > bad_bytes and text.count("\ufffd") > bad_bytes:
        text = decode_mixed(data)
    return clean_text(_without_controls(text, _WINDOWS.get(encoding, _FALLBACK_ENCODING)))


def decode_mixed(data: bytes) -> str:
    """Decode UTF-8, and what is none in the fallback encoding; a character that is cut at the end becomes `\\ufffd`."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", _MIXED)


def encoding_of_start(data: bytes) -> str | None:
    """Return the encoding that a byte order mark names, or that every other byte shows to be UTF-16. None: neither."""
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    if marked is not None or b"\0" not in data[:2]:
        return marked
    halves = data[:_STARTING_BYTES:2], data[1:_STARTING_BYTES:2]
    first, second = (half.count(0) / max(8, len(half)) for half in halves)
    if first > _ZERO_SHARE and not second:
        return "utf-16-be"
    return "utf-16-le" if second > _ZERO_SHARE and not first else None


def known_encoding(declared: str | None) -> str | None:
    """Return Python's name of a declared encoding of text. None: there is no such encoding."""
    given = (declared or "").strip(" \t\"';,").lower().replace("_", "-")
    for name in (_OTHER_NAMES.get(given), given, given.removeprefix("x-"), given.replace("windows", "cp")):
        try:
            found = codecs.lookup(name or "").name
            b"x".decode(found, "replace")  # raises LookupError for codecs that are no text encodings, such as base64
        except (LookupError, ValueError):
            continue
        return None if found.replace("_", "-") in _NO_TEXT_CODECS else found
    return None


def is_mostly_utf8(data: bytes) -> bool:
    """Return True if more characters beyond ASCII are in UTF-8 than are not, or if there are none."""
    sequences, bad_bytes = _count_utf8(data)
    return sequences > bad_bytes or not bad_bytes


def _with_byte_order(encoding: str, data: bytes) -> str:
    """Return the encoding with the byte order of a text that has no mark: in most, one of two bytes is 0."""
    if encoding not in ("utf-16", "utf-32"):
        return encoding
    return f"{encoding}-be" if data[:1] == b"\0" else f"{encoding}-le"


def _decode_as(data: bytes, encoding: str) -> str:
    """Decode with a declared encoding, or the superset of it that fits best."""
    if encoding in _DECODERS:
        return _DECODERS[encoding](data)
    best = ""
    for number, name in enumerate(_SUPERSETS.get(encoding, (encoding,))):
        text = data.decode(name, "replace")
        if number == 0 or text.count("\ufffd") < best.count("\ufffd"):
            best = text
    return best


def _replace_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.reason == "unexpected end of data" and _count_utf8(error.object)[0]:
        return "\ufffd", error.end
    return error.object[error.start : error.end].decode(_FALLBACK_ENCODING, "replace"), error.end


codecs.register_error(_MIXED, _replace_bad_bytes)


def _count_utf8(data: bytes) -> tuple[int, int]:
    """Return the number of characters beyond ASCII that are in UTF-8, and of bytes that are not."""
    if data.isascii():
        return 0, 0
    found = _BEYOND_ASCII.findall(data)
    bad_bytes = sum(map(bool, found))
    return len(found) - bad_bytes, bad_bytes


def _without_controls(text: str, windows: str) -> str:
    """Replace control characters by what a Windows code page has in their place: quotes and dashes, mostly."""
    if not _CONTROL.search(text):
        return text
    return _CONTROL.sub(lambda control: control[0].encode("latin-1").decode(windows, "ignore"), text)


def _is_single_byte(encoding: str) -> bool:
    try:
        return len(b"\xe9".decode(encoding)) == 1
    except UnicodeError:
        return False
