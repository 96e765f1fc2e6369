"""Convert e-mail to text: the main headers, the body, and a list of the attachments.

E-mail is often malformed: as much as possible is read, and what has no text of its own is listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agentkit_tools.decoding import decode_bytes
from agentkit_tools.files_in_text import without_files
from agentkit_tools.html_text import MISSING_HTML_EXTRA, is_html_extra_installed
from agentkit_tools.mail_forms import DATA, HTML, RICH, best_form, part_text
from agentkit_tools.mail_headers import (
    all_headers,
    content_type,
    disposition,
    file_name,
    header_text,
    parameter,
)
from agentkit_tools.mail_parsing import MOST_TEXT_BYTES, body, parse_mail, subparts
from agentkit_tools.mail_parts import MailPart
from agentkit_tools.transfer_encoding import decoded_size
from agentkit_tools.unreadable import NotReadable

MOST_PARTS = 1_000
"""Maximum number of parts of a message; the rest is left out, which the text mentions."""
_HEADERS = ("From", "To", "Cc", "Bcc", "Date", "Subject")
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_FORMS = frozenset({"text/plain", "text/x-amp-html", "text/watch-html", *HTML, *RICH})
"""Kinds of text that say the same as the other forms of a message's text."""
_EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/markdown": "md",
    "text/csv": "csv",
    "text/calendar": "ics",
    "application/pdf": "pdf",
    "message/rfc822": "eml",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    name: str
    """The file name without folders; generated where the message gives none."""
    media_type: str
    part: MailPart = field(repr=False)
    """The part that it stands in, of which nothing is decoded."""

    @property
    def data(self) -> bytes:
        """Decode the file."""
        return body(self.part, is_text=False)

    @property
    def size(self) -> int:
        """Number of bytes of the file."""
        part = self.part
        return decoded_size(part.data, part.body_start, part.end, part.get("Content-Transfer-Encoding"))


@dataclass(frozen=True, slots=True)
class Mail:
    """The text and the attachments of a message."""

    head: str
    """The main headers, a line for each."""
    body: str
    """The text below the headers, with what is forwarded in it."""
    attachments: tuple[Attachment, ...]
    message: MailPart = field(repr=False)
    """The message with its headers as they came."""
    is_cut: bool = False
    """True: some of it was too long or too much to be read, which the text mentions."""

    @property
    def text(self) -> str:
        """Return headers, body, and a line for each attachment."""
        listed = [f"- {each.name} ({each.media_type}, {_size_text(each.size)})" for each in self.attachments]
        blocks = [self.head, self.body, "Attachments:\n" + "\n".join(listed) if listed else ""]
        return "\n\n".join(filter(None, blocks)) + "\n"

    @property
    def title(self) -> str:
        """Return subject and sender. Empty: the message has neither."""
        subject, sender = (self.header(name) for name in ("Subject", "From"))
        sender = re.sub(r"\s*<[^<>]*>$", "", sender).strip('" ') or sender
        return " ".join(filter(None, [subject, f"({sender})" if sender else ""]))

    def header(self, name: str) -> str:
        """Return a header, decoded, on one line. Empty: it is missing."""
        return header_text(self.message, name, charset=parameter(self.message, "Content-Type", "charset"))


def read_mail(data: bytes) -> Mail:
    """Read one message (RFC 5322, MIME). Forwarded messages and their attachments are included.

    Raises:
        NotReadable: It has no headers or no content, its parts are nested too deeply, or it has only HTML and the extra
            `documents` is not installed.
    """
    message = parse_mail(data)
    writer = _MailTextWriter()
    writer.write_message(message)
    head = _head_of(message)
    return Mail(head, writer.body(has_head=bool(head)), tuple(writer.attachments), message, writer.is_cut)


