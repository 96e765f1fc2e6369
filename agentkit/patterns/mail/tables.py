"""The tables of an index of mail in SQLite, and the connections to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from os import PathLike, fspath

from agentkit.errors import ConfigurationError, UsageError

VERSION = 1
"""The version of the tables; an index of another one is refused."""
COLUMNS = ("subject", "sender", "receivers", "copies", "body", "files")
"""The columns of the full text."""
TOKENIZER = "porter unicode61 remove_diacritics 2"
"""The tokenizer of the full text: it knows English words by their stems, and letters without their accents."""
_MARK = 0x6D61696C  # an application id of SQLite: "mail"
_TABLES = f"""
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, thread INTEGER NOT NULL, date INTEGER, size INTEGER NOT NULL,
    has_attachment INTEGER NOT NULL, topic INTEGER, is_answer INTEGER NOT NULL
);
CREATE INDEX messages_of_thread ON messages (thread);
CREATE INDEX messages_of_topic ON messages (topic, date) WHERE topic IS NOT NULL;
CREATE INDEX answers_of_topic ON messages (topic, date) WHERE is_answer;
CREATE TABLE contents (
    id INTEGER PRIMARY KEY, subject TEXT NOT NULL, sender TEXT NOT NULL, receivers TEXT NOT NULL, copies TEXT NOT NULL,
    attachments TEXT NOT NULL, document TEXT, file INTEGER, start INTEGER, text TEXT NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5(
    {", ".join(COLUMNS)}, content = '', tokenize = "{TOKENIZER}"
);
CREATE TABLE references_of_threads (reference INTEGER PRIMARY KEY, thread INTEGER NOT NULL);
CREATE TABLE joined_threads (thread INTEGER PRIMARY KEY, into_thread INTEGER NOT NULL);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, sent INTEGER NOT NULL, received INTEGER NOT NULL,
    first INTEGER, last INTEGER
);
CREATE TABLE names (person INTEGER, name TEXT, count INTEGER NOT NULL, PRIMARY KEY (person, name)) WITHOUT ROWID;
CREATE INDEX people_by_name ON names (name COLLATE NOCASE);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, state TEXT, head BLOB NOT NULL,
    known INTEGER NOT NULL, digest BLOB NOT NULL, passed INTEGER NOT NULL, messages INTEGER NOT NULL, last_key BLOB
);
CREATE INDEX files_by_head ON files (head) WHERE known > 0;
CREATE TABLE unreadable (
    file INTEGER NOT NULL, start INTEGER NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (file, start)
) WITHOUT ROWID;
PRAGMA application_id = {_MARK};
PRAGMA user_version = {VERSION};
"""
_BUSY_S = 60.0
_OF_THE_PROGRAM = ("SQLITE_CONSTRAINT", "SQLITE_ERROR", "SQLITE_MISUSE", "SQLITE_RANGE", "SQLITE_TOOBIG")
"""Codes of SQLite for faults that are not those of the file."""
_ADVICE = {
    "BUSY": "another process has written for a minute",
    "FULL": "make room, and add the mail again: what was added is kept",
    "IOERR": "make room or mend the disk, and add the mail again",
    "READONLY": "it has to be written to",
}
_HASH_BYTES = 16_000_000
"""Number of bytes of index entries that FTS5 collects in memory before it writes them."""


def open_database(path: str | PathLike[str]) -> sqlite3.Connection:
    """Open an index, or make an empty one. Its connections may be used by one thread after another.

    Raises:
        ConfigurationError: The file cannot be opened, is no index of mail, or one of another version.
        UsageError: The SQLite of this Python has no FTS5.
    """
    try:
        database = sqlite3.connect(fspath(path), timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
    except sqlite3.Error as error:
        raise ConfigurationError(f"The index {fspath(path)!r} cannot be opened: {error}.") from None
    try:
        _prepare(database, fspath(path))
    except sqlite3.DatabaseError as error:
        database.close()
        if "fts5" in str(error):
            raise UsageError("The SQLite of this Python has no FTS5, which an index of mail needs.") from None
        raise ConfigurationError(f"The index {fspath(path)!r} cannot be opened: {error}.") from None
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def named_errors(path: str | PathLike[str]) -> Generator[None]:
    """Raise ConfigurationError where the file of an index is damaged, cannot be written, or its disk is full."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
        if name.startswith(_OF_THE_PROGRAM) and "vtable constructor failed" not in str(error):
            raise
        does = _ADVICE.get(name.split("_")[1], "build it anew in another file")
        raise ConfigurationError(f"The index {fspath(path)!r} cannot be used: {error}; {does}.") from None


def _prepare(database: sqlite3.Connection, path: str) -> None:
    database.create_function("folded", 1, str.casefold, deterministic=True)
    for pragma in ("synchronous = NORMAL", "cache_size = -16000", "journal_mode = WAL"):
        database.execute(f"PRAGMA {pragma}").fetchone()
    with transaction(database):
        mark, version, tables = (
            int(database.execute(query).fetchone()[0])
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if not tables:
            for statement in _TABLES.split(";\n"):
                database.execute(statement)
            database.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?)", (_HASH_BYTES,))
            mark, version = _MARK, VERSION
        if (mark, version) != (_MARK, VERSION):
            other = f"one of version {version}, not {VERSION}" if mark == _MARK else "another database"
            raise ConfigurationError(f"The file {path!r} is no index of mail: it is {other}. Name another file.")
        database.execute("CREATE TABLE IF NOT EXISTS cut_messages (id INTEGER PRIMARY KEY)")


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """Write everything within to a database, or nothing where an exception leaves it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
