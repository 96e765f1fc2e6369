"""Jobs of a journal while another program keeps the file locked: cancelled, they are waited for a short time only."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest

from agentkit import Agent, Journal, JournalError, Outcome, tool
from agentkit.journal import database_jobs
from agentkit.journal.open_files import use_journal
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.journal.test_commit_thread import insert, names

pytestmark = pytest.mark.anyio

GENEROUS_S = 20
"""Seconds after which a cancellation has certainly come through; the lock would be waited for three times as long."""


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_jobs, "CANCEL_GRACE_S", 0.1)
    monkeypatch.setattr(database_jobs, "_LOOK_S", 0.02)


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """The exclusive lock of another program."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield connection
    finally:
        connection.close()


async def test_a_cancelled_write_is_taken_back_while_the_file_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    failures: list[BaseException] = []
    async with use_journal(path) as thread:
        await thread.read(names)
        with locked(path), anyio.fail_after(GENEROUS_S), anyio.CancelScope() as scope:
            scope.cancel()
            with pytest.raises(JournalError, match="keeps it locked, and the run was cancelled meanwhile"):
                await thread.write_unless_locked(partial(insert, name="a"), on_failure=failures.append)
        assert len(failures) == 1
        assert await thread.write_unless_locked(partial(insert, name="b")) == "b"
        assert await thread.read(names) == {"b"}


async def test_a_cancelled_write_ends_if_the_file_is_not_locked_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_jobs, "CANCEL_GRACE_S", GENEROUS_S)
    path = tmp_path / "runs.db"
    async with use_journal(path) as thread, anyio.create_task_group() as tasks:
        await thread.read(names)
        with locked(path) as other, anyio.CancelScope() as scope:

            async def unlock() -> None:
                await anyio.sleep(0.05)
                other.execute("ROLLBACK")

            tasks.start_soon(unlock)
            scope.cancel()
            assert await thread.write_unless_locked(partial(insert, name="a")) == "a"
        assert await thread.read(names) == {"a"}


async def test_a_file_that_is_locked_before_it_is_open_keeps_nobody(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with locked(path), anyio.fail_after(GENEROUS_S):
        with anyio.move_on_after(0.05) as scope:
            await Agent("a", model="claude-haiku-5-5").run("Go", journal=path, run_id="r")
        assert scope.cancelled_caught


@pytest.mark.parametrize("door", ["run", "stream", "asyncio"])
async def test_a_run_that_is_cancelled_while_the_file_is_locked_pauses_and_goes_on_later(
    door: str, tmp_path: Path, anyio_backend_name: str
) -> None:
    paid: list[int] = []

    @tool(effect="write")
    async def pay(amount: int) -> str:
        """Pay."""
        other.execute("BEGIN EXCLUSIVE")
        paid.append(amount)
        return "paid"

    def on(request: JSONObject) -> Reply:
        return Reply.tool("pay", amount=1) if len(request["messages"]) == 1 else Reply.text("Done.")

    agent, path = Agent("a", model="claude-haiku-5-5", tools=[pay]), tmp_path / "runs.db"
    journal = Journal(path)
    other = sqlite3.connect(path, isolation_level=None)
    began = time.monotonic()
    with script(on):
        if door == "stream":
            async with agent.stream("Go", journal=journal, run_id="r") as run, anyio.create_task_group() as tasks:
                tasks.start_soon(cancel_once, paid, run.cancel)
                async for _ in run:
                    pass
            result = run.result
        elif door == "asyncio" and anyio_backend_name == "asyncio":
            task = asyncio.ensure_future(agent.run("Go", journal=journal, run_id="r"))
            await cancel_once(paid, task.cancel)
            (result,) = await asyncio.gather(task)
        else:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(cancel_once, paid, scope.cancel)
                    result = await agent.run("Go", journal=journal, run_id="r")
    assert time.monotonic() - began < GENEROUS_S
    assert result.outcome is Outcome.PAUSED
    assert "another process keeps it locked" in result.reason
    other.close()
    with script(on):
        again = await agent.resume("r", journal=journal)
    assert again.output == "Done."
    assert "Whether the call took effect is not known" in str(again.messages)
    assert paid == [1]


async def cancel_once(paid: list[int], cancel: object) -> None:
    """Cancel a run shortly after it has paid."""
    assert callable(cancel)
    while not paid:
        await anyio.sleep(0.01)
    await anyio.sleep(0.1)
    cancel()
