"""The records that an index of mail returns. All that is in them but ids, counts and sizes was written by anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file that came with a message."""

    name: str
    """The file name without folders; generated where the message gives none."""
    media_type: str
    """The media type that the message says, in lower case."""
    size: int
    """Number of bytes."""


@dataclass(frozen=True, slots=True)
class MailHit:
    """A message that a search found."""

    id: str
    """The id of the message."""
    thread: str
    """The id of its thread."""
    date: datetime | None
    """The time that it says, UTC. None: it says none."""
    sender: str
    """The From header, decoded."""
    recipients: str
    """The To, Cc and Bcc headers, decoded."""
    subject: str
    """The Subject header, decoded. Of a document its title."""
    excerpt: str
    """The text around the first word that was searched for, or the beginning of the text."""
    attachments: tuple[MailAttachment, ...] = ()
    """The files that came with it."""


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A message of the index."""

    id: str
    """The id of the message: the beginning of the digest of its content."""
    thread: str
    """The id of its thread."""
    date: datetime | None
    """The time that it says, UTC. None: it says none."""
    sender: str
    """The From header, decoded."""
    recipients: str
    """The To header, decoded."""
    copies: str
    """Recipients of copies, Cc and Bcc."""
    subject: str
    """The Subject header, decoded. Of a document its title."""
    text: str = field(repr=False)
    """The text, with what is quoted and forwarded in it."""
    attachments: tuple[MailAttachment, ...] = ()
    """The files that came with it."""
    place: str = ""
    """The file that it was read from, or the id of the document that it came as."""


@dataclass(frozen=True, slots=True)
class MailThread:
    """The messages that answer one another, the earliest first."""

    id: str
    """The id of the thread: that of one of its messages."""
    subject: str
    """The subject of the first message."""
    messages: tuple[MailMessage, ...]
    """The messages, the earliest first; those that were asked for."""
    count: int = 0
    """Number of messages of the whole thread."""

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[MailMessage]:
        return iter(self.messages)


@dataclass(frozen=True, slots=True)
class FoundThread:
    """A thread in which a query finds a message; its texts are not in memory."""

    id: str
    """The id of the thread: that of one of its messages."""
    messages: int
    """Number of its messages."""
    chars: int
    """Characters of the texts of its messages."""
    last: datetime | None
    """The date of its latest message, UTC. None: none says one."""
    content: str = field(repr=False)
    """Another text for another set of messages."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The newest messages that a query finds, and how many there are."""

    hits: tuple[MailHit, ...]
    """The newest of them, at most as many as were asked for."""
    count: int
    """Number of messages that the query finds."""
    threads: int
    """Number of their threads."""
    unreadable: int
    """Number of messages and files that could not be read, or not to the end, when they were added."""
    cut: int = 0
    """Number of messages of which only the beginning is searched, since they are too long."""

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[MailHit]:
        return iter(self.hits)

    def __str__(self) -> str:
        unread = f"; {self.unreadable} could not be read and are not searched" if self.unreadable else ""
        cut = f"; of {self.cut} only the beginning is searched" if self.cut else ""
        messages = "1 message" if self.count == 1 else f"{self.count} messages"
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{messages} in {threads}, {len(self.hits)} shown{unread}{cut}"
