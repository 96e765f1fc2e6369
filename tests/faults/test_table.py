"""The table of faults and the scenarios are one: no fault without a scenario, no scenario without its fault."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.faults.scenarios import SCENARIOS
from benchmarks.faults.table import read_rows


def test_every_fault_that_is_built_has_a_scenario() -> None:
    played = {scenario.fault for scenario in SCENARIOS}
    assert [row.fault for row in read_rows() if row.state == "built" and row.fault not in played] == []


def test_every_scenario_has_its_row_and_that_row_is_built() -> None:
    built = {row.fault for row in read_rows() if row.state == "built"}
    assert [scenario.name for scenario in SCENARIOS if scenario.fault not in built] == []


def test_no_fault_and_no_case_stands_there_twice() -> None:
    names = Counter([row.fault for row in read_rows()] + [scenario.name for scenario in SCENARIOS if scenario.case])
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("state", ["", "soon", "`tests/faults/test_nothing.py`"])
def test_a_row_without_a_known_state_is_refused(state: str, tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text(f"| fault | what agentkit does | outcome | state |\n|---|---|---|---|\n| a | b | c | {state} |\n")
    with pytest.raises(ValueError, match="built, later"):
        read_rows(page)
