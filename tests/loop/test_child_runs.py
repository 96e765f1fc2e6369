"""How the calls of sub-agents are numbered, what is unfinished of them, and how one is stopped from elsewhere."""

from __future__ import annotations

import pytest

from agentkit import Agent, Outcome, RunResult, Settings, Unfinished
from agentkit.loop.child_runs import CallNumber, ChildRuns
from agentkit.messages.message import JSONObject, ToolCall
from agentkit.run.result import Answer
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


def call(call_id: str, name: str = "reader", agent: str = "") -> ToolCall:
    return ToolCall(call_id, name, {"agent": agent} if agent else {})


def result(outcome: Outcome, *, reason: str = "", has_answer: bool = False) -> RunResult[object]:
    answer: Answer[object] | None = Answer("Tea.") if has_answer else None
    return RunResult(run_id="r", agent="reader", outcome=outcome, reason=reason, answer=answer)


async def test_calls_are_numbered_in_order_and_those_that_came_to_nothing_are_not_counted() -> None:
    children = ChildRuns()
    first, second, third, other = call("1"), call("2"), call("3"), call("4", "writer")
    children.number_calls([first, second, other])
    children.record_start(second)
    children.number_calls([third])
    assert [children.call_number(one) for one in (first, second, third)] == [
        CallNumber(of_agent=1, of_started=1, of_run=1),
        CallNumber(of_agent=2, of_started=2, of_run=2),
        CallNumber(of_agent=3, of_started=2, of_run=4),
    ]
    assert children.call_number(other) == CallNumber(of_agent=1, of_started=1, of_run=3)


async def test_what_is_started_in_the_background_is_numbered_by_agent() -> None:
    children = ChildRuns()
    calls = [call("1", "start_agent", "reader"), call("2", "start_agent", "writer"), call("3", "start_agent", "reader")]
    children.number_calls(calls)
    assert [children.call_number(one).of_agent for one in calls] == [1, 1, 2]


async def test_of_several_tries_the_last_one_says_whether_a_call_is_unfinished() -> None:
    children = ChildRuns()
    children.add_result(call("1"), result(Outcome.REFUSED))
    children.add_result(call("1"), result(Outcome.COMPLETED, has_answer=True))
    children.add_result(call("2"), result(Outcome.REFUSED))
    children.add_result(call("2"), result(Outcome.FAILED, reason="No."))
    children.add_result(call("3"), result(Outcome.CANCELLED))
    assert [*children.unfinished_calls(("lead",), excluded={"3"})] == [
        Unfinished(("lead", "reader"), "reader", "2", "failed: No.")
    ]
    assert len(children.results) == 5


async def test_without_a_tool_that_starts_nothing_stands_beside_the_work() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("work")

    await ChildRuns().run_alongside(work, ["reader"])
    assert done == ["work"]


async def test_what_began_early_and_was_thrown_away_is_not_missed() -> None:
    reader = Agent("reader", model="claude-haiku-5-5")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()], settings=Settings(max_tokens=2_000))
    turns: list[JSONObject] = []

    async def answer(request: JSONObject) -> Reply:
        if "tools" not in request:
            return Reply.refusal("No.")
        turns.append(request)
        begin = Reply.tool("reader", objective="Read.") + Reply.text("And more.")
        return begin.replace(stop_reason="max_tokens") if len(turns) == 1 else Reply.text("Done.")

    with script(answer):
        run = await lead.run("Go")
    assert run.output == "Done."
    assert run.unfinished == ()
    assert len(run.children) == 1
