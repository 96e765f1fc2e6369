"""Decode text files, also those of Windows programs, which begin with a byte order mark."""

from __future__ import annotations

import codecs

_ENCODINGS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order mark -> encoding. That of UTF-32 begins with that of UTF-16, so it stands first."""


def decode_text(data: bytes) -> str:
    """Return text in the encoding that its byte order mark names, without the mark; in UTF-8 where it has none.

    Raises:
        UnicodeDecodeError: It is in another encoding, or damaged.
    """
    return data.decode(next((name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "utf-8"))
