"""Records that the tools over an index of mail return: of bounded size, no text in them passes for another field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from agentkit.patterns import MailHit, MailMessage, Person

MOST_CHARS = 30_000
"""Maximum number of characters of text that one call returns."""
_MOST_FIELD_CHARS = 300
_MOST_LISTED_CHARS = 3_000
"""Maximum number of characters of a list: of the attachments of a message, of the addresses of a person."""
_HIDDEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
"""Matches characters that no reader sees, in which mail can hide text or turn it around."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A message that was found."""

    id: str
    thread: str
    date: str
    sender: str
    recipients: str
    subject: str
    excerpt: str
    attachments: list[str]


@dataclass(frozen=True, slots=True)
class SearchedMail:
    """The newest messages that a query finds, and how many there are in all."""

    count: int
    threads: int
    messages: list[Found]
    note: str


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A message with its text, or a part of it."""

    id: str
    date: str
    sender: str
    recipients: str
    subject: str
    attachments: list[str]
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class ReadThread:
    """Messages of a thread, the earliest first."""

    id: str
    count: int
    messages: list[ReadMail]
    note: str


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person of the mail."""

    name: str
    addresses: list[str]
    sent: int
    received: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class ReadAttachment:
    """The text of an attachment, or a part of it."""

    name: str
    media_type: str
    size: int
    text: str
    note: str


def found_of(hit: MailHit) -> Found:
    """Return a message that a search found."""
    return Found(
        id=hit.id,
        thread=hit.thread,
        date=hit.date.isoformat() if hit.date else "",
        sender=shown(hit.sender),
        recipients=shown(hit.recipients),
        subject=shown(hit.subject),
        excerpt=shown(hit.excerpt),
        attachments=_listed(shown(each.name) for each in hit.attachments),
    )


def read_of(message: MailMessage, start: int = 0) -> ReadMail:
    """Return a message with a piece of its text. `start`: the character at which that begins."""
    text, note = piece_of(message.text, start)
    files = (
        f"{number}: {shown(each.name)} ({shown(each.media_type)}, {each.size} bytes)"
        for number, each in enumerate(message.attachments, 1)
    )
    return ReadMail(
        id=message.id,
        date=message.date.isoformat() if message.date else "",
        sender=shown(message.sender),
        recipients=shown(", ".join(filter(None, (message.recipients, message.copies)))),
        subject=shown(message.subject),
        attachments=_listed(files),
        text=text,
        note=note,
    )


def person_of(person: Person) -> FoundPerson:
    """Return a person."""
    first, last = (each.date().isoformat() if each else "" for each in (person.first, person.last))
    addresses = _listed(shown(each) for each in person.addresses)
    return FoundPerson(shown(person.name), addresses, person.sent, person.received, first, last)


def within_limit(records: Iterable[T]) -> list[T]:
    """Return records as long as they have no more than `MOST_CHARS` characters together; always the first."""
    taken: list[T] = []
    chars = 0
    for record in records:
        chars += len(str(record))
        if taken and chars > MOST_CHARS:
            break
        taken.append(record)
    return taken


def _listed(texts: Iterable[str]) -> list[str]:
    """Return texts as long as they have no more than `_MOST_LISTED_CHARS` characters, and the number of the others."""
    listed = list(texts)
    ends = accumulate(len(text) for text in listed)
    count = max(1, sum(end <= _MOST_LISTED_CHARS for end in ends))
    return listed if count >= len(listed) else [*listed[:count], f"and {len(listed) - count} more"]


def shown(text: str) -> str:
    """Return the beginning of a field, without what no reader sees."""
    visible = _HIDDEN.sub("", text)
    return (
        visible
        if len(visible) <= _MOST_FIELD_CHARS
        else f"{visible[:_MOST_FIELD_CHARS]}... [{len(visible)} characters]"
    )


def piece_of(text: str, start: int) -> tuple[str, str]:
    """Return a piece of a text without what no reader sees, and a note where more of it follows."""
    end = start + MOST_CHARS
    note = f"Characters {start} to {end} of {len(text)}: read on with start={end}." if end < len(text) else ""
    return _HIDDEN.sub("", text[start:end]), note
