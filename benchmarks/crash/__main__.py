"""Kill runs and resume them: `python -m benchmarks.crash [--kills 60] [--at-once 3] [--seed SEED] [--bare]`.

Each run has three levels of agents, calls at the same time, a compaction and a budget. Its process is killed (SIGKILL)
at a random moment or at a named point; the next one, with another seed of hashes, has nothing but the journal. Exit
code 1 if a run does not end as it should, if anything that is recorded was done again, if an effect took place twice,
or if more was spent than the run has counted, or its budget allows.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import anyio

from benchmarks.crash.checks import Figures, problems_of
from benchmarks.crash.effects import Effects
from benchmarks.crash.model import ModelOfRun
from benchmarks.crash.play import Moment, PlayedRun, Stage
from benchmarks.crash.points import POINTS
from benchmarks.crash.processes import WorkerFailed, open_workers

_KILLS_OF_A_RUN = 4
_REQUESTS = 23
"""The requests of a run that nobody disturbs."""
_LOST_REQUESTS = 4
"""The most requests that are under way when a process is killed."""
_FEW_REQUESTS = 14
_FEW_EVERY = 4
"""Of so many runs one has a budget that does not suffice."""


class Table:
    """What was played, and what was wrong with it."""

    def __init__(self) -> None:
        self.runs: list[PlayedRun] = []
        self.figures: list[Figures] = []
        self.kills: Counter[str] = Counter()
        """The kills by moment."""
        self.problems: list[str] = []

    def add(self, run: PlayedRun, effects: Effects) -> None:
        """Add a run that has come to its end."""
        self.runs.append(run)
        self.figures.append(Figures.of(run, effects))
        for launch in run.launches:
            if launch.was_killed and launch.moment is not None:
                self.kills[launch.moment.point or "at a random moment"] += 1
        self.problems += [f"{run.run_id}: {problem}" for problem in problems_of(run, effects)]

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table."""
        yield f"{'killed':<58}{'times':>6}"
        for moment, count in sorted(self.kills.items()):
            yield f"{moment:<58}{count:>6}"
        sums = Figures(*map(sum, zip(*map(astuple, self.figures), strict=True)))
        yield f"{'in all':<58}{self.kills.total():>6}"
        yield ""
        yield f"{len(self.runs)} runs, {sum(len(run.launches) for run in self.runs)} processes"
        for field in fields(sums):
            value = getattr(sums, field.name)
            yield f"  {field.name:<20}{value:>10.4f}" if isinstance(value, float) else f"  {field.name:<20}{value:>10}"
        yield from (f"WRONG: {problem}" for problem in self.problems)


def plan(kills: int, done: Mapping[str, int]) -> list[list[Moment]]:
    """Return the moments of the kills, run by run: the points in turn, and as many random moments.

    Args:
        kills: The number of kills.
        done: How often a process was killed at each point so far; those with the fewest come first.
    """
    points = sorted(random.sample([*POINTS], len(POINTS)), key=lambda point: done.get(point, 0))
    moments: list[Moment] = []
    while len(moments) < kills:
        point = points[len(moments) // 2 % len(points)]
        moments.append(Moment(point, random.randint(1, POINTS[point])))
        moments.append(Moment(count=random.randint(1, 8)))
    del moments[kills:]
    return [sorted(moments[place : place + _KILLS_OF_A_RUN], key=_when) for place in range(0, kills, _KILLS_OF_A_RUN)]


def _when(moment: Moment) -> float:
    """Return a number that sorts the moments of a run: what comes at its beginning first, its end last."""
    return [*POINTS].index(moment.point) if moment.point else random.uniform(0, len(POINTS))


def new_run(number: int, kills: int) -> PlayedRun:
    """Return a run that is to be played."""
    is_short = number % _FEW_EVERY == 0
    requests = _FEW_REQUESTS if is_short else _REQUESTS + kills * _LOST_REQUESTS
    budget = {"max_cost_usd": 2.0, "max_requests": requests}
    return PlayedRun(f"order-{number}", budget, ModelOfRun(server_compacts=number % 2 == 0), is_short)


async def play_all(kills: int, at_once: int, folder: Path, is_bare: bool) -> Table:
    """Play runs until so many processes were killed.

    Args:
        kills: The number of processes.
        at_once: The number of runs at once.
        folder: The folder of the journal and of the effects.
        is_bare: True: the processes do without the SDK, so that they start sooner.
    """
    table, effects = Table(), Effects(folder / "effects.db")
    effects.create()
    numbers = iter(range(1, sys.maxsize))
    limiter = anyio.Semaphore(at_once)

    async def play(moments: Sequence[Moment], stage: Stage) -> None:
        async with limiter:
            run = new_run(next(numbers), len(moments))
            try:
                await run.play(stage, moments)
            except WorkerFailed as error:
                table.problems.append(f"{run.run_id}: {error}")
            else:
                table.add(run, effects)

    async with open_workers(1, is_bare=is_bare) as workers:
        stage = Stage(workers, folder / "runs.db", effects)
        while (left := kills - table.kills.total()) > 0 and not table.problems:
            async with anyio.create_task_group() as tasks:
                for moments in plan(left, table.kills):
                    tasks.start_soon(play, moments, stage)
    return table


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=60, help="the number of processes that are killed")
    parser.add_argument("--at-once", type=int, default=3, help="the number of runs at once")
    parser.add_argument("--seed", type=int, help="the seed of the moments")
    parser.add_argument("--folder", type=Path, help="a new folder for journal and effects, which are kept then")
    parser.add_argument("--bare", action="store_true", help="do without the SDK: processes start sooner")
    given = parser.parse_args()
    seed = random.randrange(10**6) if given.seed is None else given.seed
    random.seed(seed)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = given.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        table = anyio.run(play_all, given.kills, given.at_once, folder, given.bare)
    print(*table.lines(), f"seed {seed}, {time.monotonic() - started_s:.0f} s", sep="\n")
    return 1 if table.problems else 0


if __name__ == "__main__":
    sys.exit(main())
