"""The journal as programs use it: many runs in one file, listed, deleted and pruned."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio
import pytest

from agentkit import Journal, JournalError, RunInProgress, Step, UsageError
from agentkit.journal.journal import as_journal
from tests.journal.scenes import files, play, run

pytestmark = pytest.mark.anyio


async def test_many_runs_at_once_keep_apart(journal: Journal) -> None:
    async def execute(n: int) -> None:
        async with Journal(journal.path).open_run(f"r{n}") as steps:
            await play(steps)

    for _ in range(2):  # the second time everything is there
        async with anyio.create_task_group() as tasks:
            for n in range(50):
                tasks.start_soon(execute, n)
    found = journal.runs()
    assert {one.run_id for one in found} == {f"r{n}" for n in range(50)}
    assert {(one.agent, one.status, one.steps, one.cost_usd) for one in found} == {("reader", "completed", 9, 0.0)}
    assert files(journal.path.parent) == ["runs.db"]


async def test_the_state_of_a_run_is_that_of_its_owner_or_its_end(journal: Journal) -> None:
    assert journal.runs() == []
    assert not journal.path.exists()
    async with journal.open_run("r") as steps:
        assert journal.runs() == []  # nothing is recorded yet
        await run(steps, Step("input", "input"), {"agent": "reader"})
        assert [(one.run_id, one.agent, one.status) for one in journal.runs()] == [("r", "reader", "running")]
    assert [one.status for one in journal.runs()] == ["interrupted"]
    async with journal.open_run("r") as steps:
        await run(steps, Step("end", "end"), {"outcome": "refused"})
    assert [one.status for one in journal.runs()] == ["refused"]


OWNING = """
import anyio, sys
from agentkit import Journal, RunInProgress

async def main():
    journal = Journal(sys.argv[1])
    try:
        async with journal.open_run("r"):
            print("owns", flush=True)
            await anyio.sleep(20)
    except RunInProgress as error:
        print(error, flush=True)

anyio.run(main)
"""


async def test_of_two_processes_one_has_a_run(journal: Journal) -> None:
    command = [sys.executable, "-c", OWNING, str(journal.path)]
    async with journal.open_run("r"):
        done = await anyio.run_process(command)
        assert f"being executed by process {os.getpid()} on" in done.stdout.decode()
    async with await anyio.open_process(command) as owner:
        assert owner.stdout is not None
        assert (await owner.stdout.receive()).startswith(b"owns")
        with pytest.raises(RunInProgress, match=f"process {owner.pid} on"):
            async with journal.open_run("r"):
                pass
        async with journal.open_run("other") as steps:  # other runs of the same file go on
            await play(steps)
        owner.kill()
        await owner.wait()
        async with journal.open_run("r") as steps:
            await play(steps)


async def test_what_is_deleted_gives_its_space_back(journal: Journal) -> None:
    for n in range(3):
        async with journal.open_run(f"r{n}") as steps:
            await run(steps, Step("model:1", "model"), {"text": "x" * 200_000, "more": "y" * 300_000})
            await run(steps, Step("end", "end"), {"outcome": "completed"})
    assert journal.path.stat().st_size > 900_000
    assert journal.prune() == ["r0", "r1", "r2"]
    assert journal.path.stat().st_size < 50_000


async def test_ended_runs_are_pruned_and_any_can_be_deleted(journal: Journal) -> None:
    for run_id in ("a", "b", "c"):
        async with journal.open_run(run_id) as steps:
            await play(steps)
    async with journal.open_run("open") as steps:
        await run(steps, Step("input", "input"), {"agent": "reader"})
        with pytest.raises(RunInProgress):
            journal.delete("open")
        assert journal.prune(older_than_s=3600) == []
        assert journal.prune(run_ids=["a", "open", "missing"]) == ["a"]
        async with journal.open_run("b"):  # somebody reads its result
            assert journal.prune() == ["c"]
        assert journal.prune(older_than_s=0) == ["b"]
    journal.delete("open")
    assert journal.runs() == []
    assert b"Tea is" not in journal.path.read_bytes()
    for delete in (journal.delete, lambda run_id: [*journal.export(run_id)]):
        with pytest.raises(UsageError, match="no run `a`"):
            delete("a")
    assert Journal(journal.path.with_name("missing.db")).prune() == []
    with pytest.raises(UsageError, match=r"no run `a`, and no journal `.*missing.db`"):
        Journal(journal.path.with_name("missing.db")).delete("a")


async def test_an_error_of_the_file_comes_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_text("Dear diary, " * 100)
    journal = Journal(tmp_path / "runs.db")
    with pytest.raises(JournalError, match="no SQLite file"):
        async with journal.open_run("r"):
            pass
    for look in (journal.runs, lambda: [*journal.export("r")], lambda: journal.import_lines([], "r")):
        with pytest.raises(JournalError, match="no SQLite file"):
            look()
    assert files(tmp_path) == ["runs.db"]


async def test_what_is_no_path_or_no_run_id_is_refused(journal: Journal, tmp_path: Path) -> None:
    assert as_journal(journal) is journal
    assert [as_journal(path).path for path in (str(journal.path), journal.path)] == [journal.path] * 2
    assert repr(journal) == f"Journal({str(journal.path)!r})"
    for wrong, reason in ((3, "not int"), ("", "leave it out"), (":memory:", "only in memory")):
        with pytest.raises(UsageError, match=reason):
            as_journal(wrong)  # type: ignore[arg-type]
    for run_id in ("", "\ud800", 3):
        with pytest.raises(UsageError, match="A run id is a text"):
            async with journal.open_run(run_id):  # type: ignore[arg-type]
                pass