class _MailTextWriter:
    """Collects the text of a message, with a block for each part."""

    def __init__(self) -> None:
        self.attachments: list[Attachment] = []
        self.is_cut = False
        self._blocks: list[str] = []
        self._part_count = 0
        self._has_text = False
        self._unread = ""

    def write_message(self, message: MailPart) -> None:
        """Add the parts of a message."""
        had_text, self._has_text = self._has_text, False
        before = len(self.attachments)
        self._write_part(message, is_whole=True)
        if not self._has_text and len(self.attachments) == before:
            for outside in (message.preamble, message.epilogue):  # text that is in no part, where the parts have none
                self._add_block(decode_bytes(outside).strip())
        self._has_text = self._has_text or had_text

    def body(self, *, has_head: bool) -> str:
        """Return the collected text. Raises NotReadable if there is nothing."""
        if not self._blocks and not self.attachments and not has_head:
            raise NotReadable("an e-mail without headers that matter and without text")
        if self._unread and not self._has_text:
            raise NotReadable(self._unread)
        if self._unread:
            self._add_block(f"[a part is listed below, since {self._unread}]")
        return "\n\n".join(self._blocks)

    def _add_block(self, text: str) -> None:
        if stripped := text.strip("\n"):
            self._blocks.append(stripped)

    def _add_text(self, part: MailPart, kind: str) -> None:
        """Add the text of a part; files that stand in it, as before MIME, are attachments."""
        text, files = part_text(part, kind), list[MailPart]()
        if kind not in HTML:
            text, files = without_files(text)
        self._add_block(text)
        self._has_text = self._has_text or bool(text.strip())
        self.is_cut = self.is_cut or part.end - part.body_start > MOST_TEXT_BYTES
        for file in files:
            self._attach(file, content_type(file))

    def _write_part(self, part: MailPart, *, is_whole: bool = False) -> None:
        """Add a part and the parts in it. `is_whole`: it is all that its message has."""
        self._part_count += 1
        if self._part_count > MOST_PARTS:
            self.is_cut = True
            if self._part_count == MOST_PARTS + 1:
                self._add_block("[the parts after this one are left out: there are too many]")
            return
        kind, inner = content_type(part), subparts(part)
        if kind in _MESSAGES and inner:
            self._write_forwarded(inner[0])
        elif kind == "multipart/alternative" and inner:
            self._write_alternatives(inner)
        elif kind.startswith("message/") and inner:
            for each in inner:
                self._add_block("\n".join(all_headers(each)))
                self._add_text(each, "text/plain")
        elif inner:
            for each in inner:
                self._write_part(each, is_whole=is_whole and len(inner) == 1)
        elif kind.startswith("multipart/"):
            self._add_text(part, "text/plain")
        elif kind in HTML and not is_html_extra_installed():
            self._unread = MISSING_HTML_EXTRA
            self._attach(part, kind)
        elif self._is_text(part, kind, is_whole=is_whole):
            self._add_text(part, kind)
        else:
            self._attach(part, kind)

    def _write_forwarded(self, message: MailPart) -> None:
        self._add_block("Forwarded message:")
        self._add_block(_head_of(message))
        self.write_message(message)

    def _write_alternatives(self, forms: list[MailPart]) -> None:
        """Add one form of a text, and what stands in the others beside it: files, and forms that are no text."""
        chosen = best_form(forms)
        self._write_part(chosen)
        for form in forms:
            if form is not chosen:
                self._attach_files(form)

    def _attach_files(self, part: MailPart) -> None:
        self._part_count += 1
        inner, kind = subparts(part), content_type(part)
        if kind in _MESSAGES and inner:
            self._write_forwarded(inner[0])
            return
        for each in inner:
            self._attach_files(each)
        is_file = not kind.startswith("multipart/") and (kind not in _FORMS or disposition(part) == "attachment")
        if is_file and not inner and self._part_count <= MOST_PARTS:
            self._attach(part, kind)

    def _attach(self, part: MailPart, kind: str) -> None:
        name = file_name(part) or f"attachment-{len(self.attachments) + 1}.{_EXTENSIONS.get(kind, 'bin')}"
        self.attachments.append(Attachment(name, kind, part))

    def _is_text(self, part: MailPart, kind: str, *, is_whole: bool) -> bool:
        """Return True if a part is text of the message, and no file beside it."""
        if not kind.startswith("text/") and kind not in HTML:
            return False
        if is_whole:
            return True
        if disposition(part) == "attachment":
            return False
        return not self._has_text or not (file_name(part) or kind in DATA)


def _head_of(message: MailPart) -> str:
    charset = parameter(message, "Content-Type", "charset")
    return "\n".join(f"{name}: {value}" for name in _HEADERS if (value := header_text(message, name, charset=charset)))


def _size_text(count: int) -> str:
    return f"{count} bytes" if count < 1000 else f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
