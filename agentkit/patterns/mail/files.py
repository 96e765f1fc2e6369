"""Add files of mail to the index: only what is new of a file that was moved, has grown, or was left half-read.

A file is known up to the beginning of its last message, by the digest of the bytes before that. The last message is
read again: it may have been incomplete.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from agentkit.patterns.mail.add_report import AddReport
from agentkit.patterns.mail.parsed_message import parse_message
from agentkit.patterns.mail.tables import transaction
from agentkit.patterns.mail.writing import FilePoint, MailWriter, Place
from agentkit_tools.documents import error_reason, regular_file
from agentkit_tools.file_reading import MOST_BINARY_BYTES
from agentkit_tools.html_text import MISSING_HTML_EXTRA, is_html_extra_installed
from agentkit_tools.mail_identity import content_key
from agentkit_tools.mail_stores import (
    START_BYTES,
    MailKind,
    files_of_store,
    is_in_maildir,
    mail_kind,
    mail_of_others,
    messages_of_store,
)
from agentkit_tools.unreadable import NotReadable

if TYPE_CHECKING:
    from hashlib import _Hash as Digest  # pyright: ignore[reportPrivateUsage]

_SLICE_S = 0.1
"""Time after which a step pauses, so that an event loop can cancel it."""
_BLOCK_BYTES = 1_000_000
_EMPTY = hashlib.sha256().digest()
_EVERYWHERE = 2**62
_WHOLE_FILE = -1
"""The place under which it is recorded that a file cannot be opened."""
_ROW = "id, path, state, known, digest, passed, messages, last_key"
_COPY_UNREADABLE = (
    "INSERT OR REPLACE INTO unreadable SELECT ?, start, place, reason FROM unreadable WHERE file = ? AND start < ?"
)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A row of the table `files`."""

    id: int
    path: str | bytes
    """Bytes where they are not UTF-8."""
    state: str | None
    """Size, times and number of the file when all of it was read. None: it has not been."""
    known: int
    """The byte at which the last message begins; those before are in the index."""
    digest: bytes
    """The digest of the bytes before that."""
    passed: int
    """Number of messages before it."""
    messages: int
    """Number of all messages."""
    last_key: bytes | None
    """The digest of the last message. None: it could not be read."""


