"""A reader that pauses, or asks another agent, holds nothing that others wait for; no call starts ahead of it."""

from __future__ import annotations

import anyio
import pytest

from agentkit import Agent, Budget, Retry, tool
from agentkit.messages import JSONObject
from agentkit.run.events import Event, TextDelta, ToolStarted, TurnFinished, TurnReset
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

WORDS = "one two three four five six seven"


def answer(request: JSONObject) -> Reply:
    return Reply.text("fine" if request.get("system") == "checker" else WORDS)


@pytest.mark.parametrize("refusals", [[], ["status:429,retry_after=0"], ["status:529"] * 2])
async def test_a_reader_may_ask_another_agent_between_two_events(refusals: list[str]) -> None:
    writer, checker = (Agent(name, model="claude-haiku-5-5", instructions=name) for name in ("writer", "checker"))
    checks = 0
    with script(answer, faults=refusals), anyio.fail_after(30):
        async with writer.stream("Write.", budget=Budget(max_requests=20)) as run:
            async for event in run:
                if isinstance(event, TextDelta):
                    assert (await checker.run(event.text)).ok
                    checks += 1
    assert run.result.output == WORDS
    assert checks >= 2


async def test_the_clock_of_a_reply_stands_for_what_the_server_does() -> None:
    agent = Agent("writer", model="claude-haiku-5-5", retry=Retry(total_timeout_s=0.4, max_seconds=0.8))
    seen: list[Event] = []
    with script(answer) as server:
        async with agent.stream("Write.") as run:
            async for event in run:
                seen.append(event)
                if isinstance(event, TextDelta) and len(seen) < 5:
                    await anyio.sleep(0.6)
    assert run.result.output == WORDS
    assert (len(server.requests), [event for event in seen if isinstance(event, TurnReset)]) == (1, [])


async def test_a_call_that_writes_starts_when_its_reader_has_the_turn_and_one_that_reads_before() -> None:
    started: list[str] = []

    @tool(effect="read")
    async def look() -> str:
        """Look."""
        started.append("look")
        return "tea"

    @tool(effect="write")
    async def order() -> str:
        """Order."""
        started.append("order")
        return "done"

    agent = Agent("buyer", model="claude-haiku-5-5", tools=[look, order])
    calls = Reply.text("I look.") + Reply.tool("look") + Reply.tool("order")
    with script(calls, Reply.text("Done.")), anyio.fail_after(30):
        async with agent.stream("Buy.") as run:
            async for event in run:
                if isinstance(event, TextDelta) and "look" not in started:
                    with anyio.move_on_after(10):
                        while "look" not in started:  # begins although nobody reads on
                            await anyio.sleep(0.005)
                    await anyio.sleep(0.05)
                    assert started == ["look"]
                elif isinstance(event, ToolStarted) and event.name == "look":
                    assert "order" not in started
                elif isinstance(event, TurnFinished) and "order" not in started:
                    await anyio.sleep(0.02)
    assert started == ["look", "order"]
