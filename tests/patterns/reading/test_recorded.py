"""An id of a reading stands for one call: another one is refused before anything is paid, and kept evidence is free."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import Budget, Document, Journal, RunConflict, RunInProgress
from agentkit.patterns import ReadResult, read_many
from agentkit.testing import script
from tests.patterns.reading.scripted_readers import CARDS, FEES, scripted

pytestmark = pytest.mark.anyio
NOTES = [Document(f"n{number}", f"Note {number}. " * 400) for number in range(6)]


async def asked(documents: list[Document], **options: Any) -> tuple[ReadResult[Any], int]:
    with script(scripted()) as played:
        result = await read_many(documents, "What is the fee?", run_id="fees", pack_tokens=1_500, **options)
    return result, len(played.requests)


async def test_another_reading_under_the_same_id_is_refused_before_anything_is_paid(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    assert (await asked([FEES], journal=journal))[1] == 2
    assert (await asked([FEES], journal=journal))[1] == 0
    with script(scripted()) as played, pytest.raises(RunConflict, match="kept="):
        await read_many([FEES, CARDS], "What is the fee?", run_id="fees", pack_tokens=1_500, journal=journal)
    assert played.requests == []
    listed = {run.run_id: (run.agent, run.status) for run in Journal(journal).runs()}
    assert listed["fees/plan"] == ("read_many", "completed")


async def test_two_at_the_same_reading_do_not_pay_twice(tmp_path: Path) -> None:
    ended: list[ReadResult[Any] | RunInProgress] = []

    async def read() -> None:
        try:
            ended.append(await read_many(NOTES, "What is the fee?", pack_tokens=1_500, journal=tmp_path / "runs.db"))
        except RunInProgress as error:
            ended.append(error)

    with script(scripted()) as played:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(read)
    assert isinstance(ended[0], RunInProgress)
    assert isinstance(ended[1], ReadResult)
    assert (ended[1].ok, len(played.requests)) == (True, ended[1].plan.calls)


async def test_kept_evidence_that_is_damaged_is_read_again(tmp_path: Path) -> None:
    assert (await asked([FEES], kept=tmp_path / "kept.db"))[1] == 2
    for row in ("no JSON", "[{}]", "5"):
        with closing(sqlite3.connect(tmp_path / "kept.db")) as database, database:
            database.execute("UPDATE evidence_1 SET found = ?", (row,))
        assert (await asked([FEES], kept=tmp_path / "kept.db"))[1] == 2


async def test_kept_evidence_goes_with_a_journal_whatever_has_changed(tmp_path: Path) -> None:
    options = {"journal": tmp_path / "runs.db", "kept": tmp_path / "kept.db"}
    few, requests = await asked(NOTES, budget=Budget(max_cost_usd=0.1), **options)
    assert 0 < few.actual.documents == requests - 1 < 6
    assert few.reason == f"{len(few.gaps)} documents were not read."
    rest, requests = await asked([*NOTES, FEES], **options)
    assert (rest.ok, rest.reason, requests) == (True, "", len(few.gaps) + 1)  # FEES fits beside a note
    assert (await asked([*NOTES, FEES], **options))[1] == 0
