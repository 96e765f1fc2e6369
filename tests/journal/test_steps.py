"""The steps of a journal: the suite for every store, and what they say of a run that goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agentkit import Journal, JournalError, RunConflict, RunInProgress, Step
from agentkit.journal.steps import JournalSteps
from agentkit.run.steps import Steps
from agentkit.testing import script
from agentkit.testing.contracts import DurableStepsContract
from tests.journal.scenes import call, must_not_run, returning, run
from tests.run.test_steps import lead as lead_agent
from tests.run.test_steps import play as play_agents

pytestmark = pytest.mark.anyio


class TestJournalSteps(DurableStepsContract):
    @pytest.fixture
    async def opened(self, anyio_backend: str) -> AsyncIterator[AsyncExitStack]:
        async with AsyncExitStack() as opened:
            yield opened

    @pytest.fixture
    async def steps(self, opened: AsyncExitStack, tmp_path: Path) -> Steps:
        return await opened.enter_async_context(Journal(tmp_path / "runs.db").open_run("r"))

    @pytest.fixture
    def reopen(self, opened: AsyncExitStack, tmp_path: Path) -> Callable[[Steps], Awaitable[Steps]]:
        async def reopen(steps: Steps) -> Steps:
            await opened.aclose()
            return await opened.enter_async_context(Journal(tmp_path / "runs.db").open_run("r"))

        return reopen


async def test_a_call_that_was_dropped_with_its_turn_is_not_waited_for(journal: Journal) -> None:
    """A call began early, and its turn broke off before the reply was recorded: the next reply has other calls."""
    async with journal.open_run("r") as steps:
        await run(steps, Step("input", "input"), {})
        steps.reserve(Step("model:1", "model"))
        await run(steps, call("early"), {"n": 0})
    async with journal.open_run("r") as steps:
        await run(steps, Step("input", "input"))
        assert steps.is_replaying  # its calls may still be reserved
        await run(steps, Step("model:1", "model"), {})
        other = steps.reserve(call("other"))
        assert not steps.is_replaying
        await steps.run(other, returning({"n": 1}))
        await run(steps, Step("model:2", "model"), {})
        await run(steps, call("last"), {"n": 2})
    async with journal.open_run("r") as steps:
        for step in (Step("input", "input"), Step("model:1", "model"), call("other"), Step("model:2", "model")):
            assert steps.is_replaying
            await run(steps, step)
        assert steps.is_replaying
        await run(steps, call("last"))
        assert not steps.is_replaying


async def test_the_conflict_shows_both_requests_and_an_intent_makes_none(journal: Journal) -> None:
    asked = Step("model:1", "model", request_hash="a", describe=lambda: "How much is tea?")
    lost = Step("model:2", "model", request_hash="b")
    async with journal.open_run("r") as steps:
        await run(steps, asked, {"n": 1})
        await steps.announce(steps.reserve(lost), {"charges": []})
    async with journal.open_run("r") as steps:
        with pytest.raises(RunConflict, match=r"(?s)`r`.*`model:1`.*How much is tea.*How much is coffee"):
            steps.reserve(Step("model:1", "model", request_hash="x", describe=lambda: "How much is coffee?"))
        assert steps.reserve(Step("model:2", "model", request_hash="y")).intent == {"charges": []}


async def test_the_same_step_has_one_slot_and_its_effect_is_executed_once_in_a_process(journal: Journal) -> None:
    async with journal.open_run("r") as steps:
        slot = steps.reserve(call("a"))
        assert steps.reserve(call("a")) is slot
        assert steps.under(slot) is steps.under(slot)
        assert await steps.run(slot, returning({"kept": [{"text": "x" * 2000}]})) == {"kept": [{"text": "x" * 2000}]}
        assert await steps.run(slot, must_not_run) == {"kept": [{"text": "x" * 2000}]}
        await steps.announce(slot, {"n": 1})  # too late to mean anything
    async with journal.open_run("r") as steps:
        assert steps.reserve(call("a")).intent is None


async def test_ids_of_calls_may_hold_anything(journal: Journal) -> None:
    ids = ["a", "a/model:1", "a%2Fmodel:1", "\ud800", "\\ud800", "\x00", "ü"]
    async with journal.open_run("r") as steps:
        for n, one in enumerate(ids):
            await run(steps, call(one, n + 1), {"n": n})
        below = steps.under(steps.reserve(call("a")))
        await run(below, Step("model:1", "model"), {"n": -1})
    async with journal.open_run("r") as steps:
        assert [(await run(steps, call(one, n + 1)))["n"] for n, one in enumerate(ids)] == [*range(7)]
        assert await run(steps.under(steps.reserve(call("a"))), Step("model:1", "model")) == {"n": -1}


async def test_a_value_comes_back_as_a_later_execution_gets_it(journal: Journal) -> None:
    """At once, so that nothing depends on which execution it is: tuples are lists, keys are texts."""
    text = "\ud800" + "x" * 300_000
    given = {"pair": (1, 2), "by number": {1: text}, "charges": ()}
    async with journal.open_run("r") as steps:
        first = await run(steps, Step("model:1", "model"), given)
        with pytest.raises(ValueError, match="Out of range float"):
            await run(steps, Step("model:2", "model"), {"n": float("nan")})
    async with journal.open_run("r") as steps:
        again = await run(steps, Step("model:1", "model"))
    assert first == again == {"pair": [1, 2], "by number": {"1": text}, "charges": []}


async def test_steps_of_a_run_that_was_left_record_nothing(journal: Journal) -> None:
    async with journal.open_run("r") as steps:
        slot = steps.reserve(call("a"))
        with pytest.raises(RunInProgress, match=r"`r`.*this process"):
            async with journal.open_run("r"):
                pass
    with pytest.raises(JournalError, match="not open any more"):
        await steps.run(slot, must_not_run)
    assert isinstance(steps, JournalSteps)
    assert steps.run_id == "r"


async def test_a_call_that_began_early_and_comes_back_in_the_next_turn_has_its_place_there(journal: Journal) -> None:
    async with journal.open_run("r") as steps:
        model = steps.reserve(Step("model:1", "model"))
        steps.reserve(call("c1"))  # while the reply is read, which is dropped
        await steps.run(model, returning({}))
        await run(steps, Step("model:2", "model"), {})
        await run(steps, call("c1"), {"n": 1})
    names = [line.partition('"name":"')[2].partition('"')[0] for line in journal.export("r")]
    assert names == ["model:1", "model:2", "tool:c1"]


async def test_the_same_script_and_clock_give_the_same_export(tmp_path: Path) -> None:
    """Byte for byte, whatever began first and however long it took; the answers of the model are scripted."""
    exports: list[list[str]] = []
    for name in ("first", "again"):
        store = Journal(tmp_path / name, clock=lambda: 0.0)
        async with store.open_run("r") as steps:
            with script(play_agents):
                result = await lead_agent.run("Go", steps=steps, run_id="r")
        assert result.output == {"tea": 4}
        exports.append([*store.export("r")])
    assert exports[0] == exports[1]
    assert len(exports[0]) == 25
