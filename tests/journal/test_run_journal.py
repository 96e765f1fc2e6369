"""One opened run: its clock, its records from one execution to the next, and what happens when one is not written."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from agentkit import Journal, JournalError, Step
from agentkit.journal.run_journal import WorkClock
from tests.journal.scenes import call, must_not_run, returning, run

pytestmark = pytest.mark.anyio


def test_a_clock_that_is_set_back_stands_still_for_a_moment() -> None:
    times = iter([100.0, 101.5, 40.0, 41.0, 1e9])
    clock = WorkClock(lambda: next(times), 5.0)
    assert [clock.now() for _ in range(3)] == [6.5, 6.5, 7.5]


async def test_seconds_count_while_a_process_works_and_not_while_the_run_lies(tmp_path: Path) -> None:
    now = [1000.0]
    journal = Journal(tmp_path / "runs.db", clock=lambda: now[0])
    for start in (2000.0, -3000.0):  # long after the first execution, then with a clock set back
        async with journal.open_run("r") as steps:
            before = steps.worked_s
            outer = steps.reserve(call(str(start)))
            below = steps.under(outer)
            assert below.worked_s == 0
            now[0] += 2
            for n in (1, 2):
                slot = below.reserve(Step(f"model:{n}", "model"))
                now[0] += 1
                await below.run(slot, returning({}))
        async with journal.open_run("r") as steps:
            assert steps.worked_s == before + (1 if before == 0 else 4)
            assert steps.under(steps.reserve(call(str(start)))).worked_s == 1
        now[0] = start


@contextmanager
def small_disk(kind: str, folder: Path) -> Iterator[Callable[[], object]]:
    """A folder in which not all fits, a disk of a megabyte or a limit for each file, and a function that changes it."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if kind == "disk" and subprocess.run(mount, capture_output=True, check=False).returncode == 0:  # only root may
        try:
            yield lambda: subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, before[1]))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", ["disk", "limit"])
async def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path: Path, kind: str) -> None:
    with small_disk(kind, tmp_path) as grow:
        journal = Journal(tmp_path / "runs.db")
        async with journal.open_run("r") as steps:
            written = 0

            async def fill() -> None:
                nonlocal written
                while True:
                    await run(steps, call(str(written + 1)), {"text": os.urandom(30_000).hex()})
                    written += 1

            with pytest.raises(JournalError, match="disk"):
                await fill()
            assert 3 < written < 20
            small = steps.reserve(call("small"))
            with pytest.raises(JournalError, match="Run `r` was stopped there, and can be resumed"):
                await steps.run(small, must_not_run)
            with pytest.raises(JournalError, match="was stopped there"):
                await steps.announce(small, {})
        grow()
        assert [one.steps for one in journal.runs()] == [written]
        async with journal.open_run("r") as steps:
            for n in range(1, written + 1):
                assert len((await run(steps, call(str(n))))["text"]) == 60_000
            await run(steps, call("small"), {"n": 1})


DYING = """
import anyio, sys
from agentkit import Journal, Step

async def main():
    async with Journal(sys.argv[1]).open_run("r") as steps, anyio.create_task_group() as tasks:
        async def turns(prefix):
            for n in range(1000):
                slot = steps.reserve(Step(f"tool:{prefix}{n}", "tool", "write", position=1))
                await steps.announce(slot, {"n": n})
                print("announced", slot.name, flush=True)
                async def effect():
                    print("executed", slot.name, flush=True)
                    return {"n": n}
                await steps.run(slot, effect)
                print("recorded", slot.name, flush=True)
        for prefix in "abc":
            tasks.start_soon(turns, prefix)

anyio.run(main, backend=sys.argv[2])
"""


async def test_a_killed_process_has_recorded_what_it_went_on_from(journal: Journal, anyio_backend: str) -> None:
    seen: list[tuple[str, str]] = []
    for kill in (1, 2, 3):
        arguments = [sys.executable, "-c", DYING, str(journal.path), anyio_backend]
        async with await anyio.open_process(arguments, stderr=None) as process:
            assert process.stdout is not None
            text = ""
            with anyio.fail_after(30):
                while text.count("\n") < 40 * kill:
                    text += (await process.stdout.receive()).decode()
            process.send_signal(signal.SIGKILL)
            async for chunk in process.stdout:
                text += chunk.decode()
        seen += [(what, name) for what, _, name in (line.partition(" ") for line in text.splitlines()) if name]
        async with journal.open_run("r") as steps:  # at once: a dead owner is not waited for
            for what, name in seen:
                slot = steps.reserve(Step(name, "tool", "write", position=1))
                assert what != "recorded" or slot.is_recorded
                assert what != "announced" or slot.is_recorded or slot.intent is not None
    executed = [name for what, name in seen if what == "executed"]
    assert len(executed) > 30
    repeated = {name for name in executed if executed.count(name) > 1}
    assert len(repeated) <= 3 * 3, "only what was on its way when the process died runs again"
