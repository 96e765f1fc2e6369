"""Runs of every kind, recorded, cut after each record and resumed: nothing is done twice."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from agentkit import Journal
from agentkit.testing import script
from tests.resumption.cuts import Judgement, cuts_of
from tests.resumption.own_runs import OWN_RUNS, OwnRun, execution
from tests.resumption.watched import Execution, WatchedJournal

pytestmark = pytest.mark.anyio


async def execute(own: OwnRun, path: Path) -> Execution:
    """Execute a run, or go on with it."""
    now = Execution()
    journal: Any = WatchedJournal(path)
    token = execution.set(now)
    try:
        with script(own.respond):
            async with own.agent.stream("Go", journal=journal, run_id="r", **own.options) as run:
                now.events += [event async for event in run]
        now.result = run.result
    finally:
        execution.reset(token)
    return now


async def problems_of(name: str, directory: Path, share: float) -> list[str]:
    """Return what is wrong with the executions that go on from the cuts, or from a share of them."""
    own, chance = OWN_RUNS[name], random.Random(name)
    random.seed(14)
    first = await execute(own, directory / "first.db")
    assert first.result is not None
    assert first.result.answer is not None or own.budget is not None
    problems: list[str] = []
    lines = [*Journal(directory / "first.db").export("r")]
    for cut in cuts_of(lines):
        if len(cut.lines) < len(lines) - 1 and chance.random() >= share:
            continue
        path = directory / f"{len(cut.lines)}.db"
        cut.write_to(path)
        found = Judgement(first, cut, await execute(own, path)).of_everything()
        last = cut.records[-1]["name"] if cut.records else ""
        problems += [f"after {len(cut.lines)} records, {last}: {problem}" for problem in found]
    return problems


@pytest.mark.parametrize("name", OWN_RUNS)
async def test_a_run_goes_on_from_some_of_its_cuts(name: str, tmp_path: Path) -> None:
    assert await problems_of(name, tmp_path, 0.1) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", OWN_RUNS)
async def test_a_run_goes_on_from_every_cut(name: str, tmp_path: Path) -> None:
    assert await problems_of(name, tmp_path, 1.0) == []
