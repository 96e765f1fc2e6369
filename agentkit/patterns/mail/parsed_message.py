"""One message, parsed for the index: its fields, its text, and its attachments by name, type and size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from agentkit.messages.content import Document
from agentkit_tools.decoding import clean_text
from agentkit_tools.mail_headers import decode_words, parameter
from agentkit_tools.mail_identity import addresses_of, base_subject, content_key, message_ids, parse_date
from agentkit_tools.mail_text import Mail, read_mail

Role: TypeAlias = Literal["from", "to", "cc"]

MOST_TEXT_CHARS = 5_000_000
"""Maximum number of characters of a message that are indexed; the text says so where more are left out."""
_MOST_PEOPLE = 100_000
_MOST_HEADER_CHARS = MOST_TEXT_CHARS
_CUT = "\n\n[the rest of this message is not indexed: it is too long]"


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """The fields of a message that the index keeps."""

    key: bytes
    """The digest of its content."""
    date: int | None
    """Seconds since 1970. None: it says no date."""
    subject: str
    topic: str
    """The subject without `Re:` and the like, in lower case. Empty: none."""
    is_answer: bool
    """True: the subject says that it answers, and no header says what."""
    sender: str
    receivers: str
    copies: str
    text: str
    attachments: tuple[tuple[str, str, int], ...]
    """Name, media type and size in bytes of each."""
    own_id: str
    """Its Message-ID. Empty: none."""
    references: tuple[str, ...]
    """The ids of messages that it answers."""
    people: tuple[tuple[Role, str, str], ...]
    """Role, name and address of each sender and recipient."""
    size: int
    """The number of bytes that it came in."""
    is_cut: bool = False
    """True: it is too long, and not all of it is indexed."""


def parse_message(data: bytes, key: bytes | None = None) -> ParsedMessage:
    """Return a message of its bytes.

    Args:
        data: The message as it was sent.
        key: The digest of its content, where it is known.

    Raises:
        NotReadable: Nothing in it can be read.
    """
    mail = read_mail(data)
    message = mail.message
    charset = parameter(message, "Content-Type", "charset")
    subject = _text_of(mail, "Subject", charset)
    topic, is_answer = base_subject(subject)
    people = _people_of(mail, charset)
    addresses = {address for _, _, address in people}  # which old mail names in In-Reply-To, between the same brackets
    named = (*message_ids(message.get("References")), *message_ids(message.get("In-Reply-To")))
    references = [each for each in named if each.lower() not in addresses]
    return ParsedMessage(
        key=key or content_key(data),
        date=_date_of(mail),
        subject=subject,
        topic=topic,
        is_answer=is_answer and not references,
        sender=_text_of(mail, "From", charset) or _text_of(mail, "Sender", charset),
        receivers=_text_of(mail, "To", charset),
        copies=", ".join(filter(None, (_text_of(mail, name, charset) for name in ("Cc", "Bcc")))),
        text=_limited(mail.body),
        is_cut=mail.is_cut or len(mail.body) > MOST_TEXT_CHARS,
        attachments=tuple((each.name, each.media_type, each.size) for each in mail.attachments),
        own_id=next(iter(message_ids(message.get("Message-ID"))), ""),
        references=tuple(dict.fromkeys(references)),
        people=people,
        size=len(data),
    )


def parse_document(document: Document) -> ParsedMessage:
    """Return a document as a message: the title is its subject."""
    text = clean_text(document.text)
    title = " ".join(clean_text(document.title or document.id).split())
    key = hashlib.sha256(f"{document.id}\0{document.title}\0{text}".encode(errors="replace")).digest()[:16]
    return ParsedMessage(
        key, None, title, "", False, "", "", "", _limited(text), (), "", (), (), len(text.encode(errors="replace")),
        len(text) > MOST_TEXT_CHARS,
    )  # fmt: skip


def _text_of(mail: Mail, name: str, charset: str) -> str:
    """Return all of a header on one line, decoded and cleaned."""
    values = mail.message.get_all(name)
    if not values:
        return ""
    text = ", ".join(dict.fromkeys(values)) if len(values) > 1 else values[0]
    return " ".join(clean_text(decode_words(text[:_MOST_HEADER_CHARS], charset)).split())


def _date_of(mail: Mail) -> int | None:
    found = parse_date(mail.message.get("Date"))
    if found is None:
        for received in mail.message.get_all("Received")[:1]:
            found = parse_date(received.rpartition(";")[2])
    return found


def _people_of(mail: Mail, charset: str) -> tuple[tuple[Role, str, str], ...]:
    roles: tuple[tuple[Role, str], ...] = (("from", "From"), ("to", "To"), ("cc", "Cc"), ("cc", "Bcc"))
    found: list[tuple[Role, str, str]] = [
        (role, name, address)
        for role, header in roles
        for value in mail.message.get_all(header)
        for name, address in addresses_of(value[:_MOST_HEADER_CHARS], charset)
    ]
    return tuple(dict.fromkeys(found[:_MOST_PEOPLE]))


def _limited(text: str) -> str:
    return text if len(text) <= MOST_TEXT_CHARS else text[:MOST_TEXT_CHARS] + _CUT
