"""The trail of a run in the log: its start and end, and each model call that is made again."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import anyio
import pytest

from agentkit import Agent, Budget, Outcome
from agentkit.messages.message import AssistantTurn
from agentkit.run.middleware import ModelCall
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

CLERK = Agent("clerk", model="claude-opus-5-5")
REFUSED = Reply.failure(400, "invalid_request_error", "sk-ant-" + "api03-abc")


def lines(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    return [record.__dict__ for record in caplog.records if record.__dict__.get("event") == event]


@pytest.fixture(autouse=True)
def at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "agentkit")


async def test_its_end_has_outcome_turns_time_tokens_and_cost(caplog: pytest.LogCaptureFixture) -> None:
    with script(Reply.text("Hi.")):
        result = await CLERK.run("Go")
    [line] = lines(caplog, "run finished")
    assert (line["outcome"], line["turns"], line["agent"], line["run_id"]) == ("completed", 1, "clerk", result.run_id)
    assert (line["input_tokens"], line["output_tokens"]) == (result.usage.prompt_tokens, result.usage.output_tokens)
    assert (line["cost_usd"], line["levelname"]) == (result.cost.usd, "INFO")
    assert isinstance(line["seconds"], float)
    assert "reason" not in line


async def test_of_a_failed_run_it_is_a_warning_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    with script(REFUSED):
        result = await CLERK.run("Go")
    [line] = lines(caplog, "run finished")
    assert (line["outcome"], line["reason"], line["levelname"]) == ("failed", result.reason, "WARNING")
    assert "api03" not in caplog.text


CallModel: TypeAlias = Callable[[ModelCall], Awaitable[AssistantTurn]]


async def hangs(call: ModelCall, next: CallModel) -> AssistantTurn:
    await anyio.sleep(60)
    return await next(call)


async def fails(call: ModelCall, next: CallModel) -> AssistantTurn:
    raise ZeroDivisionError("sk-ant-" + "api03-abc")


async def test_an_exception_and_a_cancellation_leave_their_end_as_well(caplog: pytest.LogCaptureFixture) -> None:
    with script(), pytest.raises(ZeroDivisionError):
        await Agent("clerk", model="claude-opus-5-5", around_model=[fails]).run("Go")
    with script(), anyio.move_on_after(0.05):
        await Agent("clerk", model="claude-opus-5-5", around_model=[hangs]).run("Go")
    raised, cancelled = lines(caplog, "run finished")
    assert (raised["outcome"], raised["levelname"]) == ("failed", "INFO")
    assert str(raised["reason"]).startswith("ZeroDivisionError: [redacted] (test_run_log.py:")
    assert cancelled["outcome"] == "cancelled"


async def test_a_run_whose_time_is_over_before_it_starts_leaves_its_end(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def open_slowly() -> AsyncGenerator[int]:
        await anyio.sleep(60)
        yield 1

    agent = Agent("clerk", model="claude-opus-5-5", deps=open_slowly)
    with script():
        result = await agent.run("Go", budget=Budget(max_seconds=0.05))
    assert result.outcome is Outcome.BUDGET_EXHAUSTED
    [line] = lines(caplog, "run finished")
    assert (line["outcome"], line["turns"], line["run_id"]) == ("budget_exhausted", 0, result.run_id)


@dataclass
class Report:
    text: str


async def test_each_model_call_that_is_made_again_says_why(caplog: pytest.LogCaptureFixture) -> None:
    with script(Reply.text("Hi."), faults=["status:529,retry_after=0.01"]):
        assert (await CLERK.run("Go")).ok
    [line] = lines(caplog, "model call is asked again")
    assert (line["turn"], line["attempt"], line["kind"], line["status"]) == (1, 2, "overloaded_error", 529)
    assert "529 overloaded_error" in str(line["reason"])
    agent = Agent("clerk", model="claude-opus-5-5", output=Report)
    with script(Reply.text("no"), Reply.output(Report("tea"))):
        assert (await agent.run("Go")).ok
    [rejected] = lines(caplog, "answer is rejected and asked for again")
    assert "JSON" in str(rejected["reason"])
