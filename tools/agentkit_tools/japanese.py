"""Decode ISO-2022-JP and EUC-JP as mailers write them: with the characters of NEC and IBM, and half-width kana.

Python's own codecs refuse these, and with them the whole text.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\x1b(?:\$\([@BDOPQ]|\$[@AB]|\([BHIJ]|\.[AF]|N)|[\x0e\x0f]")
_TWO_BYTES = frozenset({b"\x1b$@", b"\x1b$B", b"\x1b$(@", b"\x1b$(B"})
_JIS_X_0212 = b"\x1b$(D"
_JIS_X_0213 = frozenset({b"\x1b$(O", b"\x1b$(P", b"\x1b$(Q"})
_KANA = frozenset({b"\x1b(I", b"\x0e"})


def decode_iso_2022_jp(data: bytes) -> str:
    """Decode text in ISO-2022-JP or one of its extensions. Never raises: what is no character becomes `\\ufffd`."""
    pieces: list[str] = []
    start, shift = 0, b"\x1b(B"
    for escape in _ESCAPE.finditer(data):
        pieces.append(_decode_piece(data[start : escape.start()], shift))
        start, shift = escape.end(), escape[0]
    return "".join([*pieces, _decode_piece(data[start:], shift)])


def _decode_piece(piece: bytes, shift: bytes) -> str:
    """Decode what stands behind an escape sequence. A line end leads back to ASCII, also where a mailer forgot to."""
    if not piece:
        return ""
    if shift in _KANA:
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece).decode("cp932", "replace")
    if shift not in _TWO_BYTES and shift != _JIS_X_0212 and shift not in _JIS_X_0213:
        return piece.decode("cp932" if max(piece) > 0x7F else "ascii", "replace")
    line, end, rest = piece.partition(b"\n")
    return "".join(_decode_pairs(line, shift)) + (end + rest).decode("cp932", "replace")


def _decode_pairs(line: bytes, shift: bytes) -> list[str]:
    characters: list[str] = []
    at = 0
    while at < len(line):
        pair = line[at : at + 2]
        if line[at] <= 0x20:
            characters.append(chr(line[at]))
            at += 1
        elif len(pair) < 2:
            characters.append("\ufffd")
            at += 1
        else:
            characters.append(_decode_pair(bytes(byte | 0x80 for byte in pair), shift))
            at += 2
    return characters


def _decode_pair(high: bytes, shift: bytes) -> str:
    """Decode one character, given as two bytes of EUC-JP."""
    if shift == _JIS_X_0212:
        return (b"\x8f" + high).decode("euc_jp", "replace")[:1]
    if shift in _JIS_X_0213:
        prefix = b"\x8f" if shift == b"\x1b$(P" else b""
        return (prefix + high).decode("euc_jis_2004", "replace")
    row, cell = high[0] - 0xA1, high[1] - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 63)
    if not (0 <= row < 94 and 0 <= cell < 94):
        return "\ufffd"
    return bytes((lead, trail)).decode("cp932", "replace")[:1]


def decode_euc_jp(data: bytes) -> str:
    """Decode EUC-JP with the characters of NEC and IBM. Never raises: what is no character becomes `\\ufffd`."""
    characters: list[str] = []
    for plain, kana, third, pair, _ in _EUC_CHARACTER.findall(data):
        if plain:
            characters.append(plain.decode("ascii"))
        elif kana:
            characters.append(kana[1:].decode("cp932", "replace"))
        elif third:
            characters.append(_decode_pair(third[1:], _JIS_X_0212))
        else:
            characters.append(_decode_pair(pair, b"\x1b$B") if pair else "\ufffd")
    return "".join(characters)


_EUC_CHARACTER = re.compile(
    rb"([\x00-\x7f]+)|(\x8e[\xa1-\xdf])|(\x8f[\xa1-\xfe][\xa1-\xfe])|([\xa1-\xfe][\xa1-\xfe])|([\x80-\xff])"
)
