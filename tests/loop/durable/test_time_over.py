"""A run that the time of its budget has ended anywhere comes back as it was, with everything below it."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agentkit import Agent, Budget, Event, Outcome, TurnFinished, TurnStarted, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.agents.test_resume import facts

pytestmark = pytest.mark.anyio


@tool(effect="write")
async def wait(word: str) -> str:
    """Wait."""
    await anyio.sleep(0.03)
    return word


reader = Agent("reader", model="claude-haiku-5-5", tools=[wait], max_turns=5)
lead = Agent("lead", model="claude-haiku-5-5", tools=[reader.as_tool(), wait], max_turns=5)


def answers(request: JSONObject) -> Reply:
    turn = len(request["messages"])
    if "last turn" in str(request["messages"][-1]):
        return Reply.text("The best so far.")
    if turn == 1 and "reader" in {param["name"] for param in request["tools"]}:
        return Reply.tool("reader", objective="tea") + Reply.tool("wait", word="milk")
    return Reply.tool("wait", word=str(turn))


@pytest.mark.parametrize("agent", [reader, lead], ids=lambda agent: agent.name)
@pytest.mark.parametrize("seconds", [0.01, 0.04, 0.07, 0.1, 0.13, 0.16])
async def test_a_run_that_was_stopped_anywhere_comes_back(
    tmp_path: Path, agent: Agent[None, str, str], seconds: float
) -> None:
    with script(answers):
        first = await agent.run("Go", journal=tmp_path / "runs.db", run_id="r", budget=Budget(max_seconds=seconds))
    again = await agent.resume("r", journal=tmp_path / "runs.db")
    assert facts(again) == facts(first)


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    return word


@pytest.mark.parametrize(
    ("reply", "last"),
    [
        (Reply.text("Tea is 4 EUR."), TurnStarted),
        (Reply.tool("wait", word="tea"), TurnStarted),
        (Reply.tool("look", word="tea"), TurnFinished),
    ],
)
async def test_what_a_run_had_no_time_for_is_not_done_when_it_comes_back(
    tmp_path: Path, reply: Reply, last: type[Event]
) -> None:
    """A reader pauses until the time is over: the reply is recorded, and the run has not come to what follows it."""
    agent = Agent("a", model="claude-haiku-5-5", tools=[wait, look], budget=Budget(max_seconds=0.1))
    with script(lambda _: reply):
        async with agent.stream("Go", journal=tmp_path / "runs.db", run_id="r") as run:
            async for event in run:
                if isinstance(event, last):
                    await anyio.sleep(0.12)
    assert run.result.outcome is Outcome.BUDGET_EXHAUSTED
    assert run.result.answer is None
    assert facts(await agent.resume("r", journal=tmp_path / "runs.db")) == facts(run.result)
