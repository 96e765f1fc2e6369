"""A run that is executed again from its steps: what ended a step is part of its value, and the world is not asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from agentkit import Agent, Artifact, Budget, Outcome, RunResult, ToolRun, tool
from agentkit.messages.message import Content, JSONObject
from agentkit.run.middleware import CallTool
from agentkit.testing import Reply, script
from tests.run.test_steps import Recording, Replaying, replaying

pytestmark = pytest.mark.anyio


@dataclass
class World:
    """What differs between the two executions: how long a tool takes, what a check says, which secret is hidden."""

    calls: list[str] = field(default_factory=list[str])
    seconds: float = 0.0


WORLD = World()


@pytest.fixture(autouse=True)
def new_world() -> World:
    WORLD.calls.clear()
    WORLD.seconds = 0.0
    return WORLD


@tool(effect="read")
async def look(word: str) -> str:
    """Look."""
    WORLD.calls.append(word)
    await anyio.sleep(WORLD.seconds)
    return word


@tool(effect="read")
def table() -> Artifact:
    """Get the table."""
    WORLD.calls.append("table")
    return Artifact("a,b\n" * 1_000, summary="numbers", name="t.csv")


@tool(effect="read")
def photo() -> Artifact:
    """Get the photo."""
    return Artifact(b"\x89PNG\r\n\x1a\n" + bytes(2_000))


def play(request: JSONObject) -> Reply:
    """Call `look` until no call is possible any more, or twice."""
    if request.get("tool_choice") == {"type": "none"} or len(request["messages"]) > 4:
        return Reply.text("Tea.")
    return Reply.tool("look", word=str(len(request["messages"])))


async def execute_twice(
    agent: Agent[Any, str, str], reply: Callable[[JSONObject], Reply] = play, **options: Any
) -> tuple[RunResult[Any], RunResult[Any]]:
    """Return the results of a run and of its replay, in which nothing is asked or called."""
    faults, recording = options.pop("faults", []), Recording()
    with script(reply, faults=faults):
        first = await agent.run("Go", run_id="r", steps=recording, **options)
    known = len(WORLD.calls)
    WORLD.seconds = 0.0
    with script() as s:
        again = await agent.run("Go", run_id="r", steps=Replaying(recording.journal), **options)
    assert not s.requests
    assert len(WORLD.calls) == known
    assert (again.outcome, again.answer, again.messages) == (first.outcome, first.answer, first.messages)
    assert (again.reason, str(again.cost), again.usage) == (first.reason, str(first.cost), first.usage)
    return first, again


async def test_a_run_that_fell_back_to_another_model_asks_nobody_again() -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[look], fallback="claude-sonnet-5-5")
    first, _ = await execute_twice(agent, faults=["status:404"])
    assert first.output == "Tea."


async def test_a_run_that_the_api_failed_fails_again_in_the_same_words() -> None:
    first, again = await execute_twice(Agent("a", model="claude-haiku-5-5"), faults=["status:400"])
    assert first.outcome is Outcome.FAILED
    assert first.error is not None
    assert again.error is not None
    assert vars(again.error) == vars(first.error)


async def test_a_used_up_budget_stays_used_up() -> None:
    agent = Agent("a", model="claude-haiku-5-5", tools=[look])
    first, _ = await execute_twice(agent, budget=Budget(max_requests=2))
    assert first.outcome is Outcome.BUDGET_EXHAUSTED


@pytest.mark.parametrize("kept", [3, 5])
async def test_what_was_spent_before_counts_when_a_run_goes_on(kept: int) -> None:
    agent, budget, recording = Agent("a", model="claude-haiku-5-5", tools=[look]), Budget(max_requests=2), Recording()
    with script(play):
        first = await agent.run("Go", run_id="r", steps=recording, budget=budget)
    known = dict([*recording.journal.items()][:kept])
    with script(play) as s:
        again = await agent.run("Go", run_id="r", steps=replaying(dict(known)), budget=budget)
    assert again.usage.requests == 2
    assert len(s.requests) == 2 - sum('"turn"' in value for value in known.values())
    assert (again.outcome, again.messages) == (first.outcome, first.messages)


async def test_the_clock_is_not_asked_again() -> None:
    WORLD.seconds = 1.9
    agent = Agent("a", model="claude-haiku-5-5", tools=[look])
    first, again = await execute_twice(agent, budget=Budget(max_seconds=2.0))
    assert first.outcome is again.outcome is Outcome.BUDGET_EXHAUSTED


async def test_a_check_of_a_sub_agents_output_is_not_asked_again() -> None:
    def verify(text: str) -> str | None:
        WORLD.calls.append(text)
        return "No." if len(WORLD.calls) == 1 else None

    def answer(request: JSONObject) -> Reply:
        count = len(request["messages"])
        if request["model"] == "claude-haiku-5-5":
            return Reply.text("One." if count == 1 else "Two.")
        return Reply.tool("child", objective="Say.") if count == 1 else Reply.text("Yes.")

    child = Agent("child", model="claude-haiku-5-5", description="Says.")
    first, again = await execute_twice(
        Agent("lead", model="claude-opus-5-5", tools=[child.as_tool(verify=verify)]), answer
    )
    assert [one.output for one in again.children] == [one.output for one in first.children] == ["Two."]


async def test_what_a_call_kept_can_be_read_after_it() -> None:
    def read(request: JSONObject) -> Reply:
        match len(request["messages"]):
            case 1:
                return Reply.tool("table") + Reply.tool("photo")
            case 3:
                return Reply.tool("peek_artifact", artifact="artifact-1")
            case _:
                return Reply.text("Seen.")

    first, again = await execute_twice(Agent("a", model="claude-haiku-5-5", tools=[table, photo]), read)
    assert [*again.artifacts] == [*first.artifacts] == ["artifact-1", "artifact-2"]
    for handle, kept in again.artifacts.items():
        assert kept.read() == first.artifacts[handle].read()
        assert (kept.name, kept.media_type) == (first.artifacts[handle].name, first.artifacts[handle].media_type)


async def test_a_mistake_of_the_program_ends_a_replay_as_well() -> None:
    async def forget(call: ToolRun, call_next: CallTool) -> Content:
        await call_next(call)
        return None  # type: ignore[return-value]  # the mistake

    agent = Agent("a", model="claude-haiku-5-5", tools=[look], around_tool=[forget])
    first, again = await execute_twice(agent)
    assert first.outcome is again.outcome is Outcome.FAILED


async def test_the_prompt_goes_out_as_it_was_sent_first(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = Agent("a", model="claude-haiku-5-5", redact=["SHOP_PASSWORD"])
    monkeypatch.setenv("SHOP_PASSWORD", "correct-horse-1")
    recording = Recording()
    with script(Reply.text("Well.")) as s:
        await agent.run("It is correct-horse-1.", run_id="r", steps=recording)
    monkeypatch.setenv("SHOP_PASSWORD", "battery-staple-2")
    known = {name: value for name, value in recording.journal.items() if name in ("input", "prefix")}
    with script(Reply.text("Well.")) as again:
        await agent.run("It is correct-horse-1.", run_id="r", steps=replaying(known))
    assert again.requests[0]["messages"] == s.requests[0]["messages"]
    assert "correct-horse-1" not in str(s.requests) + str(recording.journal)