class FileIndexer:
    """Adds files to an index.

    Args:
        writer: Writes the messages.
        report: The report that is counted in.
    """

    def __init__(self, writer: MailWriter, report: AddReport) -> None:
        self._writer, self._report = writer, report
        self._database = writer.database
        self._paused_at = time.monotonic()

    def add_path(self, path: Path) -> Generator[None]:
        """Add a file, or all files of a folder; pauses at every step."""
        path = path.expanduser()
        if not path.is_dir():
            yield from self._add_named(path, Path(os.path.realpath(path)).parent, "mail")
            return
        failed: list[OSError] = []
        for file in files_of_store(path, failed.append):
            yield from self._add_named(file, path)
        for error in failed:
            self._add_unreadable_file(stored_path(Path(error.filename)), error_reason(error))

    def _add_named(self, file: Path, root: Path, otherwise: MailKind | None = None) -> Iterator[None]:
        name = stored_path(file)
        try:
            yield from self._add_file(file, regular_file(file, root), name, otherwise)
        except NotReadable as error:
            self._add_unreadable_file(name, str(error))
        except OSError as error:
            self._add_unreadable_file(name, error_reason(error))

    def _add_file(self, file: Path, target: Path, name: str | bytes, otherwise: MailKind | None) -> Iterator[None]:
        """Add a file of mail. `otherwise`: its kind if neither its name nor its beginning says one."""
        with target.open("rb") as opened:
            state = _state_of(opened)
            row = self._row(name)
            if row is not None and row.state == state and not self._lacked_extra(row):
                self._count_known(row, row.messages, _EVERYWHERE)
                return
            start = opened.read(START_BYTES)
            if other := mail_of_others(file, start):
                raise NotReadable(f"{other} cannot be read")
            kind = kind_of_mail(file, start) or otherwise or ("mail" if is_in_maildir(file) else None)
            if kind is None:
                self._add_other_file(name)
                return
            if kind != "mbox" and os.fstat(opened.fileno()).st_size > MOST_BINARY_BYTES:
                raise NotReadable(f"a message of more than {MOST_BINARY_BYTES // 1_000_000} MB")
            known, digest = self._find_known(opened, name, hashlib.sha256(start).digest())
            self._count_known(known, known.passed, known.known)
            for point in self._add_messages(opened, kind, name, known, digest):
                self._writer.set_point(known.id, point)
                if self._writer.is_full:
                    self._writer.write()
                if time.monotonic() - self._paused_at > _SLICE_S:
                    yield
                    self._paused_at = time.monotonic()
            self._writer.set_state(known.id, state)

    def _add_messages(
        self, opened: BinaryIO, kind: MailKind, name: str | bytes, known: KnownFile, digest: Digest
    ) -> Iterator[FilePoint]:
        """Add the messages of a file from where it is known, and yield up to where it is known after each."""
        number = known.passed
        point = FilePoint(known.known, known.digest, known.passed, known.passed, known.last_key)
        for stored in messages_of_store(opened, kind, start=known.known, digest=digest):
            number += 1
            part = f"/{number}" if kind == "mbox" else ""
            replaced = known.last_key if stored.start == known.known else None
            key = self._add_message(stored.data, Place(known.id, stored.start), (shown_path(name), part), replaced)
            if stored.data is not None:
                point = FilePoint(stored.start, stored.before, number - 1, number, key)
            yield point._replace(messages=number)
        if not number:
            raise NotReadable("no mbox file, or one without messages")

    def _add_message(
        self, data: bytes | None, place: Place, name: tuple[str, str], replaced: bytes | None
    ) -> bytes | None:
        """Add a message, and return its key. None: it cannot be read."""
        self._report.read += 1
        try:
            if data is None:
                raise NotReadable("a message that is too big")
            key = content_key(data)
            if self._writer.is_known(key):
                self._writer.move(key, place)
            else:
                self._writer.add(parse_message(data, key), place, replaced)
        except NotReadable as error:
            self._report.add_gap("".join(name), str(error))
            self._writer.add_unreadable(place, name[1], str(error))
            return None
        return key

    def _find_known(self, opened: BinaryIO, name: str | bytes, head: bytes) -> tuple[KnownFile, Digest]:
        """Return the row of a file with up to where its beginning is in the index, and the digest up to there.

        It may be there under another path: it was moved, or copied.
        """
        own = self._row(name)
        rows = self._database.execute(f"SELECT {_ROW} FROM files WHERE head = ? AND known > 0", (head,))  # noqa: S608
        others = [KnownFile(*row) for row in rows]
        known = [row for row in ([*others, own] if own else others) if not self._lacked_extra(row)]
        best, digest = _longest_beginning(opened, known)
        if best is not None and best.path != name and not os.path.lexists(best.path):
            with transaction(self._database):
                given_up = "FROM files WHERE path = ? AND id <> ?"
                self._database.execute(f"DELETE FROM unreadable WHERE file IN (SELECT id {given_up})", (name, best.id))  # noqa: S608
                self._database.execute(f"DELETE {given_up}", (name, best.id))
                self._database.execute("UPDATE files SET path = ?, state = NULL WHERE id = ?", (name, best.id))
            return best, digest
        id = own.id if own else self._insert(name, head)  # noqa: A001 - that of a row
        beginning = best or KnownFile(id, name, None, 0, _EMPTY, 0, 0, None)
        self._database.execute("UPDATE files SET head = ?, state = NULL WHERE id = ?", (head, id))
        self._database.execute(
            "DELETE FROM unreadable WHERE file = ? AND (start >= ? OR start = ?)", (id, beginning.known, _WHOLE_FILE)
        )
        if beginning.id != id:
            self._database.execute(_COPY_UNREADABLE, (id, beginning.id, beginning.known))
            beginning = dataclasses.replace(beginning, id=id, last_key=None)
        return beginning, digest

    def _lacked_extra(self, row: KnownFile) -> bool:
        """Return True if messages of a file could not be read for want of a package that is there now."""
        return is_html_extra_installed() and bool(
            self._database.execute(
                "SELECT 1 FROM unreadable WHERE file = ? AND reason = ? LIMIT 1", (row.id, MISSING_HTML_EXTRA)
            ).fetchone()
        )

    def _row(self, name: str | bytes) -> KnownFile | None:
        row = self._database.execute(f"SELECT {_ROW} FROM files WHERE path = ?", (name,)).fetchone()  # noqa: S608
        return KnownFile(*row) if row else None

    def _insert(self, name: str | bytes, head: bytes) -> int:
        self._database.execute(  # another process may have inserted it
            "INSERT OR IGNORE INTO files (path, head, known, digest, passed, messages) VALUES (?, ?, 0, ?, 0, 0)",
            (name, head, _EMPTY),
        )
        return int(self._database.execute("SELECT id FROM files WHERE path = ?", (name,)).fetchone()[0])

    def _count_known(self, row: KnownFile, messages: int, end: int) -> None:
        """Count the messages of a file that are not read again, and name those that could not be read."""
        self._report.read += messages
        unread = self._database.execute(
            "SELECT place, reason FROM unreadable WHERE file = ? AND start < ? ORDER BY start", (row.id, end)
        )
        for place, reason in unread:
            self._report.add_gap(f"{shown_path(row.path)}{place}", reason)

    def _add_unreadable_file(self, name: str | bytes, reason: str) -> None:
        self._report.add_gap(shown_path(name), reason)
        row = self._row(name)
        file = row.id if row else self._insert(name, b"")
        self._database.execute("UPDATE files SET state = NULL WHERE id = ? AND state IS NOT NULL", (file,))
        self._writer.add_unreadable(Place(file, _WHOLE_FILE), "", reason)

    def _add_other_file(self, name: str | bytes) -> None:
        """Count a file that holds no mail, and forget that one of its name could not be read."""
        self._report.other_files += 1
        if (row := self._row(name)) is not None:
            self._database.execute("DELETE FROM unreadable WHERE file = ?", (row.id,))
            self._database.execute("UPDATE files SET state = '' WHERE id = ?", (row.id,))


