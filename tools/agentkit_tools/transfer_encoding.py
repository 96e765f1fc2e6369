"""Decode the transfer encodings of MIME, also where something follows the encoded text or a piece of it is missing."""

from __future__ import annotations

import binascii
import re

_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_BASE64_LINE_CHARS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n"
_PIECE_BYTES = 1_000_000
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_SEGMENT = re.compile(rb"[^=]+")
_LEAST_LONG_LINE = 40
"""Length from which a line with a stray character is encoded all the same."""
_PADDED_BREAK = re.compile(rb"=[ \t]+(\r?\n)")
"""Matches a soft line break behind which a program on the way has put blanks."""
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]+\r?$", re.MULTILINE)
_UU_NAMES = frozenset({"uuencode", "x-uuencode", "uue", "x-uue"})


def transfer_decode(data: bytes, encoding: str, *, is_text: bool) -> bytes:
    """Return the decoded bytes. Never raises: what is not encoded stays as it is.

    Args:
        data: The body of a part.
        encoding: The value of its Content-Transfer-Encoding, in any form.
        is_text: True for a text, behind which mailing lists and servers add lines that are not encoded.
    """
    found = re.search(r"[\w-]+", re.sub(r"\([^()]*\)", "", encoding))
    name = found[0].lower() if found else ""
    if name == "quoted-printable":
        return binascii.a2b_qp(_PADDED_BREAK.sub(rb"=\1", data) if b"= " in data or b"=\t" in data else data)
    if name == "base64":
        return _decode_base64_text(data) if is_text else _decode_base64(data)
    if name in _UU_NAMES:
        return _decode_uu(data)
    return data


def decoded_size(data: bytes, start: int, end: int, encoding: str) -> int:
    """Return the number of bytes of the file in a part of some data. Clean base64 is counted, not decoded."""
    if encoding.strip().lower() == "base64":
        pieces = (data[at : min(at + _PIECE_BYTES, end)] for at in range(start, end, _PIECE_BYTES))
        rest = b"".join(piece.translate(None, _BASE64_LINE_CHARS)[:9] for piece in pieces)
        if rest in (b"", b"=", b"==") and data[max(start, end - 9) : end].rstrip().endswith(rest):
            chars = end - start - data.count(b"\n", start, end) - data.count(b"\r", start, end) - len(rest)
            return chars // 4 * 3 + (0, 0, 1, 2)[chars % 4]
    return len(transfer_decode(data[start:end], encoding, is_text=False))


def _decode_base64_text(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    end = _end_of_base64(lines)
    if not any(line.strip() for line in lines[:end]):
        return data
    rest = b"".join(lines[end:])
    decoded = _decode_base64(b"".join(lines[:end]))
    return decoded + b"\n" + rest if rest.strip() else decoded


def _end_of_base64(lines: list[bytes]) -> int:
    """Return the number of lines that are encoded: those before the first that is not, and before its paragraph."""
    for number, line in enumerate(lines):
        if _is_base64(line.strip()):
            continue
        blank = next((at for at in range(number - 1, -1, -1) if not lines[at].strip()), None)
        return number if blank is None or not any(each.strip() for each in lines[:blank]) else blank
    return len(lines)


def _is_base64(line: bytes) -> bool:
    if _BASE64_LINE.fullmatch(line):
        return True
    return len(line) >= _LEAST_LONG_LINE and len(line.split()) == 1 and len(_NO_BASE64.findall(line)) <= 2


def _decode_base64(data: bytes) -> bytes:
    """Decode base64 of which characters may be missing, and pieces of it that were joined, each with its padding."""
    decoded: list[bytes] = []
    for segment in _SEGMENT.findall(data):
        piece = _NO_BASE64.sub(b"", segment)
        whole = len(piece) - (len(piece) % 4 == 1)
        decoded.append(binascii.a2b_base64(piece[:whole] + b"=" * (-whole % 4)))
    return b"".join(decoded)


def _decode_uu(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data
    decoded: list[bytes] = []
    for line in data[begin.end() :].lstrip(b"\r\n").splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        count = ((line[0] - 32) & 63) * 4 // 3 + 2
        try:
            decoded.append(binascii.a2b_uu(line[:count]))
        except binascii.Error:
            return data
    return b"".join(decoded)
