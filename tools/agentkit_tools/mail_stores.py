"""Recognise the files in which programs keep mail, by name and content, and read their messages.

Apple Mail keeps `Inbox.mbox/mbox` and `1.emlx`, Thunderbird `Inbox`, Maildir `cur/1700000000.M1.host:2,S`, MH `17`:
their names do not say what they hold. A file that is named as text stays text, though it begins as mail does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from agentkit_tools.decoding import encoding_of_start
from agentkit_tools.mbox import StoredMessage, messages_of_mbox

if TYPE_CHECKING:
    from hashlib import _Hash as Digest  # pyright: ignore[reportPrivateUsage]

MailKind: TypeAlias = Literal["mail", "mbox", "emlx"]
"""One message, many one after the other, or one as Apple Mail writes it."""

_BY_SUFFIX: dict[str, MailKind] = {
    ".eml": "mail",
    ".emlx": "emlx",
    ".mbox": "mbox",
    ".mbx": "mbox",
    ".mboxo": "mbox",
    ".mboxrd": "mbox",
    ".mht": "mail",
    ".mhtml": "mail",
}
OTHER_MAIL = {
    ".dbx": "mailboxes of Outlook Express",
    ".msg": "e-mail of Outlook",
    ".nsf": "mailboxes of Notes",
    ".olm": "mailboxes of Outlook",
    ".ost": "mailboxes of Outlook",
    ".pst": "mailboxes of Outlook",
    **dict.fromkeys((".7z", ".bz2", ".gz", ".rar", ".tar", ".tbz2", ".tgz", ".xz", ".zip", ".zst"), "compressed files"),
}
"""Suffix -> the kind of files that hold mail, or may, but cannot be read."""
_COMPRESSED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_MAILDIR_FOLDERS = frozenset({"cur", "new"})
_TEXT_SUFFIX = re.compile(r"\.[a-z][a-z0-9_+-]{0,9}", re.IGNORECASE)
_SEPARATOR = re.compile(rb"From (?:[^\r\n]*[0-9][^\r\n]*)?(?:\r\n|\n|\r)>?(?:From |[!-9;-~]+[ \t]*:)")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[^\r\n]*(?:\r\n|\n|\r)(?:[ \t][^\r\n]*(?:\r\n|\n|\r))*")
_CUT_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[^\r\n]*(?:(?:\r\n|\n|\r)[ \t][^\r\n]*)*\Z")
_MAIL_FIELDS = frozenset(
    b"cc date delivered-to from in-reply-to message-id mime-version received references reply-to return-path "
    b"sender subject to x-mozilla-status".split()
)
_LEAST_FIELDS = 2
"""Number of known headers from which a file without a telling name is mail."""
START_BYTES = 8_192
"""Number of bytes by which a file is recognised."""


def mail_kind(path: PurePath, start: bytes) -> MailKind | None:
    """Return what kind of mail a file holds. None: none.

    Args:
        path: The path of the file; the names of the folders count as well.
        start: Its first `START_BYTES`.
    """
    if path.suffix.lower() in _BY_SUFFIX:
        return _BY_SUFFIX[path.suffix.lower()]
    is_maildir = path.parent.name in _MAILDIR_FOLDERS
    if path.suffix and _TEXT_SUFFIX.fullmatch(path.suffix) and not is_maildir:
        return None
    if encoding_of_start(start) == "utf-8-sig":
        start = start[3:]
    if _SEPARATOR.match(start.lstrip(b"\r\n")):
        return "mbox"
    known = 0
    at = 0
    while field := _FIELD.match(start, at):
        known += field[1].lower() in _MAIL_FIELDS
        at = field.end()
    cut = _CUT_FIELD.match(start, at) if len(start) >= START_BYTES else None
    if cut is not None:
        known += cut[1].lower() in _MAIL_FIELDS
    return "mail" if known >= (1 if is_maildir or cut else _LEAST_FIELDS) else None


def mail_of_others(path: PurePath, start: bytes) -> str | None:
    """Return what a file holds that may be mail, but cannot be read: mailboxes of Outlook, compressed files. Else None.

    Args:
        path: The path of the file.
        start: Its first bytes.
    """
    other = OTHER_MAIL.get(path.suffix.lower())
    return other or ("compressed files" if start.startswith(_COMPRESSED) else None)


def is_in_maildir(file: Path) -> bool:
    """Return True for a file where a Maildir keeps its messages, whatever is in it."""
    return file.parent.name in _MAILDIR_FOLDERS and _is_maildir(file.parent.parent)


def files_of_store(root: Path, failed: Callable[[OSError], object]) -> Iterator[Path]:
    """Yield the files of a folder and its subfolders in the order of their names, without reading any.

    Hidden files are left out, except in the folders of a Maildir, whose names begin with a dot; so are mails that are
    not yet delivered (`tmp`), and links to folders are yielded, not followed.

    Args:
        root: The folder.
        failed: Called where a folder cannot be opened.
    """
    for folder, inner, names in os.walk(root, onerror=failed):
        is_maildir = set(inner) >= _MAILDIR_FOLDERS
        chosen = [name for name in inner if not name.startswith(".") or _is_maildir(Path(folder, name))]
        inner[:] = sorted(name for name in chosen if not (is_maildir and name == "tmp"))
        links = [name for name in inner if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in sorted(links + [name for name in names if not name.startswith(".")]))


def _is_maildir(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in _MAILDIR_FOLDERS)


def messages_of_store(
    file: BinaryIO, kind: MailKind, *, start: int = 0, digest: Digest | None = None
) -> Iterator[StoredMessage]:
    """Yield the messages of a file, one at a time. For `start` and `digest` see `messages_of_mbox`."""
    if kind == "mbox":
        yield from messages_of_mbox(file, start=start, digest=digest)
        return
    data = file.read()
    before = digest.digest() if digest else b""
    yield StoredMessage(0, _message_of_emlx(data) if kind == "emlx" else data, before)


def _message_of_emlx(data: bytes) -> bytes:
    """Return the message in a file of Apple Mail: its length on the first line, itself, a list of properties."""
    first, _, rest = data.partition(b"\n")
    return rest[: int(first)] if first.strip().isdigit() and len(first) < 20 else data
