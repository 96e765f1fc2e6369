"""A budget of three requests and ten things to do, over real HTTP: the server sees three, and nothing done is lost."""

from __future__ import annotations

import pytest
from anthropic import AsyncAnthropic

from agentkit import Agent, Budget, Done, Failed, Outcome, Unfinished, stop_over_budget
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator

pytestmark = pytest.mark.anyio

TASKS = [f"Read page {n}." for n in range(10)]
reader = Agent("reader", model="claude-haiku-5-5", instructions="You read.")
lead = Agent("lead", model="claude-opus-5-5", instructions="You lead.", tools=[reader.as_tool()])


def answer(request: JSONObject) -> Reply:
    if request["system"] == "You read.":
        return Reply.text("Read.")
    if len(request["messages"]) > 1:
        return Reply.text("One page was read.")
    calls = [Reply.tool("reader", objective=task) for task in TASKS]
    return sum(calls[1:], calls[0])


def client_of(url: str) -> AsyncAnthropic:
    return AsyncAnthropic(api_key="k", base_url=url, max_retries=0)


async def test_of_ten_delegations_one_is_done_and_the_others_are_named() -> None:
    simulator = Simulator(Script(answer))
    async with simulator.serve() as url, client_of(url) as client:
        result = await lead.run("Read all pages.", budget=Budget(max_requests=3), client=client)
    assert len(simulator.requests) == 3
    assert result.outcome is Outcome.BUDGET_EXHAUSTED
    assert result.output == "One page was read."
    assert [child.output for child in result.children if child.ok] == ["Read."]
    calls = [block["id"] for block in result.messages[1]["content"]]
    answers = {block["tool_use_id"]: block for block in result.messages[2]["content"]}
    done = [call_id for call_id in calls if not answers[call_id].get("is_error")]
    assert [answers[call_id]["content"] for call_id in done] == ["Read."]
    assert {unfinished.call_id for unfinished in result.unfinished} == {*calls} - {*done}
    assert all(is_named(unfinished) for unfinished in result.unfinished)
    assert result.usage.requests == 3


def is_named(unfinished: Unfinished) -> bool:
    return unfinished.path == ("lead", "reader") and unfinished.reason.startswith("budget_exhausted: ")


async def test_of_ten_items_of_a_map_three_are_done_and_the_others_say_why() -> None:
    simulator = Simulator(Script(answer))
    async with simulator.serve() as url, client_of(url) as client:
        results = await reader.map(TASKS, budget=Budget(max_requests=3), client=client)
    assert len(simulator.requests) == 3
    check_three_of_ten(results)


async def test_of_ten_items_in_a_block_three_are_done_and_the_block_ends_quietly() -> None:
    simulator = Simulator(Script(answer))
    async with simulator.serve() as url, client_of(url) as client:
        with stop_over_budget(Budget(max_requests=3)) as spending:
            results = await reader.map(TASKS, client=client)
    assert len(simulator.requests) == spending.requests == 3
    assert spending.is_exhausted
    check_three_of_ten(results)


def check_three_of_ten(results: list[Done[str] | Failed]) -> None:
    assert [result.index for result in results] == list(range(10))
    assert [result.output for result in results if isinstance(result, Done)] == ["Read."] * 3
    assert {result.outcome for result in results if isinstance(result, Failed)} == {Outcome.BUDGET_EXHAUSTED}