def stored_path(file: Path) -> str | bytes:
    """Return a path as the index keeps it: bytes where they are not UTF-8."""
    name = os.fsencode(file.absolute())
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name


def shown_path(path: str | bytes) -> str:
    """Return a path of the index as text."""
    return path if isinstance(path, str) else path.decode(errors="replace")


def kind_of_mail(file: Path, start: bytes) -> MailKind | None:
    """Return the kind of a file by its name or, whatever its name is, by its beginning. None: it holds no mail."""
    return mail_kind(file, start) or mail_kind(PurePath(), start)


def _longest_beginning(opened: BinaryIO, candidates: list[KnownFile]) -> tuple[KnownFile | None, Digest]:
    """Return the row of which the known bytes are the beginning of a file, the most of them, and their digest.

    Of several, the last one is returned.
    """
    best, digest = None, hashlib.sha256()
    size = os.fstat(opened.fileno()).st_size
    opened.seek(0)
    reached, hashed = 0, hashlib.sha256()
    for candidate in sorted(candidates, key=lambda each: each.known):
        if candidate.known > size:
            break
        while reached < candidate.known:
            block = opened.read(min(_BLOCK_BYTES, candidate.known - reached))
            if not block:
                return best, digest
            hashed.update(block)
            reached += len(block)
        if hashed.digest() == candidate.digest:
            best, digest = candidate, hashed.copy()
    return best, digest


def _state_of(opened: BinaryIO) -> str:
    found = os.fstat(opened.fileno())
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"
