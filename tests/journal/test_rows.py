"""The rows of a journal: counted, so that a lost one is found out, and listed with steps and costs."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from agentkit import Journal, JournalError, Step
from agentkit.journal import rows
from agentkit.journal.sqlite import open_database
from agentkit.messages.message import JSONObject
from tests.journal.scenes import play, run

pytestmark = pytest.mark.anyio

CHARGE: JSONObject = {"model": "claude-haiku-5-5", "price": [1.0, 5.0, 0], "usage": {"input_tokens": 1_000_000}}


async def test_a_run_is_listed_with_what_it_has_cost(journal: Journal) -> None:
    async with journal.open_run("priced") as steps:
        slot = steps.reserve(Step("model:1", "model"))
        await steps.announce(slot, {"charges": [CHARGE, CHARGE]})  # replaced by the value
        await run(steps, Step("model:1", "model"), {"charges": [CHARGE]})
        await steps.announce(steps.reserve(Step("model:2", "model")), {"charges": [CHARGE]})
    async with journal.open_run("unpriced") as steps:
        await run(steps, Step("model:1", "model"), {"charges": [{**CHARGE, "price": None}]})
    with closing(open_database(journal.path)) as database:
        found = rows.list_runs(database)
    assert [(one.run_id, one.steps, one.cost_usd) for one in found] == [("priced", 1, 2.0), ("unpriced", 1, None)]


def change(statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda database: database.execute(statement)


DAMAGE = {
    "a record is gone": (change("DELETE FROM records WHERE name = 'model:1'"), "of 10 records are there"),
    "a record has another run": (change("UPDATE records SET run_id = 's' WHERE name = 'end'"), "9 of 10 records"),
    "a record has another name": (change("UPDATE records SET name = 'ens' WHERE name = 'end'"), "`end`.*stored as"),
    "a body was changed": (
        change("UPDATE records SET body = replace(body, 'Tea', 'Gin') WHERE name = 'model:1'"),
        "`model:1` of run `r` is damaged",
    ),
    "the run is gone": (change("DELETE FROM runs"), "10 of 0 records"),
}


@pytest.mark.parametrize("what", DAMAGE)
async def test_damage_is_found_before_anything_is_executed(journal: Journal, what: str) -> None:
    damage, reason = DAMAGE[what]
    async with journal.open_run("r") as steps:
        await play(steps)
    with closing(open_database(journal.path)) as database:
        damage(database)
    with pytest.raises(JournalError, match=reason):
        async with journal.open_run("r"):
            pass


async def test_a_blob_that_was_lost_or_changed_is_named_with_its_step(journal: Journal) -> None:
    async with journal.open_run("r") as steps:
        await run(steps, Step("prefix", "prefix"), {"system": "Be brief. " * 200})
    for statement in ("UPDATE blobs SET content = x'7b7d'", "DELETE FROM blobs"):
        with closing(open_database(journal.path)) as database:
            database.execute(statement)
        async with journal.open_run("r") as steps:
            with pytest.raises(JournalError, match="`prefix` of run `r` is damaged"):
                await run(steps, Step("prefix", "prefix"))


def test_a_flipped_bit_anywhere_is_found_out_or_changes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs.db")

    async def record() -> None:
        async with journal.open_run("r") as steps:
            await play(steps)

    anyio.run(record)
    whole, expected = journal.path.read_bytes(), [*journal.export("r")]
    choose, found = random.Random(1), 0
    for position in sorted(choose.sample(range(len(whole)), 200)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << choose.randrange(8)
        journal.path.write_bytes(damaged)
        try:
            lines = [*journal.export("r")]
        except JournalError:
            found += 1
        else:
            assert lines == expected
    assert found > 20


async def test_contents_that_no_run_has_are_deleted(journal: Journal) -> None:
    for run_id in ("a", "b"):
        async with journal.open_run(run_id) as steps:
            await run(steps, Step("prefix", "prefix"), {"system": "Be brief. " * 200})
            await run(steps, Step("model:1", "model"), {"text": run_id * 300_000})

    def count(database: sqlite3.Connection) -> int:
        rows.delete_orphans(database)
        return len(rows.StoredBlobs(database))

    with closing(open_database(journal.path)) as database:
        assert count(database) == 3
        for run_id, left in (("a", 2), ("b", 0)):
            rows.delete_run(database, run_id)
            assert count(database) == left
            assert len([*rows.StoredBlobs(database)]) == left
