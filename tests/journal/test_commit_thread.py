"""The thread of a journal: durable before it answers, in groups, and one row that fails costs no other."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from agentkit import JournalError
from agentkit.journal.commit_thread import CommitThread
from agentkit.journal.open_files import use_journal, use_journal_from_thread

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


LEFT_OPEN = """
import sys
from pathlib import Path
from agentkit.journal.commit_thread import CommitThread
print(CommitThread(Path(sys.argv[1])).read_from_thread(lambda database: "open"))
"""


async def test_it_does_not_keep_the_process_from_exiting(tmp_path: Path) -> None:
    with anyio.fail_after(20):
        done = await anyio.run_process([sys.executable, "-c", LEFT_OPEN, str(tmp_path / "runs.db")], stderr=None)
    assert done.stdout.split() == [b"open"]


def test_event_loops_of_several_threads_share_it(tmp_path: Path) -> None:
    async def write(number: int) -> None:
        async with use_journal(tmp_path / "runs.db") as thread:
            for n in range(20):
                await thread.write(partial(insert, name=f"{number}:{n}"))

    def loop(number: int) -> None:
        anyio.run(write, number, backend=("asyncio", "trio")[number % 2])

    threads = [threading.Thread(target=loop, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with use_journal_from_thread(tmp_path / "runs.db") as thread_of_file:
        assert len(thread_of_file.read_from_thread(names)) == 80


def test_an_export_that_is_collected_as_garbage_anywhere_closes_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"

    def hold() -> Iterator[CommitThread]:
        with use_journal_from_thread(path) as thread:
            yield thread

    held = [hold()]
    thread = next(held[0])
    thread.read_from_thread(lambda database: held.clear())  # in its own thread
    with use_journal_from_thread(path) as other:
        assert other is not thread
        assert other.read_from_thread(names) == set()


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
