"""Every fault of docs/faults.md, in four ways and on both backends: outcome, messages, requests, executed tools."""

from __future__ import annotations

import pytest

from benchmarks.faults.play import differences, run_scenario
from benchmarks.faults.scenario import Scenario
from benchmarks.faults.scenarios import SCENARIOS

PLAYS = [
    pytest.param(scenario, way, id=f"{scenario.name}-{way}".encode("ascii", "replace").decode())
    for scenario in SCENARIOS
    for way in scenario.ways
]


@pytest.mark.parametrize(("scenario", "way"), PLAYS)
def test_a_fault_comes_out_as_specified(scenario: Scenario, way: str, anyio_backend: str) -> None:
    assert differences(scenario, run_scenario(scenario, way, anyio_backend)) == []
