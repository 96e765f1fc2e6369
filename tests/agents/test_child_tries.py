"""Further tries of a sub-agent that gave no answer: once more, or by another model, all of them on the same terms."""

from __future__ import annotations

import anyio
import pytest

from agentkit import Agent, Budget, Outcome, RunFinished, RunStarted, ToolStarted
from agentkit.agents.background_tools import background
from agentkit.messages.message import Content, JSONObject
from agentkit.run.delegation_terms import Escalate
from agentkit.run.middleware import CallTool, ToolRun
from agentkit.testing import Reply, script
from tests.agents.delegating import lead, look, never, play, reader, told
from tests.run.test_steps import Recording, Replaying

pytestmark = pytest.mark.anyio


async def test_a_child_that_gave_no_answer_is_tried_once_more_in_a_new_conversation() -> None:
    with script(play(Reply.refusal("No."), Reply.text("Tea."))) as s:
        result = await lead(reader.as_tool(on_failure="retry")).run("Go")
    assert told(s)["content"] == "Tea."
    assert [len(request["messages"]) for request in s.requests] == [1, 1, 1, 3]
    first, second = result.children
    assert (first.outcome, second.outcome) == (Outcome.REFUSED, Outcome.COMPLETED)
    assert second.run_id == f"{first.run_id}.2"
    assert result.unfinished == ()
    assert result.usage.requests == 4
    assert result.cost.usd == pytest.approx(s.ledger.usd)


async def test_a_second_failure_is_told_and_there_is_no_third_try() -> None:
    with script(play(Reply.refusal("No."), Reply.refusal("Not at all."))) as s:
        result = await lead(reader.as_tool(on_failure="retry")).run("Go")
    assert told(s)["content"].startswith("The sub-agent `reader` gave no answer after 2 tries; its outcome is refused.")
    assert [one.reason.split(":")[0] for one in result.unfinished] == ["refused"]


async def test_a_child_that_gave_no_answer_escalates_to_another_model() -> None:
    with script(play(Reply.refusal("No."), Reply.text("Tea."))) as s:
        await lead(reader.as_tool(on_failure=Escalate("claude-sonnet-5-5"))).run("Go")
    asked = [request["model"] for request in s.requests]
    assert asked == ["claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"]
    assert told(s)["content"] == "Tea."


async def test_the_budget_of_a_call_is_that_of_all_its_tries() -> None:
    budget = Budget(max_requests=1)
    with script(play(Reply.refusal("No."))) as s:
        result = await lead(reader.as_tool(budget=budget, on_failure="retry")).run("Go")
    assert [child.outcome for child in result.children] == [Outcome.REFUSED, Outcome.BUDGET_EXHAUSTED]
    assert "its outcome is budget_exhausted. The budget of the delegation to 'reader'" in told(s)["content"]


async def test_an_exhausted_budget_is_not_tried_again() -> None:
    agent = Agent("reader", model="claude-haiku-5-5", tools=[look])
    budget = Budget(max_requests=1)
    with script(play(Reply.tool("look"))) as s:
        result = await lead(agent.as_tool(budget=budget, on_failure="retry")).run("Go")
    assert [child.outcome for child in result.children] == [Outcome.BUDGET_EXHAUSTED]
    assert "tries" not in told(s)["content"]


async def test_the_tries_of_a_call_have_steps_of_their_own_and_replay() -> None:
    recording = Recording()
    agent = lead(reader.as_tool(on_failure="retry"))
    with script(play(Reply.refusal("No."), Reply.text("Tea."))):
        first = await agent.run("Go", run_id="r", steps=recording)
    call_id = first.children[0].run_id.removeprefix("r/")
    assert [name for name in recording.journal if name.endswith("model:1")] == [
        "model:1",
        f"tool:{call_id}/model:1",
        f"tool:{call_id}/try:2/model:1",
    ]
    with script():
        again = await agent.run("Go", run_id="r", steps=Replaying(dict(recording.journal)))
    assert (again.output, again.messages) == (first.output, first.messages)
    assert [child.outcome for child in again.children] == [child.outcome for child in first.children]


async def test_middleware_may_make_the_call_again_and_nothing_is_mixed_up() -> None:
    async def twice(call: ToolRun, next: CallTool) -> Content:
        await next(call)
        return await next(call)

    recording = Recording()
    agent = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()], around_tool=[twice])
    with script(play(Reply.text("One."), Reply.text("Two."))) as s:
        result = await agent.run("Go", run_id="r", steps=recording)
    assert told(s)["content"] == "Two."
    first, second = result.children
    assert second.run_id == f"{first.run_id}.2"


async def test_from_python_the_same_terms_hold() -> None:
    with script(Reply.refusal("No."), Reply.text("See above."), Reply.text("Tea.")):
        assert await reader.as_tool(on_failure="retry", budget=Budget(max_requests=3))("Find tea.") == "Tea."


async def test_the_time_of_a_call_is_that_of_all_its_tries() -> None:
    async def late(request: JSONObject) -> Reply:
        await anyio.sleep(0.5)
        return Reply.refusal("No.")

    with script(play(late, never)):
        result = await lead(reader.as_tool(timeout_s=2, on_failure="retry")).run("Go")
    assert [child.outcome for child in result.children] == [Outcome.REFUSED, Outcome.CANCELLED]


async def test_every_event_says_where_it_belongs_whichever_way_a_child_was_started() -> None:
    bottom = Agent("bottom", model="claude-haiku-5-5")
    middle = Agent("middle", model="claude-sonnet-5-5", tools=[bottom.as_tool(on_failure="retry")])
    top = Agent("top", model="claude-opus-5-5", tools=[middle.as_tool(), background(middle.as_tool())])
    begin = Reply.tool("middle", objective="Go.") + Reply.tool(
        "start_agent", agent="middle", input={"objective": "Go."}
    )
    collect = Reply.tool("collect_agent", handles=[])

    def answer(request: JSONObject) -> Reply:
        turn = len(request["messages"]) // 2
        if request["model"] == "claude-opus-5-5":
            return [begin, collect, Reply.text("Done.")][turn]
        if request["model"] == "claude-sonnet-5-5":
            return [Reply.tool("bottom", objective="Go."), Reply.text("Done.")][turn]
        return Reply.refusal("No.")

    with script(answer):
        async with top.stream("Go") as run:
            events = [event async for event in run]
    begun = {event.run_id: event.path for event in events if isinstance(event, RunStarted)}
    calls = {(event.run_id, event.call_id) for event in events if isinstance(event, ToolStarted)}
    assert len(begun) == 7
    assert {event.run_id for event in events if isinstance(event, RunFinished)} == begun.keys()
    for event in events:
        assert event.path == begun[event.run_id]
        if event.parent_call_id is not None:
            parent = event.run_id.rpartition("/")[0]
            assert event.path[:-1] == begun[parent]
            assert (parent, event.parent_call_id) in calls
