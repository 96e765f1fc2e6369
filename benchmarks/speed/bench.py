"""What the measurements are made of: their sizes, the rounds of an order, and the rows of figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.speed.server import ReplyPlan
from benchmarks.speed.workers import Figures, Runner, Worker


@dataclass(frozen=True)
class Size:
    """The amount of work: enough for stable figures, or only so much that everything has run once."""

    rounds: int = 5
    peer_rounds: int = 2
    conversations: int = 16
    """Conversations of each framework, in each round."""
    agents: tuple[int, ...] = (1, 16, 128)
    growth_turns: int = 400
    fan_outs: tuple[int, ...] = (100, 1_000)
    memory_agents: int = 512
    tools: int = 100
    starts: int = 7
    processes: int = 20
    """New processes for a ratio near 1, which differs by five percent from one process to the next."""
    processes_spaced: int = 5
    """New processes for events that come one by one: half of that time is waking up, which differs by the second."""
    turns: int = ReplyPlan().turns
    """Turns of a conversation, but for those of growth and of tools."""
    waits_s: tuple[float, ...] = (0.6, 0.06, 0.6, 0.06)
    """Durations of the four tools of the eager rows, in seconds."""


SMALL = Size(1, 1, 1, (1, 2), 24, (3,), 3, 2, 1, 1, 1, turns=3, waits_s=(0.1, 0.01, 0.1, 0.01))


@dataclass(frozen=True)
class Bench:
    """The server's address, and a running program for each framework."""

    server: str
    workers: Mapping[str, Worker]
    size: Size
    fresh: Callable[[Runner], AbstractContextManager[Worker]]
    """Starts a new process of a framework, for figures that need one without history; in the smallest size any does."""

    def main_workers(self) -> list[Worker]:
        """Return the programs that all rows measure that name none."""
        return [worker for worker in self.workers.values() if not worker.runner.is_variant]

    def rounds(self, play: ReplyPlan, only: Sequence[Runner] = (), **order: object) -> dict[str, list[Figures]]:
        """Run the same order for each framework in turn, round after round; peers have fewer rounds."""
        wanted = {runner.name for runner in only} or {worker.runner.name for worker in self.main_workers()}
        found: dict[str, list[Figures]] = {}
        for number in range(self.size.rounds):
            for name, worker in self.workers.items():
                if name in wanted and (number < self.size.peer_rounds or not worker.runner.is_peer):
                    found.setdefault(name, []).append(worker.run(self.server, play, **order))
        return found

    def rounds_anew(
        self, play: ReplyPlan, runners: Sequence[Runner], processes: int, **order: object
    ) -> dict[str, list[Figures]]:
        """Do as `rounds`, in so many new processes of each framework, one after the other."""
        wanted = [runner for runner in runners if runner.name in self.workers]
        found: dict[str, list[Figures]] = {runner.name: [] for runner in wanted}
        for _ in range(processes):
            with ExitStack() as stack:
                workers = {runner.name: stack.enter_context(self.fresh(runner)) for runner in wanted}
                for name, figures in replace(self, workers=workers).rounds(play, runners, **order).items():
                    found[name] += figures
        return found


@dataclass(frozen=True)
class Row:
    """One figure for several frameworks."""

    what: str
    unit: str
    values: Mapping[str, float]
    ratios: Mapping[str, float]
    """Ratios to the reference of the row: medians of the ratios within each round."""
    by: str
    """The name of the reference: a framework, or a value with its unit."""
    goals: Mapping[str, float]
    """The maximum ratio of a framework."""


def median_row(
    what: str, unit: str, found: Mapping[str, Sequence[float]], by: Runner | float, goals: Mapping[Runner, float]
) -> Row:
    """Return a row of medians. `by` is the reference: a framework or a value."""
    ratios: dict[str, float] = {}
    for name, values in found.items():
        others = found[by.name] if isinstance(by, Runner) else [by] * len(values)
        ratios[name] = median(value / other for value, other in zip(values, others, strict=False))
    named = by.name if isinstance(by, Runner) else f"{by:.4g} {unit}"
    medians = {name: median(values) for name, values in found.items()}
    return Row(what, unit, medians, ratios, named, {runner.name: goal for runner, goal in goals.items()})


def python_of(runner: Runner, peers: Path | None) -> Path:
    """Return the interpreter of a framework."""
    return peers if runner.is_peer and peers is not None else Path(sys.executable)
