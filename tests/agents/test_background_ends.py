"""How runs with sub-agents in the background end: nothing of these outlives the run unnoticed."""

from __future__ import annotations

import gc

import anyio
import pytest

from agentkit import Agent, Budget, Outcome, RunFinished, RunStarted, ToolFinished, Unfinished
from agentkit.agents.background_tools import background
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.agents.delegating import CHILD, LEAD, child, collect, read_by_lead, say, start
from tests.agents.test_background_tools import lead, writer
from tests.run.test_steps import Recording, Replaying

pytestmark = pytest.mark.anyio

RUN_ENDED = "It was still running when the run ended."
STOPPED = "Stopped: the time of this run is over."


async def test_a_model_that_ends_too_early_is_told_once_who_is_left() -> None:
    early = Reply.text("Done.")
    with script(say(start("writer", "hang"), early, collect(wait=False), Reply.text("Done, really."))) as s:
        result = await lead.run("Go")
    (said,) = read_by_lead(s, 2)
    assert said == (
        "Before you end: `writer-1` still runs. Call `collect_agent` for what you need, then give your answer. If you "
        "answer without it, what still runs is stopped."
    )
    assert result.output == "Done, really."
    assert [one.reason for one in result.children] == [RUN_ENDED]
    assert [(one.path, one.name, one.reason) for one in result.unfinished] == [
        (("lead", "writer"), "start_agent", f"cancelled: {RUN_ENDED}")
    ]


async def test_a_result_that_nobody_has_seen_is_named_before_the_end() -> None:
    async def slow_end(request: JSONObject) -> Reply:
        if request["model"] != LEAD:
            return await child(request)
        if len(request["messages"]) == 3:
            await seen.wait()
        return replies.pop(0)

    seen = anyio.Event()
    replies = [start("writer", "words"), Reply.text("Done."), collect(), Reply.text("Done: words.")]
    with script(slow_end) as s:
        async with lead.stream("Go") as run:
            async for event in run:
                if isinstance(event, RunFinished) and event.parent_call_id:
                    seen.set()
    assert read_by_lead(s, 2)[0].startswith("Before you end: `writer-1` has ended, and you have not seen its result.")
    assert run.result.output == "Done: words."
    assert run.result.unfinished == ()


async def test_an_answer_by_the_answer_tool_waits_for_the_reminder_too() -> None:
    typed = Agent("lead", model=LEAD, output=dict[str, int], tools=lead.tools, output_retries=0)
    answer = Reply.tool("give_answer", tea=4)
    with script(say(start("writer", "hang"), answer, answer)) as s:
        result = await typed.run("Go")
    assert read_by_lead(s, 2)[0].startswith("Before you end: `writer-1` still runs.")
    assert (result.outcome, result.output) == (Outcome.COMPLETED, {"tea": 4})


async def test_on_the_last_turn_nobody_is_reminded() -> None:
    short = Agent("lead", model=LEAD, tools=lead.tools, max_turns=2)
    with script(say(start("writer", "hang"), Reply.text("Done."))):
        result = await short.run("Go")
    assert (result.outcome, result.output) == (Outcome.MAX_TURNS, "Done.")
    assert [one.reason for one in result.children] == [RUN_ENDED]


async def test_every_end_is_reported_also_that_of_a_stopped_child() -> None:
    with script(say(start("writer", "hang"), Reply.text("Done."), Reply.text("Done."))):
        async with lead.stream("Go") as run:
            events = [event async for event in run]
    (began,) = [event for event in events if isinstance(event, RunStarted) and event.parent_call_id]
    (ended,) = [event for event in events if isinstance(event, RunFinished) and event.parent_call_id]
    call = next(event for event in events if isinstance(event, ToolFinished))
    assert (began.run_id, began.parent_call_id) == (ended.run_id, call.call_id)
    assert began.run_id == f"{run.result.run_id}/{call.call_id}"
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, RUN_ENDED)


async def test_cancelling_the_run_cancels_what_it_started() -> None:
    with script(say(start("writer", "hang"), collect())):
        async with lead.stream("Go") as run:
            async for event in run:
                if isinstance(event, ToolFinished) and event.name == "start_agent":
                    run.cancel()
    assert run.result.outcome is Outcome.CANCELLED
    assert [one.outcome for one in run.result.children] == [Outcome.CANCELLED]
    assert [one.name for one in run.result.unfinished].count("start_agent") == 1
    with script(say(start("writer", "hang"), collect())), anyio.move_on_after(0.3) as scope:
        await lead.run("Go")
    assert scope.cancelled_caught
    gc.collect()


async def test_a_deadline_of_the_run_ends_what_it_started() -> None:
    with script(say(start("writer", "hang"), collect())):
        result = await lead.run("Go", budget=Budget(max_seconds=2))
    assert result.outcome is Outcome.BUDGET_EXHAUSTED
    assert len(result.children) == 1
    assert Unfinished(("lead",), "collect_agent", result.messages[3]["content"][0]["id"], STOPPED) in result.unfinished


async def test_an_api_that_fails_the_parent_ends_its_children() -> None:
    failure = Reply.failure(400, "invalid_request_error", "No.")
    with script(say(start("writer", "hang"), failure)):
        result = await lead.run("Go")
    assert result.outcome is Outcome.FAILED
    assert [one.reason for one in result.children] == [RUN_ENDED]


async def test_a_map_of_runs_with_children_keeps_them_apart() -> None:
    async def answer(request: JSONObject) -> Reply:
        if request["model"] != LEAD:
            return await child(request)
        turn = len(request["messages"]) // 2
        item = request["messages"][0]["content"]
        return [start("reader", item), collect("reader-1"), Reply.text(f"{item} is done.")][turn]

    with script(answer):
        results = await lead.map([f"item {number}" for number in range(8)])
    assert [one.output for one in results] == [f"item {number} is done." for number in range(8)]  # type: ignore[union-attr]


async def test_a_sub_agent_may_have_a_background_of_its_own() -> None:
    middle = Agent("middle", model="claude-sonnet-5-5", tools=[background(writer.as_tool())])
    top = Agent("top", model=LEAD, tools=[background(middle.as_tool())])

    async def answer(request: JSONObject) -> Reply:
        turn = len(request["messages"]) // 2
        if request["model"] == CHILD:
            return await child(request)
        below = "middle" if request["model"] == LEAD else "writer"
        return [start(below, "words"), collect(), Reply.text("Done.")][turn]

    with script(answer):
        async with top.stream("Go") as run:
            paths = {event.path async for event in run}
    assert paths == {("top",), ("top", "middle"), ("top", "middle", "writer")}
    assert run.result.usage.requests == 7


async def test_a_run_with_a_background_can_be_replayed() -> None:
    early = Reply.text("Done.")
    recording = Recording()
    begin = start("reader", "tea") + start("writer", "words")
    with script(say(begin, collect("reader-1"), early, collect(), Reply.text("Done."))):
        first = await lead.run("Go", run_id="r", steps=recording)  # pyright: ignore[reportArgumentType]
    with script():
        again = await lead.run("Go", run_id="r", steps=Replaying(dict(recording.journal)))  # pyright: ignore[reportArgumentType]
    assert (again.output, again.messages) == (first.output, first.messages)
    assert {one.run_id for one in again.children} == {one.run_id for one in first.children}
