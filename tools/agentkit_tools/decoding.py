"""Decode bytes of unknown encoding, and clean text so that it can be sent in a request and quoted."""

from __future__ import annotations

import codecs
import re

_UNSENDABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_SUPERSETS = {
    "ascii": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
}
"""Declared encoding -> the superset that is usually meant, as in browsers."""
_FALLBACK_ENCODING = "cp1252"


def clean_text(text: str) -> str:
    """Return the text with `\\n` as line ends, and without control characters and ligatures.

    Surrogate pairs are joined; lone surrogates are replaced.
    """
    lines = re.sub("\r\n?|[\v\f\x85\u2028\u2029]", "\n", text).translate(_LIGATURES)
    return _UNSENDABLE.sub("", lines.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def decode_bytes(data: bytes, declared: str | None = None) -> str:
    """Decode bytes whose declared encoding may be wrong, and clean the text. Never raises.

    UTF-8 is tried before a declared single-byte encoding, since that can decode any bytes, also those in UTF-8.

    Args:
        data: The bytes.
        declared: The name of the declared encoding. None or an unknown name: cp1252 is tried, after UTF-8.
    """
    encoding = _known_encoding(declared)
    guesses = ["utf-8-sig", encoding] if _is_single_byte(encoding) else [encoding, "utf-8-sig"]
    for guess in guesses:
        try:
            return clean_text(data.decode(guess))
        except UnicodeError:
            continue
    return clean_text(data.decode(_FALLBACK_ENCODING, "replace"))


def _known_encoding(declared: str | None) -> str:
    try:
        name = codecs.lookup((declared or "").strip(" \"'")).name
        b"x".decode(name, "replace")  # raises LookupError for codecs that are not text encodings, such as base64
    except (LookupError, ValueError):
        return _FALLBACK_ENCODING
    return _SUPERSETS.get(name, name)


def _is_single_byte(encoding: str) -> bool:
    try:
        return len(b"\xe9".decode(encoding)) == 1
    except UnicodeError:
        return False
