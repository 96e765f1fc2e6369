"""Whole runs: exported line by line, imported from the first lines, copied, and opened again after a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit import Journal, JournalError, RunConflict, RunInProgress, Step, UsageError
from agentkit.messages.message import JSONObject
from tests.journal.scenes import call, must_not_run, play, run

pytestmark = pytest.mark.anyio

CHARGE: JSONObject = {"model": "claude-haiku-5-5", "price": [1.0, 5.0, 0], "usage": {"input_tokens": 1_000_000}}
NAMES = ["input", "prefix", "model:1", "tool:a/model:1", "tool:a/end", "tool:a", "tool:b", "tool:b", "time:1", "end"]


def names(lines: list[str]) -> list[str]:
    return [json.loads(line)["name"] for line in lines]


@pytest.fixture
async def lines(tmp_path: Path, anyio_backend: str) -> list[str]:
    """The export of a small run, with a clock that stands still."""
    journal = Journal(tmp_path / "first.db", clock=lambda: 0.0)
    async with journal.open_run("r") as steps:
        await play(steps)
    return [*journal.export("r")]


async def test_an_export_has_the_order_of_the_steps_and_is_the_same_again(lines: list[str], tmp_path: Path) -> None:
    assert names(lines) == NAMES
    again = Journal(tmp_path / "again.db", clock=lambda: 99.0)
    async with again.open_run("r") as steps:
        await play(steps)
    assert [*again.export("r")] == lines
    assert "k" * 5000 in lines[5]


async def test_the_first_lines_are_the_run_as_it_was_cut_off_there(lines: list[str], journal: Journal) -> None:
    for k in range(len(lines) + 1):
        assert journal.import_lines(lines[:k], f"cut {k}") == f"cut {k}"
        if k:
            assert [line.partition(",")[2] for line in journal.export(f"cut {k}")] == [
                line.partition(",")[2] for line in lines[:k]
            ]
        async with journal.open_run(f"cut {k}") as steps:
            assert steps.is_replaying == (k > 0)
            await play(steps)
            assert not steps.is_replaying
        assert names([*journal.export(f"cut {k}")]) == NAMES
    assert journal.import_lines(lines) == "r"
    assert [*journal.export("r")] == lines


async def test_what_exists_is_not_written_over_and_what_is_damaged_not_imported(
    lines: list[str], journal: Journal
) -> None:
    journal.import_lines(lines)
    with pytest.raises(RunConflict, match="Run `r` exists"):
        journal.import_lines(lines)
    with pytest.raises(RunConflict, match="Run `r` exists"):
        journal.fork("r", "r")
    with pytest.raises(JournalError, match="line 3"):
        journal.import_lines([*lines[:2], lines[2].replace("Tea", "Gin")], "s")
    with pytest.raises(UsageError, match="no lines to import"):
        journal.import_lines([])
    async with journal.open_run("s"):
        with pytest.raises(RunInProgress):
            journal.import_lines(lines, "s")
    assert [one.run_id for one in journal.runs()] == ["r"]


async def test_a_copy_goes_on_from_any_step_and_leaves_the_run_alone(lines: list[str], journal: Journal) -> None:
    journal.import_lines(lines)
    journal.fork("r", "whole")
    journal.fork("r", "cut", before="tool:b")
    assert names([*journal.export("whole")]) == NAMES
    assert names([*journal.export("cut")]) == NAMES[:6]
    async with journal.open_run("cut") as steps:
        await run(steps, Step("prefix", "prefix"))
        assert not steps.reserve(Step("model:1", "model")).intent
        await run(steps, Step("model:1", "model"))
        await run(steps, Step("model:2", "model"), {"text": "Another answer."})
    assert [*journal.export("r")] == lines
    for source, before, reason in (
        ("missing", None, "no run `missing`"),
        ("r", "model:9", "no step `model:9`.*tool:b"),
    ):
        with pytest.raises(UsageError, match=reason):
            journal.fork(source, "other", before)


async def test_a_run_that_failed_goes_on_from_its_last_request(journal: Journal) -> None:
    failed: JSONObject = {"error": "ModelError", "text": "Overloaded.", "charges": [CHARGE]}
    async with journal.open_run("r") as steps:
        await run(steps, Step("input", "input"), {"agent": "reader"})
        await run(steps, Step("model:1", "model"), failed)  # after which another model answered
        await run(steps, Step("model:2", "model"), {"text": "", "charges": [CHARGE]})
        await run(steps.under(steps.reserve(call("a"))), Step("end", "end"), {"outcome": "failed"})
        slot = steps.reserve(Step("model:3", "model"))
        await steps.announce(slot, {"charges": [CHARGE, CHARGE]})
        await run(steps, Step("model:3", "model"), failed)
        await run(steps, Step("end", "end"), {"outcome": "failed"})
    assert [one.status for one in journal.runs()] == ["failed"]
    journal.reopen("r")
    journal.reopen("r")  # it has no end any more, so there is nothing to do
    assert [(one.status, one.cost_usd) for one in journal.runs()] == [("interrupted", 3.0)]
    async with journal.open_run("r") as steps:
        assert await steps.run(steps.reserve(Step("model:1", "model")), must_not_run) == failed
        slots = [steps.reserve(Step(f"model:{n}", "model")) for n in (2, 3)]
        assert [(slot.is_recorded, slot.intent) for slot in slots] == [(True, None), (False, {"charges": [CHARGE]})]
        assert len(steps.recorded_charges()) == 3
        await run(steps, Step("end", "end"), {"outcome": "completed"})
    with pytest.raises(UsageError, match="ended `completed`: only a run that failed"):
        journal.reopen("r")
    with pytest.raises(UsageError, match="no run `missing`"):
        journal.reopen("missing")


async def test_a_run_that_failed_without_a_request_of_its_own_goes_on(journal: Journal) -> None:
    async with journal.open_run("r") as steps:
        await run(steps, Step("model:1", "model"), {"text": "Tea."})
        await run(steps, Step("end", "end"), {"outcome": "failed"})
    journal.reopen("r")
    assert names([*journal.export("r")]) == ["model:1"]
