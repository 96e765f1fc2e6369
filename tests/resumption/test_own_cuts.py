"""Runs of every kind, recorded, cut after each record and resumed: nothing is done twice."""

from __future__ import annotations

import random
from pathlib import Path

import anyio
import pytest

from agentkit import Journal
from benchmarks.faults.scenario import BACKENDS
from tests.resumption.cuts import cuts_of
from tests.resumption.own_run import OwnRun
from tests.resumption.own_runs import OWN_RUNS


async def problems_of(own: OwnRun, directory: Path, chance: random.Random, most: int | None = None) -> list[str]:
    """Return what is wrong with the first bad execution that goes on from a cut: any, or the whole and `most` more."""
    random.seed(14)
    first = await own.execute(directory / "first.db")
    assert first.result is not None
    assert first.result.answer is not None or own.budget is not None
    *cuts, whole = cuts_of([*Journal(directory / "first.db").export("r")])
    for cut in (*(cuts if most is None else chance.sample(cuts, most)), whole):
        again = await own.execute(directory / f"{len(cut.lines)}.db", (first, cut))
        if found := own.problems_after(first, cut, again):
            return found
    return []


@pytest.mark.parametrize("name", OWN_RUNS)
def test_a_run_goes_on_from_some_of_its_cuts(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    assert anyio.run(problems_of, OWN_RUNS[name], tmp_path, chance, 1, backend=chance.choice(BACKENDS)) == []


@pytest.mark.soak
@pytest.mark.anyio
@pytest.mark.parametrize("name", OWN_RUNS)
async def test_a_run_goes_on_from_every_cut(name: str, tmp_path: Path) -> None:
    assert await problems_of(OWN_RUNS[name], tmp_path, random.Random(name)) == []
