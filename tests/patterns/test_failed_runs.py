"""Runs that the API failed go on when asked for, once, and nothing else is asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from agentkit import Agent, Journal, Retry, UsageError
from agentkit.agents.fan_out import Done, Failed
from agentkit.messages.message import JSONObject
from agentkit.patterns import funnel, read_many
from agentkit.patterns.failed_runs import FailedRuns
from agentkit.patterns.reading.evidence import default_reader, default_writer
from agentkit.testing import Reply, script
from benchmarks.planted_mail import GOAL, ScriptedModels, plant_facts
from tests.patterns.profile.test_funnel import Facts, planted, recalled
from tests.patterns.reading.scripted_readers import FEES, is_reader, scripted

pytestmark = pytest.mark.anyio

ONCE = Retry(max_attempts=1)
FACTS = plant_facts(3)


class Outage(ScriptedModels):
    """Models whose API fails the requests of a stage."""

    stage = ""

    def __call__(self, request: JSONObject) -> Reply:
        reply = super().__call__(request)
        return Reply.failure(500, "api_error") if self.requests[-1][0] == self.stage else reply


@pytest.mark.parametrize("stage", ["filter", "writing"])
async def test_a_stage_of_a_funnel_that_the_api_failed_is_asked_again(tmp_path: Path, stage: str) -> None:
    reader, writer = (Agent(name, model="claude-haiku-5-5", retry=ONCE) for name in ("reader", "writer"))
    options: dict[str, Any] = {"outline": Facts, "reader": reader, "writer": writer, "journal": tmp_path / "runs.db"}
    models, wrong = Outage(FACTS), cast("Any", "yes")
    models.stage = stage
    async with planted(tmp_path, FACTS, 2) as index:
        with script(models):
            failed = await funnel(index, GOAL, **options)
            before, models.stage = len(models.requests), ""
            assert (await funnel(index, GOAL, **options)).reason == failed.reason
            assert len(models.requests) == before, "nothing is asked again unless it is said"
            whole = await funnel(index, GOAL, again=True, **options)
            asked = [name for name, _ in models.requests[before:]]
            repeated = await funnel(index, GOAL, again=True, **options)
        assert len(models.requests) == before + len(asked)
        with pytest.raises(UsageError, match="again='yes'"):
            await funnel(index, GOAL, again=wrong, **options)
    assert not failed.ok
    assert whole.ok, whole.reason
    assert (recalled(whole, FACTS), repeated.profile) == ({fact.mark for fact in FACTS}, whole.profile)
    stages = ["queries", "filter", "evidence", "writing"]
    assert [*dict.fromkeys(asked)] == stages[stages.index(stage) :]


@pytest.mark.parametrize("role", ["reader", "writer"])
async def test_a_request_of_a_reading_that_the_api_failed_is_asked_again(tmp_path: Path, role: str) -> None:
    is_down, answer = True, scripted()
    agents: dict[str, Any] = {
        "reader": replace(default_reader, retry=ONCE),
        "writer": replace(default_writer, retry=ONCE),
    }

    def play(request: JSONObject) -> Reply:
        fails = is_down and is_reader(request) == (role == "reader")
        return Reply.failure(500, "api_error") if fails else answer(request)

    async def ask(*, again: bool) -> bool:
        return (await read_many([FEES], "What is the fee?", journal=tmp_path / "runs.db", again=again, **agents)).ok

    with script(play) as api:
        assert not await ask(again=False)
        is_down = False
        assert not await ask(again=False)
        assert len(api.requests) == 2
        assert await ask(again=True)
        assert await ask(again=False)
        assert len(api.requests) == (4 if role == "reader" else 3), "a writer is given what the reader has found now"


async def test_each_failed_run_goes_on_once_and_reading_its_messages_asks_nothing(tmp_path: Path) -> None:
    replies = iter([Reply.text("Well."), Reply.failure(500, "api_error"), Reply.refusal("no")])

    def play(_request: JSONObject) -> Reply:
        return next(replies, Reply.failure(500, "api_error"))

    agent, journal = Agent("a", model="claude-haiku-5-5", retry=ONCE), Journal(tmp_path / "runs.db")
    items = ["one", "two", "three"]
    with script(play) as api:
        await agent.map(items, journal=journal, run_id="m", concurrency=1)
        for requests in (4, 5):  # the outage goes on
            done, failed, refused = await agent.map(items, journal=FailedRuns(journal), run_id="m", concurrency=1)
            assert isinstance(done, Done)
            assert isinstance(failed, Failed)
            assert isinstance(refused, Failed)
            assert failed.result is not None
            assert len(failed.result.messages) == 1
            assert len(api.requests) == requests
