"""Sub-agents that begin while the reply is streamed, recorded, cut after each record and resumed."""

from __future__ import annotations

import random
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from agentkit import Event, Journal, RunFinished, ToolStarted
from benchmarks.faults.scenario import BACKENDS
from tests.resumption.cuts import Cut, Judgement, cut_at_moment, cuts_of, refuse_recorded
from tests.resumption.early_runs import EARLY_RUNS, WHOLE, EarlyRun
from tests.resumption.own_run import execution
from tests.resumption.watched import Execution, WatchedJournal

pytestmark = pytest.mark.anyio


async def execute(
    early: EarlyRun, path: Path, after: tuple[Execution, Cut] | None = None, *, is_cut_off: bool = False
) -> Execution:
    """Execute a run, or go on with it.

    Args:
        early: The run.
        path: The file of its journal.
        after: The first execution and the cut that it goes on from. None: it begins, or goes on where it is.
        is_cut_off: True: it is interrupted once a sub-agent has read, or waits.
    """
    now = Execution()
    if after is not None:
        first, cut = after
        cut.write_to(path)
        refuse_recorded(now, first, cut)
    journal: Any = WatchedJournal(path, now)
    token = execution.set(now)
    try:
        async with early.agent.stream("Go", journal=journal, run_id="r") as run:
            async for event in run:
                now.events.append(event)
                if is_cut_off and _is_under_way(event):
                    return now
        now.result = run.result
    finally:
        execution.reset(token)
    return now


def _is_under_way(event: Event) -> bool:
    is_read = isinstance(event, RunFinished) and event.path[-1] == "reader"
    return is_read or (isinstance(event, ToolStarted) and event.name == "wait")


async def problems_of(name: str, directory: Path, share: float) -> list[str]:
    """Return what is wrong with the executions that go on from the cuts, or from a share of them.

    The cuts are those of its export, and the ones that a process leaves which dies.
    """
    early, chance = EARLY_RUNS[name], random.Random(name)
    first = await execute(early, directory / "first.db")
    assert first.result is not None
    assert first.result.answer is not None
    lines = [*Journal(directory / "first.db").export("r")]
    moments = [cut_at_moment(lines, first.written[:count]) for count in range(len(first.written))]
    problems: list[str] = []
    for number, cut in enumerate([*cuts_of(lines), *moments]):
        if cut.is_whole or chance.random() < share:
            again = await execute(early, directory / f"{number}.db", (first, cut))
            problems += Judgement(first, cut, again).of_everything(is_same=early.is_known(cut))
    return problems


@pytest.mark.parametrize(("name", "anyio_backend"), [*zip(EARLY_RUNS, cycle(BACKENDS), strict=False)])
async def test_a_run_goes_on_from_some_of_its_cuts(name: str, tmp_path: Path) -> None:
    assert await problems_of(name, tmp_path, 0.06) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", EARLY_RUNS)
async def test_a_run_goes_on_from_every_cut(name: str, tmp_path: Path) -> None:
    assert await problems_of(name, tmp_path, 1.0) == []


@pytest.mark.parametrize("name", [*EARLY_RUNS][1:])
async def test_what_began_before_the_reply_was_recorded_goes_on_with_the_reply_that_comes_instead(
    name: str, tmp_path: Path
) -> None:
    early = EARLY_RUNS[name]
    first = await execute(early, tmp_path / "first.db")
    await execute(early, tmp_path / "r.db", is_cut_off=True)
    cut = Cut([*Journal(tmp_path / "r.db").export("r")], is_whole=False)
    assert "model:1" not in cut.recorded
    again = await execute(early, tmp_path / "r.db")
    assert Judgement(first, cut, again).of_everything() == []
    assert early.needs_end or again.facts() == first.facts()


@pytest.mark.parametrize("name", [name for name, early in EARLY_RUNS.items() if early.dropped])
async def test_what_no_later_reply_asks_for_is_dropped_and_paid(name: str, tmp_path: Path) -> None:
    await execute(EARLY_RUNS[name], tmp_path / "r.db", is_cut_off=True)
    again = await execute(EarlyRun([WHOLE]), tmp_path / "r.db")
    assert again.result is not None
    assert again.result.answer is not None
    assert again.result.unfinished == ()
    dropped = again.result.children[-1]
    assert (dropped.outcome, f"tool:{dropped.call_id}/") == ("cancelled", EARLY_RUNS[name].dropped)
    whole = await execute(EarlyRun([WHOLE]), tmp_path / "r.db")
    assert (whole.asked, whole.executed) == ([], [])
    assert whole.facts() == again.facts()
