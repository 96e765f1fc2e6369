"""The cost of a journal: a step beside the bare rows, many runs at once, a resume, and the bytes of longer runs.

    python -m benchmarks.journal [--folder FOLDER] [--steps 500] [--profile]

The bare rows are those of the journal, put one by one by a connection of sqlite3 (WAL, synchronous FULL) in a thread
that answers in the same way; one of each is timed in turn, so that both see the same disk. `--folder` names the disk:
the time of a step is mostly that of one flush, so the share of our own code is largest on a fast one.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

import anyio

from agentkit import Journal, Step
from agentkit.event_loop import EventLoop
from agentkit.messages.message import JSONObject
from agentkit.run.steps import Steps

MOST_OF_BARE = 1.5
RUNS_AT_ONCE = 50
FEWEST_STEPS_PER_S = 2_000
RESUMED_STEPS = 500
MOST_RESUME_S = 0.5
TURNS = (10, 20, 40)
MOST_OF_LINEAR = 1.1
TEXT = "Tea is 4 EUR. " * 150
"""The text of one turn, 2 KB."""

BareRow: TypeAlias = tuple[str, str, str, float | None, str, bytes]


async def reply() -> JSONObject:
    """Return the value of a model call."""
    return {"text": TEXT, "charges": []}


async def run_step(steps: Steps, number: int) -> None:
    """Execute one step."""
    await steps.run(steps.reserve(Step(f"model:{number}", "model")), reply)


# -- a step beside its bare row ---------------------------------------------------------------------------------------


class BareThread:
    """A connection of sqlite3 in a thread, which writes what it is given and answers when it is durable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[tuple[BareRow, EventLoop, anyio.Event] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._thread.start()

    async def put(self, row: BareRow) -> None:
        """Write a row."""
        done = anyio.Event()
        self._jobs.put((row, EventLoop.current(), done))
        await done.wait()

    def close(self) -> None:
        """Close the connection."""
        self._jobs.put(None)
        self._thread.join()

    def _main(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE runs (run_id TEXT PRIMARY KEY, changed_at REAL, records INTEGER)")
        connection.execute("INSERT INTO runs VALUES ('r', 0, 0)")
        connection.execute(
            "CREATE TABLE records (run_id TEXT, name TEXT, phase TEXT, cost REAL, blobs TEXT, body BLOB, "
            "PRIMARY KEY (run_id, name, phase))"
        )
        while (job := self._jobs.get()) is not None:
            row, loop, done = job
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute("UPDATE runs SET changed_at = ?, records = records + 1", (time.time(),))
            connection.execute("COMMIT")
            loop.post(done.set)
        connection.close()


async def time_of(work: Callable[[], Awaitable[None]]) -> float:
    """Return the milliseconds that something takes."""
    started_s = time.perf_counter()
    await work()
    return (time.perf_counter() - started_s) * 1000


async def measure_step(folder: Path, count: int) -> tuple[float, float]:
    """Return the medians of a step of a journal and of its bare row, in milliseconds, timed in turn."""
    journal, bare = Journal(folder / "step.db"), BareThread(folder / "bare.db")
    found: list[tuple[float, float]] = []
    async with journal.open_run("r") as steps:
        await run_step(steps, 0)
        (line,) = journal.export("r")
        body = json.dumps(json.loads(line)).encode()
        for number in range(1, count + 1):
            row = ("r", f"model:{number}", "value", 0.0, "", body)
            works = [partial(run_step, steps, number), partial(bare.put, row)]
            order = (0, 1) if number % 2 else (1, 0)  # neither always finds the disk as the other has left it
            times = {which: await time_of(works[which]) for which in order}
            found.append((times[0], times[1]))
    bare.close()
    journal_ms, bare_ms = zip(*found, strict=True)
    return statistics.median(journal_ms), statistics.median(bare_ms)


# -- many runs, a resume, and bytes -----------------------------------------------------------------------------------


async def measure_runs_at_once(folder: Path, count: int) -> float:
    """Return the steps per second of many runs at once."""
    journal = Journal(folder / "runs.db")

    async def execute(run: int) -> None:
        async with journal.open_run(str(run)) as steps:
            for number in range(1, count + 1):
                await run_step(steps, number)

    started_s = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for run in range(RUNS_AT_ONCE):
            tasks.start_soon(execute, run)
    return RUNS_AT_ONCE * count / (time.perf_counter() - started_s)


async def resume(journal: Journal, count: int) -> None:
    """Execute a run of so many steps; if they are recorded, nothing is."""
    async with journal.open_run("r") as steps:
        for number in range(1, count + 1):
            await run_step(steps, number)


_RESUME = (
    "import anyio, time; from pathlib import Path; from agentkit import Journal; from benchmarks import journal as it\n"
    "started_s = time.perf_counter(); anyio.run(it.resume, Journal({path!r}), {count})\n"
    "print(time.perf_counter() - started_s)"
)


async def measure_resume(folder: Path) -> float:
    """Return the seconds that another process takes to execute a recorded run again, imports aside."""
    path = folder / "resumed.db"
    await resume(Journal(path), RESUMED_STEPS)
    code = _RESUME.format(path=str(path), count=RESUMED_STEPS)
    return float((await anyio.run_process([sys.executable, "-c", code])).stdout)


async def measure_bytes(folder: Path, turns: int) -> int:
    """Return the bytes that a run of so many turns, with a tool call each, adds to a journal."""
    path = folder / f"{turns}.db"
    journal = Journal(path)
    async with journal.open_run("empty"):
        pass
    before = path.stat().st_size
    async with journal.open_run("r") as steps:
        for number in range(1, turns + 1):
            await run_step(steps, number)
            call = steps.reserve(Step(f"tool:toolu_{number:024}", "tool", "write", f"r:toolu_{number:024}", position=1))
            await steps.announce(call, {})
            await steps.run(call, reply_of_tool)
    return path.stat().st_size - before


async def reply_of_tool() -> JSONObject:
    """Return the value of a tool call."""
    return {"content": "4 EUR", "is_error": False}


# -- report -----------------------------------------------------------------------------------------------------------


async def print_table(folder: Path, count: int) -> bool:
    """Measure everything, print a table, and return True if every goal is met."""
    step_ms, bare_ms = await measure_step(folder, count)
    per_s = await measure_runs_at_once(folder, count // 5)
    resume_s = await measure_resume(folder)
    sizes = [await measure_bytes(folder, turns) for turns in TURNS]
    growth = sizes[-1] / sizes[0] / (TURNS[-1] / TURNS[0])
    rows = (
        (
            "a step beside its bare row",
            f"<= {MOST_OF_BARE} x",
            step_ms <= MOST_OF_BARE * bare_ms,
            f"{step_ms / bare_ms:.2f} x: {step_ms:.3f} ms, bare {bare_ms:.3f} ms",
        ),
        (
            f"{RUNS_AT_ONCE} runs at once",
            f">= {FEWEST_STEPS_PER_S:,}/s",
            per_s >= FEWEST_STEPS_PER_S,
            f"{per_s:,.0f} steps/s",
        ),
        (
            f"a resume of {RESUMED_STEPS} steps",
            f"< {MOST_RESUME_S} s",
            resume_s < MOST_RESUME_S,
            f"{resume_s:.3f} s",
        ),
        (
            f"runs of {', '.join(map(str, TURNS))} turns",
            "linear",
            growth <= MOST_OF_LINEAR,
            ", ".join(f"{size / 1000:,.0f} KB" for size in sizes),
        ),
    )
    for what, goal, is_met, figure in rows:
        print(f"{what:30} {goal:14} {'met' if is_met else 'MISSED':7} {figure}")
    return all(is_met for _, _, is_met, _ in rows)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.journal", description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="a folder of the disk that is measured (default: a temporary one)")
    parser.add_argument("--steps", type=int, default=500, help="how often a step is timed")
    parser.add_argument("--profile", action="store_true", help="print the profile of many runs at once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(anyio.run, measure_runs_at_once, Path(folder), given.steps)
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
            return
        is_met = anyio.run(print_table, Path(folder), given.steps)
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
