"""Read one file of any kind as the texts of documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentkit_tools.decoding import decode_bytes, encoding_of_start, is_mostly_utf8, known_encoding
from agentkit_tools.html_charset import charset_of_html
from agentkit_tools.html_text import MISSING_HTML_EXTRA, is_html_extra_installed, text_of_html
from agentkit_tools.mail_stores import OTHER_MAIL, START_BYTES, MailKind, mail_kind, messages_of_store
from agentkit_tools.mail_text import read_mail
from agentkit_tools.package_metadata import METADATA_FILES, read_description
from agentkit_tools.pdf_text import text_of_pdf
from agentkit_tools.sections import first_heading
from agentkit_tools.unreadable import NotReadable, Unreadable

MOST_BYTES = 5_000_000
"""Maximum size of a text file in bytes; bigger ones are reported, not read."""
MOST_BINARY_BYTES = 50_000_000
"""The same for PDF and e-mail, which need more bytes for the same text."""
MOST_MESSAGES = 10_000
"""Maximum number of messages of an mbox file; the rest is reported as one entry."""
_HTML_SUFFIXES = (".html", ".htm", ".xhtml")
_MARKUP_SUFFIXES = (".md", ".markdown", ".rst")
UNSUPPORTED = {
    ".doc": "Word documents",
    ".docx": "Word documents",
    ".msf": "indexes of Thunderbird, which hold no mail,",
    ".rtf": "rich text",
    **OTHER_MAIL,
}
"""Suffix -> the kind of files that cannot be read."""


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a document, before it has an id."""

    path: str
    name: str
    """The name from which the id is made."""
    text: str
    title: str


def read_file(file: Path, target: Path, name: str, unreadable: list[Unreadable]) -> list[FileText]:
    """Return the documents of one file, and add its parts that cannot be read to `unreadable`.

    Args:
        file: The path of the file, which says what kind it is.
        target: The regular file that the path leads to.
        name: The path by which the file is reported.
        unreadable: The list that is added to.

    Raises:
        NotReadable: Nothing of the file can be read.
        OSError: It cannot be opened.
    """
    suffix = file.suffix.lower()
    if other := UNSUPPORTED.get(suffix):
        raise NotReadable(f"{other} cannot be read")
    with target.open("rb") as opened:
        kind = mail_kind(file, opened.read(START_BYTES))
    if kind != "mbox":
        refuse_size(target, MOST_BINARY_BYTES if suffix == ".pdf" or kind else MOST_BYTES)
    if kind is not None:
        return _read_mail(target, kind, name, unreadable)
    if suffix == ".pdf":
        with target.open("rb") as pdf:
            found = text_of_pdf(pdf)
        unreadable += [Unreadable(name, found.unread)] if found.unread else []
        return [FileText(name, name, found.text, found.title or Path(name).name)]
    return [_read_text(file, target, name)]


def refuse_size(file: Path, most: int) -> None:
    """Raise NotReadable for a file of more than `most` bytes."""
    if (size := file.stat().st_size) > most:
        raise NotReadable(f"{size / 1e6:.1f} MB, more than the {most / 1e6:.0f} MB that are read")


def _read_mail(target: Path, kind: MailKind, name: str, unreadable: list[Unreadable]) -> list[FileText]:
    read: list[FileText] = []
    failed = False
    with target.open("rb") as file:
        for number, stored in enumerate(messages_of_store(file, kind), 1):
            place = f"{name}/{number}" if kind == "mbox" else name
            if number > MOST_MESSAGES:
                unreadable.append(Unreadable(place, f"only the first {MOST_MESSAGES} messages are read"))
                break
            try:
                if stored.data is None:
                    raise NotReadable("a message that is too big")
                mail = read_mail(stored.data)
            except NotReadable as error:
                unreadable.append(Unreadable(place, str(error)))
                failed = True
            else:
                read.append(FileText(place, place, mail.text, mail.title or Path(place).name))
    if not read and not failed:
        raise NotReadable("no mbox file, or one without messages")
    return read


def _read_text(file: Path, target: Path, name: str) -> FileText:
    is_html = file.suffix.lower() in _HTML_SUFFIXES
    text = _decode_file(target.read_bytes(), is_html)
    title = ""
    if file.name in METADATA_FILES:
        package, title, description = read_description(text)
        return FileText(name, package, description, title)
    if is_html:
        if not is_html_extra_installed():
            raise NotReadable(MISSING_HTML_EXTRA)
        text, title = text_of_html(text)
    if not text.strip():
        raise NotReadable("empty")
    heading = first_heading(text) if is_html or file.suffix.lower() in _MARKUP_SUFFIXES else ""
    return FileText(name, name, text, title or heading or Path(name).name)


def _decode_file(data: bytes, is_html: bool) -> str:
    """Decode a file that says its encoding or is in UTF-8, as a whole or for the most part. Raises NotReadable."""
    if encoding_of_start(data) is not None:
        return decode_bytes(data)
    if b"\0" in data[:8192]:
        raise NotReadable("binary, or text in UTF-16 without a byte order mark, not UTF-8 text")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        place = error.start
    declared = charset_of_html(data) if is_html else None
    if declared and known_encoding(declared) is None:
        raise NotReadable(f"its encoding {declared!r} is not known")
    if declared or is_mostly_utf8(data):
        return decode_bytes(data, declared)
    raise NotReadable(f"not UTF-8 text (byte {place})")
