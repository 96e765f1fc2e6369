"""The file of a journal: created for its owner alone, checked when it is opened, and refused with a reason."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agentkit import JournalError
from agentkit.journal.sqlite import FORMAT, close_database, open_database


def test_a_new_file_is_read_by_its_owner_alone_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    before = os.umask(0)
    try:
        database = open_database(path)
        database.execute("INSERT INTO blobs VALUES ('0', x'00')")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["runs.db", "runs.db-wal", "runs.db-shm"], 0o600)
    facts = [
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "user_version")
    ]
    assert facts == ["wal", 2, FORMAT]
    close_database(database, path)
    with closing(open_database(path)) as again:
        assert again.execute("SELECT count(*) FROM blobs").fetchone() == (1,)


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")


def newer_version(path: Path) -> None:
    open_database(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {FORMAT + 1}")


def truncated(path: Path) -> None:
    with closing(open_database(path)) as database:
        database.executemany("INSERT INTO blobs VALUES (?, ?)", [(str(n), b"x" * 3000) for n in range(20)])
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size // 8192 * 4096)


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a text": (lambda path: path.write_text("Dear diary, " * 100), "no SQLite file, so no journal"),
    "another program's file": (other_program, "SQLite file of another program"),
    "a newer version's": (newer_version, "newer version of agentkit"),
    "a truncated one": (truncated, "damaged"),
    "a folder": (lambda path: path.mkdir(), "it is a folder"),
    "none, in no folder": (lambda path: path.parent.rmdir(), "no folder `.*journals`: create it first"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_journal_is_refused_and_not_changed(tmp_path: Path, what: str) -> None:
    make, reason = REFUSED[what]
    path = tmp_path / "journals" / "runs.db"
    path.parent.mkdir()
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(JournalError, match=f"runs.db.*{reason}"):
        open_database(path)
    assert (path.read_bytes() if path.is_file() else None) == before


READ_ONLY = """
import os, sys
from pathlib import Path
from agentkit import JournalError
from agentkit.journal.sqlite import open_database
path = Path(sys.argv[1])
open_database(path).close()
path.chmod(0o400)
path.parent.chmod(0o500)
if os.geteuid() == 0:
    os.chown(path, 65534, -1)
    os.chown(path.parent, 65534, -1)
    path.parent.parent.chmod(0o711)
    os.seteuid(65534)
for one in (path, path.with_name("new.db")):
    try:
        open_database(one)
    except JournalError as error:
        print(error)
"""


def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journals").mkdir()
    for folder in (tmp_path, tmp_path.parent):  # for the user without rights that root becomes
        folder.chmod(0o711)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, tmp_path / "journals" / "runs.db"], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert all("cannot be written: give this process the right" in line for line in lines)


def test_a_file_that_was_changed_by_somebody_else_is_checked_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    close_database(open_database(path), path)
    truncated(path)
    with pytest.raises(JournalError, match="damaged"):
        open_database(path)


def test_several_can_create_it_at_the_same_time(tmp_path: Path) -> None:
    path, problems = tmp_path / "runs.db", list[BaseException]()

    def create() -> None:
        try:
            open_database(path).close()
        except BaseException as error:  # noqa: BLE001 - the test reports it
            problems.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
