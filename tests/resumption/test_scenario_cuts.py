"""Every scenario of the table of faults, recorded, cut after each record and resumed: nothing is done twice."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentkit import Journal, Outcome
from benchmarks.faults.scenario import BACKENDS, Scenario
from benchmarks.faults.scenarios import SCENARIOS
from tests.resumption.cuts import Cut, Judgement, cuts_of
from tests.resumption.scenario_cuts import RUN_ID, JournaledScenario, execute

_PLAYS = [
    (scenario, way)
    for way in ("run", "sub-agent")
    for scenario in SCENARIOS
    if way in scenario.ways or (way == "run" and "stream" in scenario.ways)
]
_ORDERED_BY_CHANCE = ("in the third of ten sub-agents, one after another",)
"""Cases in which it counts which sibling comes first: trio starts them in any order."""
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


def _problems(scenario: Scenario, way: str, backend: str, directory: Path, share: float) -> list[str]:
    """Return what is wrong with the executions that go on from the cuts, or from a share of them."""
    chance = random.Random(scenario.name)
    first = execute(scenario, way, directory / "first.db", backend)
    result = first.execution.result
    # Where chance decides which sibling comes first, it may decide otherwise; and a cancel comes from outside.
    is_by_chance = bool(scenario.or_saw) or (backend == "trio" and scenario.case in _ORDERED_BY_CHANCE)
    is_same = result is not None and result.outcome is not Outcome.CANCELLED and not is_by_chance
    lines = [*Journal(directory / "first.db").export(RUN_ID)]
    problems: list[str] = []
    for cut in cuts_of(lines):
        if cut.is_whole or chance.random() < share:
            problems += _problems_after(cut, scenario, way, backend, directory, first, is_same=is_same)
    return problems


def _problems_after(
    cut: Cut, scenario: Scenario, way: str, backend: str, directory: Path, first: JournaledScenario, *, is_same: bool
) -> list[str]:
    path = directory / f"{len(cut.lines)}.db"
    cut.write_to(path)
    again = execute(scenario, way, path, backend, (first, cut))
    found = Judgement(first.execution, cut, again.execution).of_everything(is_same=is_same)
    return [f"after {len(cut.lines)} records: {problem}" for problem in found]


@pytest.mark.parametrize("index", _SLICE, ids=_name)
def test_a_scenario_goes_on_from_some_of_its_cuts(index: int, tmp_path: Path) -> None:
    scenario, way = _PLAYS[index]
    assert _problems(scenario, way, BACKENDS[index % 2], tmp_path, 0.3) == []


@pytest.mark.soak
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("index", range(len(_PLAYS)), ids=_name)
def test_a_scenario_goes_on_from_every_cut(index: int, backend: str, tmp_path: Path) -> None:
    scenario, way = _PLAYS[index]
    assert _problems(scenario, way, backend, tmp_path, 1.0) == []
