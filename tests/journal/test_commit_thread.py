"""The thread of a journal: durable before it answers, in groups, and one row that fails costs no other."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from agentkit import JournalError
from agentkit.journal.commit_thread import CommitThread
from agentkit.journal.open_files import use_journal

pytestmark = pytest.mark.anyio


def insert(database: sqlite3.Connection, name: str, content: bytes | None = b"") -> str:
    database.execute("INSERT INTO blobs VALUES (?, ?)", (name, content))
    return name


def names(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT sha256 FROM blobs")}


async def test_what_arrives_during_a_commit_is_in_the_next_one(tmp_path: Path) -> None:
    answers: list[str] = []
    failures: list[BaseException] = []

    async def write(thread: CommitThread, name: str, content: bytes | None = b"") -> None:
        try:
            answers.append(await thread.write(partial(insert, name=name, content=content), on_failure=failures.append))
        except JournalError as error:
            answers.append(f"{name}: {'NOT NULL' in str(error)}")

    async with use_journal(tmp_path / "runs.db") as thread:
        await thread.read(names)
        async with anyio.create_task_group() as tasks:
            for n in range(50):
                tasks.start_soon(write, thread, str(n), None if n == 7 else b"")
        expected = {str(n) for n in range(50)} - {"7"}
        assert set(answers) == expected | {"7: True"}
        assert len(failures) == 1
        assert await thread.read(names) == expected
        assert await anyio.to_thread.run_sync(thread.read_from_thread, names) == expected
        frames = (tmp_path / "runs.db-wal").stat().st_size // 4120
    assert frames < 120, "50 commits, of three pages each, would have more"


async def test_what_nobody_waits_for_any_more_is_written_all_the_same(tmp_path: Path) -> None:
    async with use_journal(tmp_path / "runs.db") as thread:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await thread.write(partial(insert, name="a"))
        assert scope.cancelled_caught
    async with use_journal(tmp_path / "runs.db") as thread:
        assert await thread.read(names) == {"a"}


async def test_an_error_that_is_not_of_the_database_passes_as_it_is(tmp_path: Path) -> None:
    def fail(_: sqlite3.Connection) -> None:
        raise KeyError("no such luck")

    async with use_journal(tmp_path / "runs.db") as thread:
        for door in (thread.read, thread.write):
            with pytest.raises(KeyError, match="no such luck"):
                await door(fail)
        with pytest.raises(KeyError, match="no such luck"):
            await anyio.to_thread.run_sync(thread.write_from_thread, fail)
        assert await thread.write(partial(insert, name="a")) == "a"
