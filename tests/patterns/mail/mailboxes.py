"""Messages for the tests of the index of mail."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import anyio

from agentkit.patterns import MailIndex, SearchResult

ANNA, BEN, CHLOE = "Anna Adler <anna@example.com>", "Ben Berg <ben@example.org>", "chloe@example.net"


def mail(
    subject: str = "Tea",
    text: str = "Tea is hot.",
    *,
    sender: str = ANNA,
    to: str = BEN,
    day: str = "01 Jan 2024",
    file: str = "",
    **headers: str,
) -> bytes:
    """Return a message; `in_reply_to` and the like are headers."""
    fields = {"From": sender, "To": to, "Subject": subject, "Date": f"{day} 10:00:00 +0000"}
    fields |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    if not file:
        return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()
    data = base64.encodebytes(b"The bill is 12 EUR.").decode()
    return (
        f"{head}Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\n{text}\n--B\n"
        f"Content-Type: text/csv\nContent-Disposition: attachment; filename={file}\n"
        f"Content-Transfer-Encoding: base64\n\n{data}--B--\n"
    ).encode()


def mbox(*messages: bytes) -> bytes:
    """Return messages as an mbox file holds them."""
    return b"".join(b"From a@b.c Mon Jan  1 10:00:00 2024\n" + message + b"\n" for message in messages)


async def index_of(index: MailIndex, folder: Path, *messages: bytes) -> Path:
    """Add messages to an index, from a file in a folder, which is returned."""
    file = folder / f"{hashlib.sha256(b''.join(messages)).hexdigest()[:8]}.mbox"
    await anyio.Path(file).write_bytes(mbox(*messages))
    await index.add(file)
    return file


def subjects(result: SearchResult) -> list[str]:
    """Return the subjects of the messages that a search found."""
    return [hit.subject for hit in result]
