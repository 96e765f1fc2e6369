"""The SQLite database of a journal: how it is opened, checked and created, and what its errors mean.

Two rules for this file: a file that is no journal is never written to; and every error of SQLite becomes one sentence
that says what is wrong with which file and what to do.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from agentkit.errors import JournalError

APPLICATION_ID = 0x616B6A6C  # "akjl"
"""Marks the file as a journal, for SQLite and for `file`."""
FORMAT = 1
"""The version of the tables; increased when earlier versions of this package cannot read them."""
BUSY_TIMEOUT_S = 60.0
"""Seconds to wait for other processes that write to the same file."""
_ATTEMPT_S = 0.1
"""Seconds that SQLite waits by itself for another process; then it is looked whether anybody still waits for this."""
MAX_CHECKED_BYTES = 64_000_000
"""Bytes of a file that is checked whole when a process opens it first. Of a larger one each record is, when read."""

_TABLES = (
    """CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, created_at REAL NOT NULL, changed_at REAL NOT NULL, records INTEGER NOT NULL)""",
    """CREATE TABLE records (
        run_id TEXT NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL, cost_usd REAL, blobs TEXT NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (run_id, name, phase))""",
    "CREATE TABLE addresses (run_id TEXT PRIMARY KEY, address TEXT NOT NULL)",
    "CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL)",
)
_known: dict[tuple[int, int], tuple[int, int]] = {}
"""By device and inode the files that this process has checked, with size and time of the last change that it knows."""


def open_database(path: Path, is_wanted: Callable[[], bool] = lambda: True) -> sqlite3.Connection:
    """Open the database of a journal; create it if there is none. Raises JournalError with the reason.

    Args:
        path: The file.
        is_wanted: Returns False as soon as nobody waits any more, for another process to unlock it either.
    """
    connection: sqlite3.Connection | None = None
    try:
        _create_file(path)
        connection = sqlite3.connect(path, timeout=_ATTEMPT_S, isolation_level=None, check_same_thread=False)
        connection.text_factory = _decode
        retry_while_locked(partial(_prepare, connection, path), is_wanted)
    except (sqlite3.Error, OSError) as error:
        _close(connection)
        raise journal_error(error, path) from error
    except BaseException:
        _close(connection)
        raise
    return connection


def is_locked(error: BaseException) -> bool:
    """Return True for the error of SQLite that another process keeps the file locked."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def retry_while_locked(attempt: Callable[[], None], is_wanted: Callable[[], bool]) -> None:
    """Call a function of the database until no other process keeps it locked, as long as somebody waits for it.

    Args:
        attempt: The function, which can be called again after an error of SQLite.
        is_wanted: Returns False as soon as nobody waits any more.
    """
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > until or not is_wanted():
                raise
            time.sleep(0.005)  # where SQLite does not wait, as in front of WAL mode


def journal_error(error: Exception, path: Path) -> JournalError:
    """Return the error that says what an error of SQLite, or of the file system, means for a journal."""
    name: str = getattr(error, "sqlite_errorname", "")
    if isinstance(error, OSError):
        reason = _os_reason(error, path)
    elif name.startswith("SQLITE_FULL"):
        reason = "the disk is full: free some space, then resume the run"
    elif name.startswith("SQLITE_NOTADB"):
        reason = "it is no SQLite file, so no journal: give another path"
    elif name.startswith("SQLITE_CORRUPT") or "decode" in str(error):
        reason = "the file is damaged: restore it from a backup, or give another path"
    elif name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_AUTH")):
        reason = "it cannot be written: give this process the right to write the file and its folder"
    elif name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        reason = f"another process has kept it locked for {BUSY_TIMEOUT_S:.0f} seconds: end it, then resume the run"
    elif name.startswith("SQLITE_IOERR"):
        reason = "the disk does not write or read: look at it (space, quota, cable), then resume the run"
    else:
        reason = "SQLite refuses"
    return JournalError(f"The journal `{path}` cannot be used: {reason} ({error}).")


def _os_reason(error: OSError, path: Path) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return f"there is no folder `{path.parent}`: create it first"
        case IsADirectoryError():
            return "it is a folder: give the path of a file in it"
        case PermissionError():
            return "it cannot be written: give this process the right to write the file and its folder"
        case _:
            return "the file system refuses"


def _create_file(path: Path) -> None:
    """Create an empty file that only its owner reads: a journal holds exactly what was sent."""
    if path.is_dir():
        raise IsADirectoryError(str(path))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        with path.open("rb+"):  # as SQLite would do, but it falls back to reading alone
            pass


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection, "BEGIN"):
        _check_kind(connection, path)
    connection.execute("PRAGMA auto_vacuum = FULL")  # of a new file: what is deleted gives its space back
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA secure_delete = ON")  # nothing that was sent is left of a run that was deleted
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 16000000")
    with transaction(connection, "BEGIN IMMEDIATE"):  # of several processes that create it one comes first
        if not _check_kind(connection, path):
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
    _check_content(connection, path)


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Generator[None]:
    """Commit what the block does, or take it back if it fails.

    Args:
        connection: The database.
        begin: The statement that begins it: `BEGIN`, or `BEGIN IMMEDIATE` in order to write.
    """
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have ended it already
            connection.execute("ROLLBACK")
        raise


def _check_kind(connection: sqlite3.Connection, path: Path) -> bool:
    """Return True for a journal, False for an empty file. Raises JournalError for anything else."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id == APPLICATION_ID:
        if version > FORMAT:
            raise JournalError(
                f"The journal `{path}` was written by a newer version of agentkit (format {version}; this one reads "
                f"{FORMAT}): install that version, or give another path."
            )
        return True
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id or tables:
        raise JournalError(f"`{path}` is a SQLite file of another program, no journal: give another path.")
    return False


def _check_content(connection: sqlite3.Connection, path: Path) -> None:
    """Check the whole file, unless nobody else has changed it since this process closed it."""
    facts = path.stat()
    if facts.st_size > MAX_CHECKED_BYTES or _known.get(_file_key(facts)) == (facts.st_size, facts.st_mtime_ns):
        return
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise JournalError(
            f"The journal `{path}` is damaged: {answer}. Restore it from a backup, or give another path; `sqlite3 "
            f"{path.name} .recover` reads what is left."
        )


def close_database(connection: sqlite3.Connection, path: Path) -> None:
    """Close the database of a journal, and remember what its file is like."""
    connection.close()
    with suppress(OSError):  # somebody has removed it
        facts = path.stat()
        _known[_file_key(facts)] = facts.st_size, facts.st_mtime_ns


def _file_key(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino


def _decode(text: bytes) -> str:
    return text.decode(errors="replace")  # what does not fit then is found out, by the name of a record or its hash


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
