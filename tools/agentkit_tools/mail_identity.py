"""The fields by which mail is sorted: dates, addresses with names, ids of messages, subjects without `Re:`."""

from __future__ import annotations

import hashlib
import re
from calendar import timegm
from datetime import UTC, datetime
from email.utils import parsedate_tz

from agentkit_tools.decoding import clean_text
from agentkit_tools.mail_headers import decode_words

_DATE = re.compile(
    r"(?:[A-Za-z]{3},?\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s+([+-])(\d\d)(\d\d)(?!\d)"
)
_MONTHS = {name: number for number, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
_DASHED = re.compile(r"\b(\d{1,2})-([A-Za-z]{3})-(\d{4})\b")
_ZONE_OF_GMT = re.compile(r"\b(?:GMT|UTC)([+-]\d{4})\b")
_MOST_OFFSET_S = 100 * 3_600
"""Seconds from which a difference of time zones is none."""
_MOST_DATE_CHARS = 200
_YEARS = range(1970, 2200)
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.)*\)?|<[^<>]*>|[,;]|[^,;<>"()]+|.', re.DOTALL)
_MESSAGE_ID = re.compile(r"<([^<>]{1,600})>")
_FOLD = re.compile(r"\s*[\r\n]\s*")
_MOST_IDS = 100
_MOST_ID_CHARS = 600
_REPLY = re.compile(
    r"\s*(?:(?:re|aw|antw|sv|vs|ref|rif|odp|res|ynt|fwd?|wg|tr|rv|enc|回复|答复|回覆|转发|轉寄)"
    r"\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*[:\uff1a]|\[[^\[\]]{1,40}\])",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"\(fwd?\)$", re.IGNORECASE)
_VOLATILE = re.compile(
    rb"^(?:x-)?(?:status|keywords|mozilla-[\w-]+|uid|imapbase|imap|gmail-labels|gm-[\w-]+|evolution|content-length|lines)"
    rb"[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_MARKS = (
    b"tatus:",
    b"eywords:",
    b"-Mozilla-",
    b"UID:",
    b"-IMAP",
    b"abels:",
    b"-GM-",
    b"Evolution:",
    b"Length:",
    b"Lines:",
)


def content_key(data: bytes) -> bytes:
    """Return 16 bytes that are the same for a message however a program keeps it.

    Line ends, empty lines at the end, and the headers in which mail programs note what was read, labelled or deleted do
    not count.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    end = data.find(b"\n\n") + 1
    head = data[:end]
    if any(mark in head for mark in _MARKS):
        head = _VOLATILE.sub(b"", head)
    found = hashlib.sha256(head)
    stop = len(data)
    while stop > end and data[stop - 1] == 10:
        stop -= 1
    with memoryview(data) as view, view[end:stop] as body:
        found.update(body)
    return found.digest()[:16]


def parse_date(text: str) -> int | None:
    """Return the seconds since 1970 that a date of mail says. None: it says none, or one that cannot be."""
    text = text[:_MOST_DATE_CHARS]
    found = _DATE.search(text)
    month = _MONTHS.get(found[2].lower()) if found else None
    try:
        if found is None or month is None:
            return _parse_other_date(text)
        day, year, hour, minute, second = (int(found[n] or 0) for n in (1, 3, 4, 5, 6))
        if year not in _YEARS or not (1 <= day <= 31 and hour < 24 and minute < 60 and second < 62):
            return None
        offset = (int(found[8]) * 60 + int(found[9])) * (-60 if found[7] == "-" else 60)
        return timegm((year, month, day, hour, minute, second)) - offset
    except (ValueError, OverflowError, TypeError, IndexError):  # the standard library's parser is not made for any text
        return None


def _parse_other_date(text: str) -> int | None:
    text = _ZONE_OF_GMT.sub(r"\1", _DASHED.sub(r"\1 \2 \3", text))
    parsed = parsedate_tz(text)
    if parsed is None or text.strip()[:4].isdigit():
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return int(found.timestamp()) if found.year in _YEARS else None
    offset = parsed[9] or 0
    return timegm(parsed[:6]) - (offset if abs(offset) < _MOST_OFFSET_S else 0) if parsed[0] in _YEARS else None


def addresses_of(header: str, charset: str | None = None) -> list[tuple[str, str]]:
    """Return the name and the address of each person in a header as it came. A name may be empty.

    Names are decoded after they are taken apart, so that no name can bring an address of its own.
    """
    pieces = _PIECE.findall(header)
    if pieces and pieces[-1][0] in '"(' and pieces[-1][-1] not in '")':  # what is not closed opens nothing
        pieces[-1:] = _PIECE.findall(pieces[-1].replace('"', " ").replace("(", " "))
    found: list[tuple[str, str]] = []
    words: list[str] = []
    comment = address = ""
    for piece in [*pieces, ","]:
        if piece in (",", ";"):
            text = "".join(words).strip()
            if not address and text:
                text = text.rpartition(":")[2].strip()  # the name of a group
                words = text.split()
                is_address = len(words) == 1 or (bool(words) and "@" in words[-1])
                address, text = words[-1] if is_address else "", comment
            if address and (clean := _clean_address(address)):
                found.append((_clean_name(text or comment, charset), clean))
            words, comment, address = [], "", ""
        elif piece[0] == "<" and len(piece) > 1:
            address = piece[1:-1]
        elif piece[0] == "(" and len(piece) > 1:
            comment = piece[1:-1]
        elif piece[0] == '"' and len(piece) > 1:
            words.append(re.sub(r"\\(.)", r"\1", piece[1:-1], flags=re.DOTALL))
        else:
            words.append(piece)
    return found


def message_ids(header: str) -> list[str]:
    """Return the ids in a Message-ID, References or In-Reply-To header, the last of them where there are many.

    Programs encode these headers, fold them within an id, and write one id without its brackets.
    """
    text = decode_words(header) if "=?" in header else header
    found = [_FOLD.sub("", each).strip() for each in _MESSAGE_ID.findall(text)[-_MOST_IDS:]]
    if not found and len(text.split()) == 1:
        found = [text.strip().strip("<>")[:_MOST_ID_CHARS]]
    return [each for each in found if len(each.split()) == 1]


def base_subject(subject: str) -> tuple[str, bool]:
    """Return a subject without the marks of replies, forwards and lists, and True if it is that of an answer."""
    is_reply = False
    at = 0
    while found := _REPLY.match(subject, at):
        is_reply = is_reply or not found[0].rstrip().endswith("]") or ":" in found[0]
        at = found.end()
    rest = subject[at:].rstrip()
    without = _FORWARDED.sub("", rest)
    return " ".join(without.casefold().split()), is_reply or without != rest


def _clean_address(text: str) -> str:
    address = "".join(text.split()).strip("'\"").removeprefix("mailto:").lower()
    return clean_text(address)[:320] if "@" in address or address.isidentifier() else ""


def _clean_name(text: str, charset: str | None) -> str:
    name = " ".join(clean_text(decode_words(text, charset)).split()).strip("'\" ")
    return name[:200]
