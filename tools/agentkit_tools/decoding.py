"""Bytes and texts of unknown making as text that a request can carry and a person can quote."""

from __future__ import annotations

import codecs
import re

_UNSENDABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_LARGER = {
    "ascii": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
}
"""Encodings that are named where a larger one is meant, as browsers read them too."""
_GUESS = "cp1252"


def clean(text: str) -> str:
    """The text with plain line ends, without control characters and ligatures.

    Halves of surrogate pairs are joined, or replaced where they stand alone.
    """
    lines = re.sub("\r\n?|[\v\f\x85\u2028\u2029]", "\n", text).translate(_LIGATURES)
    return _UNSENDABLE.sub("", lines.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of bytes that say, at times wrongly, how they are encoded. Nothing is refused: see `clean`.

    UTF-8 is believed before a declared encoding of one byte a character, in which everything can be read.

    Args:
        data: The bytes.
        declared: The name of the encoding, as it came. None, or one that is not known: none was declared.
    """
    encoding = _known(declared)
    guesses = ["utf-8-sig", encoding] if _is_one_byte(encoding) else [encoding, "utf-8-sig"]
    for guess in guesses:
        try:
            return clean(data.decode(guess))
        except UnicodeError:
            continue
    return clean(data.decode(_GUESS, "replace"))


def _known(declared: str | None) -> str:
    try:
        name = codecs.lookup((declared or "").strip(" \"'")).name
        b"x".decode(name, "replace")  # some codecs are not for text
    except (LookupError, ValueError):
        return _GUESS
    return _LARGER.get(name, name)


def _is_one_byte(encoding: str) -> bool:
    try:
        return len(b"\xe9".decode(encoding)) == 1
    except UnicodeError:
        return False
