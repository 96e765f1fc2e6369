"""Every scenario of the table of faults, recorded, cut after each record and resumed: nothing is done twice."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentkit import Journal, Outcome
from benchmarks.faults.scenario import BACKENDS
from benchmarks.faults.scenarios import SCENARIOS
from tests.resumption.cuts import Cut, Judgement, cuts_of
from tests.resumption.scenario_cuts import RUN_ID, execute

_PLAYS = [
    (scenario, way)
    for way in ("run", "sub-agent")
    for scenario in SCENARIOS
    if way in scenario.ways or (way == "run" and "stream" in scenario.ways)
]
_ORDERED_BY_CHANCE = ("in the third of ten sub-agents, one after another",)
"""Cases in which it counts which sibling comes first: trio starts them in any order."""
_PARTS = {"1 of 100": 8}
"""Cases with hundreds of cuts, which are swept in so many parts: processes share them."""
_SWEEP = [(index, part) for index, (scenario, _) in enumerate(_PLAYS) for part in range(_PARTS.get(scenario.case, 1))]
_SLICE = random.Random(14).sample(range(len(_PLAYS)), 8)


def _name(index: int) -> str:
    scenario, way = _PLAYS[index]
    return f"{way}: {scenario.name}"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("agentkit")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


def _problems(index: int, backend: str, directory: Path, is_wanted: Callable[[Cut], bool]) -> list[str]:
    """Return what is wrong with the first bad execution that goes on from a wanted cut."""
    scenario, way = _PLAYS[index]
    first = execute(scenario, way, directory / "first.db", backend)
    result = first.execution.result
    # Where chance decides which sibling comes first, it may decide otherwise; and a cancel comes from outside.
    is_by_chance = bool(scenario.or_saw) or (backend == "trio" and scenario.case in _ORDERED_BY_CHANCE)
    is_same = result is not None and result.outcome is not Outcome.CANCELLED and not is_by_chance
    for cut in filter(is_wanted, cuts_of([*Journal(directory / "first.db").export(RUN_ID)])):
        path = directory / f"{len(cut.lines)}.db"
        cut.write_to(path)
        again = execute(scenario, way, path, backend, (first, cut))
        if found := Judgement(first.execution, cut, again.execution).of_everything(is_same=is_same):
            return found
    return []


@pytest.mark.parametrize("index", _SLICE, ids=_name)
def test_a_scenario_goes_on_from_some_of_its_cuts(index: int, tmp_path: Path) -> None:
    chance = random.Random(index)
    assert _problems(index, BACKENDS[index % 2], tmp_path, lambda cut: cut.is_whole or chance.random() < 0.3) == []


@pytest.mark.soak
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("index", "part"), _SWEEP, ids=[f"{_name(index)}, {part}" for index, part in _SWEEP])
def test_a_scenario_goes_on_from_every_cut(index: int, part: int, backend: str, tmp_path: Path) -> None:
    parts = _PARTS.get(_PLAYS[index][0].case, 1)
    assert _problems(index, backend, tmp_path, lambda cut: len(cut.lines) % parts == part) == []
