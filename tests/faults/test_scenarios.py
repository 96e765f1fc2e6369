"""Every fault of docs/faults.md, in four ways and on both backends: outcome, messages, requests, executed tools.

The ordinary suite plays a way on one backend, the next one on the other, the long sweep all on both.
"""

from __future__ import annotations

import pytest

from benchmarks.faults.play import differences, run_scenario
from benchmarks.faults.scenario import BACKENDS, Scenario
from benchmarks.faults.scenarios import SCENARIOS

PLAYS = [
    pytest.param(
        scenario,
        way,
        backend,
        id=f"{scenario.name}-{way}-{backend}".encode("ascii", "replace").decode(),
        marks=() if (number + place + turn) % 2 == 0 else pytest.mark.soak,
    )
    for number, scenario in enumerate(SCENARIOS)
    for place, way in enumerate(scenario.ways)
    for turn, backend in enumerate(BACKENDS)
]


@pytest.mark.parametrize(("scenario", "way", "backend"), PLAYS)
def test_a_fault_comes_out_as_specified(scenario: Scenario, way: str, backend: str) -> None:
    assert differences(scenario, run_scenario(scenario, way, backend)) == []
