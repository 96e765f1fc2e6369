"""Some processes are killed, and nothing that was recorded is done again; what would be wrong is found."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from benchmarks.crash.__main__ import play_all
from benchmarks.crash.checks import problems_of
from benchmarks.crash.effects import Effects, Start

# Each kill costs a process, which has to import the package.
pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]

KILLS = 8


def test_killed_runs_go_on_and_repeat_nothing(tmp_path: Path) -> None:
    random.seed(4)
    table = anyio.run(play_all, KILLS, 2, tmp_path, True)
    said = "\n".join(table.lines())
    assert table.problems == [], said
    assert table.kills.total() >= KILLS, said
    assert len(table.kills) > 2, said

    run, effects = table.runs[0], Effects(tmp_path / "effects.db")
    done = effects.writes(run.run_id)  # a call of which nobody knows whether it took effect may not have done so
    call = next(one for one in run.records if one["effect"] == "write" and one["phase"] == "value" and done[one["key"]])
    run.launches.append(replace(run.launches[-1], recorded=frozenset({call["key"]})))
    effects.note_start(Start(run.run_id, call["key"], "pay", len(run.launches)))
    effects.write(run.run_id, call["key"], "pay")
    run.model.asked.append(run.model.asked[0])
    run.budget["max_requests"] = 3
    found = " ".join(problems_of(run, effects))
    for problem in ("2 times", "was recorded, and started again", "was asked again", "over the budget", "seed"):
        assert problem in found
