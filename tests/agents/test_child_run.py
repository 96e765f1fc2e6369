"""A sub-agent's run on its terms: time limits, checks of its output; and what the parent is told."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from agentkit import Agent, Budget, Outcome, OutputRejected, RunFinished, RunResult, Unfinished
from agentkit.agents.output_checks import POINTER_ONLY_NOTE
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.agents.delegating import lead, look, never, play, reader, told, wait

pytestmark = pytest.mark.anyio


@dataclass
class Price:
    euros: float


# -- time ------------------------------------------------------------------------------------------------------


async def test_a_child_that_takes_too_long_is_stopped_and_the_parent_reads_how_far_it_came() -> None:
    slow = Agent("reader", model="claude-haiku-5-5", tools=[wait])
    with script(play(Reply.text("Tea costs 4 EUR. Now coffee.") + Reply.tool("wait"))) as s:
        result = await lead(slow.as_tool(timeout_s=1.5)).run("Go")
    assert told(s)["is_error"]
    assert told(s)["content"] == (
        "The sub-agent `reader` gave no answer; its outcome is cancelled. It was stopped after 1.5 s, its time limit.\n"
        "The last thing that it said:\nTea costs 4 EUR. Now coffee."
    )
    assert result.ok
    (child,) = result.children
    assert child.outcome is Outcome.CANCELLED
    assert child.usage.requests == 1
    reason = "cancelled: It was stopped after 1.5 s, its time limit."
    call_id = told(s)["tool_use_id"]
    assert Unfinished(("lead", "reader"), "reader", call_id, reason) in result.unfinished
    assert [one.name for one in result.unfinished] == ["reader", "wait"]
    assert result.cost.usd == pytest.approx(s.ledger.usd)


async def test_a_child_that_was_stopped_is_reported_as_finished() -> None:
    with script(play(never)):
        async with lead(reader.as_tool(timeout_s=0.5)).stream("Go") as run:
            events = [event async for event in run]
    ends = {event.path: event.outcome for event in events if isinstance(event, RunFinished)}
    assert ends == {("lead", "reader"): Outcome.CANCELLED, ("lead",): Outcome.COMPLETED}


async def test_the_parents_own_end_is_not_taken_for_the_childs_time_limit() -> None:
    with script(play(never, never)):
        with anyio.move_on_after(0.2) as scope:
            await lead(reader.as_tool(timeout_s=30)).run("Go")
        assert scope.cancelled_caught
        limited = await lead(reader.as_tool(timeout_s=30)).run("Go", budget=Budget(max_seconds=1.5))
    assert limited.outcome is Outcome.BUDGET_EXHAUSTED
    assert limited.children[0].outcome in (Outcome.BUDGET_EXHAUSTED, Outcome.CANCELLED)


async def test_what_is_only_slow_to_close_has_ended_with_its_answer() -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Price]:
        yield Price(4)
        await anyio.sleep_forever()

    slow = Agent("reader", model="claude-haiku-5-5", deps=opened)
    with script(play(Reply.text("Tea."))) as s:
        async with lead(slow.as_tool(timeout_s=1.5)).stream("Go") as run:
            ends = [event async for event in run if isinstance(event, RunFinished)]
    assert told(s)["content"] == "Tea."
    assert [event.outcome for event in ends] == [Outcome.COMPLETED, Outcome.COMPLETED]


# -- checks of the output --------------------------------------------------------------------------------------


def is_dear(price: Price) -> str | None:
    return None if price.euros < 10 else "Tea is never so dear: look again."


async def is_dear_async(price: Price) -> str | None:
    await anyio.lowlevel.checkpoint()
    return is_dear(price)


@pytest.mark.parametrize("verify", [is_dear, is_dear_async])
async def test_an_output_that_is_not_right_goes_back_with_the_reason(verify: Any) -> None:
    typed = Agent("reader", model="claude-haiku-5-5", output=Price)
    with script(play(Reply.output(Price(40)), Reply.output(Price(4)))) as s:
        result = await lead(typed.as_tool(verify=verify)).run("Go")
    assert s.requests[2]["messages"][-1]["content"][0]["text"] == "Tea is never so dear: look again."
    assert told(s)["content"] == '{"euros":4.0}'
    assert result.children[0].output == Price(4)


async def test_an_output_that_stays_wrong_ends_as_invalid_output() -> None:
    typed = Agent("reader", model="claude-haiku-5-5", output=Price, output_retries=1)
    with script(play(Reply.output(Price(40)), Reply.output(Price(50)))) as s:
        result = await lead(typed.as_tool(verify=is_dear)).run("Go")
    assert result.children[0].outcome is Outcome.INVALID_OUTPUT
    assert result.children[0].answer is None
    assert told(s)["content"] == (
        "The sub-agent `reader` gave no answer; its outcome is invalid_output. Tea is never so dear: look again.\n"
        'The last thing that it said:\n{"euros":50}'
    )


async def test_an_answer_by_the_answer_tool_is_checked_too() -> None:
    loose = Agent("reader", model="claude-haiku-5-5", output=dict[str, float])
    with script(play(Reply.tool("give_answer", tea=40.0), Reply.tool("give_answer", tea=4.0))) as s:
        result = await lead(loose.as_tool(verify=lambda prices: None if prices["tea"] < 10 else "Too dear.")).run("Go")
    sent_back = s.requests[2]["messages"][-1]["content"][0]
    assert (sent_back["is_error"], sent_back["content"]) == (True, "Too dear.")
    assert result.children[0].output == {"tea": 4.0}


async def test_a_check_that_raises_fails_its_own_child_only(caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: JSONObject) -> Reply:
        if "tools" not in request:
            return Reply.text(json.loads(request["messages"][0]["content"])["objective"])
        if len(request["messages"]) > 1:
            return Reply.text("Done.")
        return Reply.tool("reader", objective="tea") + Reply.tool("reader", objective="coffee")

    def check(text: str) -> str | None:
        if "tea" in text:
            raise LookupError("the password is swordfish")
        return None

    with caplog.at_level(logging.ERROR, logger="agentkit"), script(answer) as s:
        async with lead(reader.as_tool(verify=check, on_failure="retry")).stream("Go") as run:
            ends = [event async for event in run if isinstance(event, RunFinished)]
    first, second = s.requests[-1]["messages"][-1]["content"]
    assert first["is_error"]
    assert "internal error (error id" in first["content"]
    assert "swordfish" not in first["content"]
    assert second["content"] == "coffee"
    assert "swordfish" in caplog.text
    result = run.result
    assert {(child.outcome, child.reason) for child in result.children} == {
        (Outcome.COMPLETED, ""),
        (Outcome.FAILED, "The program raised LookupError."),
    }
    assert [event.outcome for event in ends if event.parent_call_id == first["tool_use_id"]] == [Outcome.FAILED]
    assert result.cost.usd == pytest.approx(s.ledger.usd)


async def test_an_answer_that_points_elsewhere_is_sent_back_once() -> None:
    report = Reply.text("Tea costs 4 EUR.")
    with script(play(Reply.text("As I said above."), report)) as s:
        await lead(reader.as_tool()).run("Go")
    assert s.requests[2]["messages"][-1]["content"][0]["text"] == POINTER_ONLY_NOTE
    assert told(s)["content"] == "Tea costs 4 EUR."
    with script(play(Reply.text("See above."), Reply.text("As I said above."))) as s:
        async with lead(reader.as_tool()).stream("Go") as run:
            rejected = [event.reason async for event in run if isinstance(event, OutputRejected)]
    assert rejected == [POINTER_ONLY_NOTE]
    assert told(s)["content"] == "As I said above."


async def test_an_empty_answer_is_sent_back_once() -> None:
    with script(play(Reply(), Reply.text("Tea."))) as s:
        await lead(reader.as_tool()).run("Go")
    assert told(s)["content"] == "Tea."
    with script(play(Reply(), Reply())) as s:
        await lead(reader.as_tool()).run("Go")
    assert "its outcome is empty" in told(s)["content"]


async def test_what_only_points_elsewhere_is_not_the_last_thing_that_was_said() -> None:
    said = "Tea costs 4 EUR. " * 400
    with script(play(Reply.text(said) + Reply.tool("look"), Reply.text("See above."))) as s:
        agent = Agent("reader", model="claude-haiku-5-5", output_retries=0, tools=[look])
        await lead(agent.as_tool()).run("Go")
    assert "its outcome is invalid_output" in told(s)["content"]
    assert "The last thing that it said:\nTea costs 4 EUR. " in told(s)["content"]
    assert told(s)["content"].endswith("[cut off here]")
    assert len(told(s)["content"]) < 4_500


async def test_an_answer_of_a_child_that_was_cut_off_says_so() -> None:
    agent = Agent("reader", model="claude-haiku-5-5", tools=[look], max_turns=2)
    with script(play(Reply.tool("look"), Reply.text("Tea, I think."))) as s:
        result: RunResult[str] = await lead(agent.as_tool()).run("Go")
    assert result.children[0].outcome is Outcome.MAX_TURNS
    answer, note = told(s)["content"]
    assert answer["text"] == "Tea, I think."
    assert note["text"] == "[The sub-agent `reader` was cut off, max_turns: this is the best answer it had.]"
