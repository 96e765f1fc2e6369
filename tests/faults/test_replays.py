"""Every scenario of the table of faults is executed again from its steps: nothing is asked, nothing is called."""

from __future__ import annotations

import random
from typing import Any

import anyio
import pytest

from benchmarks.faults.play import ScenarioRun
from benchmarks.faults.scenario import Scenario
from benchmarks.faults.scenario_server import ScenarioServer, comparable
from benchmarks.faults.scenarios import SCENARIOS
from tests.run.test_steps import Recording, Replaying

_NOT_RECORDED = ("a run that a tool starts", "Run that a tool starts", "Reader that pauses or asks another agent")
"""Scenarios in which code starts runs by itself: these are no steps of the run around them, and run again."""
_REPLAYED = [
    (scenario, way)
    for way in ("run", "sub-agent")
    for scenario in SCENARIOS
    if way in scenario.ways and not scenario.before and not any(part in scenario.name for part in _NOT_RECORDED)
]
_SLICE = random.Random(14).sample(range(len(_REPLAYED)), 40)


class _Recorded(ScenarioRun):
    """A scenario whose steps are recorded."""

    steps: Recording

    def options(self) -> Any:
        return {**super().options(), "steps": self.steps, "run_id": "r"}


def _play(scenario: Scenario, way: str, steps: Recording) -> tuple[_Recorded, object]:
    """Return the played scenario, and what a replay has to bring again; None where the run is to go on."""
    played = _Recorded(scenario, ScenarioServer(scenario))
    played.steps = steps

    async def main() -> None:
        await (played.run_plainly if way == "run" else played.run_as_sub_agent)()

    try:
        anyio.run(main)
    except (KeyboardInterrupt, SystemExit):
        return played, None
    finally:
        played.stage.is_over = True
    result = played.result
    if result is None or result.outcome == "cancelled":
        return played, None
    if result.error is not None and result.error.kind == "configuration_error":  # which the program can put right
        return played, None
    if result.error is not None and result.error.kind == "configuration_error":  # which the program can put right
        return played, None
    return played, (result.outcome, repr(result.answer), comparable(result.messages), str(result.cost.total))


@pytest.mark.parametrize(
    "index",
    [pytest.param(n, marks=() if n in _SLICE else pytest.mark.soak) for n in range(len(_REPLAYED))],
    ids=lambda n: f"{_REPLAYED[n][1]}: {_REPLAYED[n][0].name}",
)
def test_a_scenario_replays_from_its_steps(index: int) -> None:
    scenario, way = _REPLAYED[index]
    recording = Recording()
    _, ended = _play(scenario, way, recording)
    if ended is None:  # it goes on where it was cancelled, and is no replay
        return
    again, ended_again = _play(scenario, way, Replaying(recording.journal))
    assert ended_again == ended
    assert not again.stage.request_counts
    assert not again.desk.executed
