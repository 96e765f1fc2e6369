"""A journal that is open: one thread and one connection for everybody in a process, closed after the last."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from agentkit import JournalError
from agentkit.journal.open_files import use_journal, use_journal_from_thread
from tests.journal.scenes import files

pytestmark = pytest.mark.anyio


def threads() -> int:
    return sum(thread.name == "agentkit journal" for thread in threading.enumerate())


async def test_a_file_is_open_once_by_whatever_path(tmp_path: Path) -> None:
    path, link = tmp_path / "runs.db", tmp_path / "link.db"
    link.symlink_to(path)

    def use() -> None:
        with use_journal_from_thread(link) as other:
            assert other is thread
            assert other.read_from_thread(lambda database: database.execute("SELECT 1").fetchone()) == (1,)

    before = threads()
    async with use_journal(path) as thread:
        await anyio.to_thread.run_sync(use)
        async with use_journal(link) as other:
            assert other is thread
        assert threads() == before + 1
    with anyio.fail_after(10):
        while threads() > before:
            await anyio.sleep(0.001)
    assert files(tmp_path) == ["link.db", "runs.db"]


async def test_a_file_that_cannot_be_opened_can_be_later(tmp_path: Path) -> None:
    path = tmp_path / "journals" / "runs.db"
    async with use_journal(path) as thread:
        for _ in range(2):
            with pytest.raises(JournalError, match="create it first"):
                await thread.read(lambda database: None)
    path.parent.mkdir()
    async with use_journal(path) as thread:
        await thread.read(lambda database: None)
