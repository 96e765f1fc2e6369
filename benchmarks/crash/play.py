"""Play one run: executed by one process after another, each killed at its moment, until one comes to the end."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from agentkit import Journal
from benchmarks.crash.effects import Effects
from benchmarks.crash.model import ModelOfRun
from benchmarks.crash.points import IN_RECONCILE
from benchmarks.crash.processes import close_worker

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream

    from agentkit.messages.message import JSONObject
    from benchmarks.crash.processes import Worker

_MOST_DELAY_S = 0.06


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment at which a process is killed: when it comes to a point, or some time after a request has come."""

    point: str = ""
    """Empty: there is none."""
    count: int = 1
    """How often it comes by, or how many requests come, before that; this time included."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One process that has executed the run."""

    number: int
    hash_seed: str
    moment: Moment | None
    """When it was to be killed. None: never."""
    was_killed: bool
    """False: it has come to the end."""
    recorded: frozenset[str]
    """The idempotency keys of the calls whose result was recorded before."""
    announced: frozenset[str]
    """Those of the calls that were announced, and had no result."""


@dataclass(frozen=True, slots=True)
class Stage:
    """All that runs share: the processes, and the files."""

    workers: MemoryObjectReceiveStream[Worker]
    journal: Path
    effects: Effects


@dataclass(slots=True)
class PlayedRun:
    """One run, and what became of it."""

    run_id: str
    budget: JSONObject
    model: ModelOfRun
    is_short_of_budget: bool = False
    """True if the budget does not suffice for the whole run."""
    launches: list[Launch] = field(default_factory=list[Launch])
    result: JSONObject = field(default_factory=dict[str, object])
    """The result as the last process has said it. Empty: there is none yet."""
    records: list[JSONObject] = field(default_factory=list["JSONObject"])
    """What the journal has recorded of it."""

    async def play(self, stage: Stage, moments: Sequence[Moment]) -> None:
        """Execute the run; the nth process is killed at the nth moment, the one behind the last at none."""
        async with self.model.simulator.serve() as url:
            for moment in (*moments, None):
                await self._launch(stage, moment, url)
                self.records = await anyio.to_thread.run_sync(_records_of, stage.journal, self.run_id)
                if self.result:
                    break
            with anyio.fail_after(30):
                while self.model.simulator.ledger.concurrency:  # noqa: ASYNC110 - of requests whose sender was killed
                    await anyio.sleep(0.01)

    async def _launch(self, stage: Stage, moment: Moment | None, url: str) -> None:
        recorded = frozenset(_keys(self.records, "value"))
        announced = frozenset(_keys(self.records, "intent")) - recorded
        if moment is not None and any(one in announced for one in _keys(self.records, "intent", "ship")):
            moment = random.choice((moment, Moment(IN_RECONCILE)))
        worker = await stage.workers.receive()
        order: JSONObject = {
            "run_id": self.run_id,
            "launch": len(self.launches) + 1,
            "journal": str(stage.journal),
            "effects": str(stage.effects.path),
            "url": url,
            "budget": self.budget,
            "backend": random.choice(("asyncio", "trio")),
            "way": random.choice(("run", "stream", "resume") if self.records else ("run", "stream")),
            "point": moment.point if moment is not None else "",
            "left": moment.count if moment is not None else 1,
        }
        try:
            await worker.order(order)
            line = await self._kill_at(worker, moment)
            if line.startswith("result "):
                self.result = json.loads(line.removeprefix("result "))
            else:
                await worker.kill()
        finally:
            await close_worker(worker)
        was_killed = not line.startswith("result ")
        launch = Launch(order["launch"], worker.hash_seed, moment, was_killed, recorded, announced)
        self.launches.append(launch)

    async def _kill_at(self, worker: Worker, moment: Moment | None) -> str:
        """Return the line with the result, or that with the point; empty for a process that was killed."""
        if moment is None or moment.point:
            return await worker.read_line("result ", "at ")
        count = len(self.model.asked) + moment.count

        async def kill() -> None:
            await self.model.wait_for(count)
            await anyio.sleep(random.uniform(0, _MOST_DELAY_S))
            worker.process.kill()

        line = ""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(kill)
            line = await worker.read_line("result ")
            tasks.cancel_scope.cancel()
        return line


def _records_of(journal: Path, run_id: str) -> list[JSONObject]:
    """Return what a journal has recorded of a run; nothing if there is none."""
    store = Journal(journal)
    if run_id not in {run.run_id for run in store.runs()}:
        return []
    return [json.loads(line) for line in store.export(run_id)]


def _keys(records: Sequence[JSONObject], phase: str, tool: str = "") -> Iterator[str]:
    """Yield the idempotency keys of the recorded calls of a tool, or of all."""
    for record in records:
        if (record["kind"], record["phase"]) == ("tool", phase) and record["request"].startswith(tool):
            yield record["key"]
