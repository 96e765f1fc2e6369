"""A budget with nothing left is an outcome everywhere, and nothing is sent; a cut reply is repeated with what fits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agentkit import Agent, Budget, Outcome, RunFinished, fail_over_budget, stop_over_budget, tool
from agentkit.errors import BudgetExceeded
from agentkit.simulator import Mix
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio
MODEL = "claude-haiku-5-5"


@tool(effect="read")
def look() -> str:
    """Look."""
    return "seen"


LIMITS = [
    Budget(max_cost_usd=0),
    Budget(max_cost_usd=-0.5),
    Budget(max_input_tokens=0),
    Budget(max_output_tokens=0),
    Budget(max_requests=0),
    Budget(max_seconds=0),
    Budget(max_seconds=-1),
]


async def by_run(budget: Budget, agent: Agent) -> Outcome:
    return (await agent.run("Hi", budget=budget)).outcome


async def by_agent(budget: Budget, agent: Agent) -> Outcome:
    return (await Agent("b", model=MODEL, tools=agent.tools, budget=budget).run("Hi")).outcome


async def by_conversation(budget: Budget, agent: Agent) -> Outcome:
    chat = agent.conversation()
    await chat.send("Hi", budget=budget)
    return (await chat.send("Hi again", budget=budget)).outcome


async def by_stream(budget: Budget, agent: Agent) -> Outcome:
    async with agent.stream("Hi", budget=budget) as run:
        events = [event async for event in run]
    assert all(event.outcome is run.result.outcome for event in events if isinstance(event, RunFinished))
    return run.result.outcome


async def by_map(budget: Budget, agent: Agent) -> Outcome:
    first, second = await agent.map(["a", "b"], budget=budget)
    assert first.result is not None
    assert second.result is not None
    assert first.result.outcome is second.result.outcome
    return first.result.outcome


async def by_block(budget: Budget, agent: Agent) -> Outcome:
    with stop_over_budget(budget) as spent:
        result = await agent.run("Hi")
    assert (spent.is_exhausted, spent.requests) == (True, 0)
    with pytest.raises(BudgetExceeded), fail_over_budget(budget):
        await agent.run("Hi")
    return result.outcome


@pytest.mark.parametrize("budget", LIMITS, ids=str)
@pytest.mark.parametrize("call", [by_run, by_agent, by_conversation, by_stream, by_map, by_block])
@pytest.mark.parametrize("tools", [[], [look]], ids=["no tools", "tools"])
async def test_nothing_is_sent(call: Callable[[Budget, Agent], Awaitable[Outcome]], budget: Budget, tools: Any) -> None:
    with script() as model:
        assert await call(budget, Agent("a", model=MODEL, tools=tools)) is Outcome.BUDGET_EXHAUSTED
    assert model.requests == []


@pytest.mark.parametrize("budget", LIMITS, ids=str)
async def test_a_sub_agent_without_anything_left_does_not_end_its_parent(budget: Budget) -> None:
    helper = Agent("helper", model=MODEL)
    lead = Agent("lead", model=MODEL, tools=[helper.as_tool(budget=budget)])
    with script(Reply.tool("helper", objective="Help."), Reply.text("Without help.")) as model:
        result = await lead.run("Hi")
    assert (result.output, len(model.requests)) == ("Without help.", 2)
    assert [child.outcome for child in result.children] == [Outcome.BUDGET_EXHAUSTED]


async def test_the_reason_has_the_numbers() -> None:
    with script():
        result = await Agent("a", model=MODEL).run("Hi", budget=Budget(max_cost_usd=0))
    assert "The budget of the run does not cover another call: max_cost_usd=0: $0.0000 spent, up to $" in result.reason
    assert "requests" not in result.reason


class TestACutCall:
    """A call that was cut off under a budget with room for more, if not for twice as much."""

    @pytest.mark.parametrize("budget", [Budget(max_cost_usd=0.5), Budget(max_output_tokens=30_000)], ids=str)
    async def test_it_is_repeated_with_what_fits(self, budget: Budget) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[look])
        replies = [Reply.tool("look"), Reply.tool("look"), Reply.text("Done.")]
        with script(*replies, faults=["max_tokens:tool_use"]) as model:
            result = await agent.run("Hi", budget=budget)
        assert (result.output, result.outcome) == ("Done.", Outcome.COMPLETED)
        assert 16_000 <= model.requests[1]["max_tokens"] < 32_000

    async def test_a_sub_agents_is_too(self) -> None:
        helper = Agent("helper", model="claude-opus-5-5", tools=[look], budget=Budget(max_cost_usd=0.5))
        lead = Agent("lead", model=MODEL, tools=[helper.as_tool()])
        replies = [Reply.tool("helper", objective="Look."), Reply.tool("look"), Reply.tool("look"), Reply.text("Seen.")]
        with script(*replies, Reply.text("Done."), faults=[None, "max_tokens:tool_use"]):
            result = await lead.run("Hi")
        assert (result.output, [child.outcome for child in result.children]) == ("Done.", [Outcome.COMPLETED])

    async def test_one_that_is_cut_again_and_again_ends(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[look])
        always = Mix(rate=1, among=["max_tokens:tool_use"])
        with script(lambda _: Reply.tool("look"), faults=always) as model:
            result = await agent.run("Hi", budget=Budget(max_cost_usd=0.5))
        assert not result.ok
        assert len(model.requests) < 12
