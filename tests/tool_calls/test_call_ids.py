"""A server that numbers calls anew in every turn: each call is still told apart, and the history keeps its ids."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from agentkit import (
    Agent,
    Artifact,
    Event,
    Outcome,
    RunContext,
    RunResult,
    Slot,
    Step,
    Steps,
    ToolFinished,
    ToolStarted,
    tool,
)
from agentkit.messages.message import JSONObject, ToolCall
from agentkit.run.steps import StepFunction
from agentkit.simulator import Reply
from agentkit.testing import called, expect, script
from agentkit.tool_calls.call_ids import CallIds

MODEL = "claude-haiku-5-5"


def calls(*asked: tuple[str, str], first: int = 0) -> Reply:
    """A turn with calls of tools, each with one argument, numbered from `call_0` on."""
    blocks = [
        Reply.block({"type": "tool_use", "id": f"call_{first + n}", "name": name, "input": {"item": item}})
        for n, (name, item) in enumerate(asked)
    ]
    return sum(blocks[1:], blocks[0])


@dataclass
class Keys:
    """The idempotency keys of the calls, by their items."""

    seen: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@tool(effect="write")
async def order(ctx: RunContext[Keys], item: str) -> str:
    """Order an item."""
    ctx.deps.seen.append((item, ctx.idempotency_key))
    return f"ordered {item}"


@tool(effect="read")
async def price(ctx: RunContext[Keys], item: str) -> str:
    """Look up a price."""
    ctx.deps.seen.append((item, ctx.idempotency_key))
    return f"{item}: 4 EUR"


SELLER = Agent("seller", model=MODEL, tools=[order, price], deps=Keys)
THREE_TURNS = (
    calls(("price", "tea"), ("order", "tea")),
    calls(("price", "mate"), ("order", "mate")),
    calls(("order", "cocoa")),
    Reply.text("Done."),
)


def results_of(result: RunResult[str]) -> list[tuple[str, str]]:
    blocks = [block for message in result.messages[1:] for block in message["content"]]
    return [(block["tool_use_id"], block["content"]) for block in blocks if block["type"] == "tool_result"]


def test_a_call_keeps_its_id_and_takes_the_turns_number_where_it_came_before() -> None:
    ids = CallIds()
    first, again = [ToolCall("call_0", "a", {}), ToolCall("call_1", "a", {})], [ToolCall("call_0", "b", {})]
    assert ids.own_ids(first, 1) is first
    assert ids.with_own_id(again[0], 2) == ids.own_ids(again, 2)[0] == ToolCall("call_0@2", "b", {}, block_id="call_0")
    assert [call.id for call in ids.own_ids([ToolCall("call_0@2", "c", {})], 3)] == ["call_0@2@3"]
    assert [call.id for call in ids.own_ids([ToolCall("call_0", "c", {})], 2)] == ["call_0@2+"]


@pytest.mark.anyio
async def test_results_keys_and_events_tell_the_calls_apart() -> None:
    deps, events = Keys(), list[Event]()
    with script(*THREE_TURNS):
        async with SELLER.stream("Go", deps=deps, run_id="r") as run:
            events += [event async for event in run]
    assert run.result.ok
    assert results_of(run.result) == [
        ("call_0", "tea: 4 EUR"),
        ("call_1", "ordered tea"),
        ("call_0", "mate: 4 EUR"),
        ("call_1", "ordered mate"),
        ("call_0", "ordered cocoa"),
    ]
    assert deps.seen == [
        ("tea", "r:call_0"),
        ("tea", "r:call_1"),
        ("mate", "r:call_0@2"),
        ("mate", "r:call_1@2"),
        ("cocoa", "r:call_0@3"),
    ]
    for kind in (ToolStarted, ToolFinished):
        ids = [event.call_id for event in events if isinstance(event, kind)]
        assert sorted(ids) == ["call_0", "call_0@2", "call_0@3", "call_1", "call_1@2"]


@dataclass
class Journal(Steps):
    """Steps that keep their values, and give them again."""

    is_durable: ClassVar[bool] = True
    values: dict[str, str] = field(default_factory=dict[str, str])
    prefix: str = ""

    def reserve(self, step: Step) -> Slot:
        return Slot(self.prefix + step.name, step)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        if slot.name not in self.values:
            self.values[slot.name] = json.dumps(await effect())
        value: JSONObject = json.loads(self.values[slot.name])
        return value

    def under(self, slot: Slot) -> Journal:
        return Journal(self.values, f"{slot.name}/")


@pytest.mark.anyio
async def test_no_step_is_taken_for_one_of_an_earlier_turn() -> None:
    """And a replay executes nothing again."""
    journal, deps = Journal(), Keys()
    for replies in (THREE_TURNS, ()):
        with script(*replies):
            result = await SELLER.run("Go", deps=deps, run_id="r", steps=journal)
        assert result.ok
    assert [item for item, _ in deps.seen] == ["tea", "tea", "mate", "mate", "cocoa"]
    steps = sorted(name for name in journal.values if name.startswith("tool:"))
    assert steps == ["tool:call_0", "tool:call_0@2", "tool:call_0@3", "tool:call_1", "tool:call_1@2"]


@pytest.mark.anyio
async def test_a_conversation_begins_with_plain_ids_in_every_run() -> None:
    deps = Keys()
    chat = SELLER.conversation()
    for run_id in ("one", "two"):
        with script(calls(("order", "tea")), Reply.text("Done.")):
            assert (await chat.send("Go", deps=deps, run_id=run_id)).ok
    assert [key for _, key in deps.seen] == ["one:call_0", "two:call_0"]


@pytest.mark.anyio
async def test_the_same_id_twice_in_one_turn_stays_a_fault() -> None:
    twice = calls(("order", "tea")) + calls(("order", "mate"))
    deps = Keys()
    with script(twice, twice, twice):
        result = await SELLER.run("Go", deps=deps)
    assert (result.outcome, deps.seen) == (Outcome.FAILED, [])
    assert "gave an id to two tool calls" in result.reason
    with script(calls(("order", "tea")), twice, calls(("order", "mate")), Reply.text("Done.")):
        result = await SELLER.run("Go", deps=deps)
    assert result.ok
    assert [item for item, _ in deps.seen] == ["tea", "mate"]


@pytest.mark.anyio
async def test_child_runs_and_what_they_left_unfinished_are_told_apart() -> None:
    def reply(request: JSONObject) -> Reply:
        said = str(request["messages"])
        if "Read" in said and "Lead" not in said:
            return Reply.refusal() if "tea" in said else Reply.text("Four.")
        turns = said.count("'role': 'assistant'")
        asked = [("tea", "Read tea"), ("mate", "Read mate"), ("tea", "Read tea too")]
        return calls(("reader", asked[turns][1])) if turns < len(asked) else Reply.text("Done.")

    @dataclass
    class Question:
        item: str

    reader = Agent("reader", model=MODEL, input=Question, description="Reads.")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])
    with script(reply):
        result = await lead.run("Lead", run_id="r")
    assert result.ok
    assert [child.run_id for child in result.children] == ["r/call_0", "r/call_0@2", "r/call_0@3"]
    assert [(one.call_id, one.name) for one in result.unfinished] == [("call_0", "reader"), ("call_0@3", "reader")]
    expect(result, called("reader").times(3))


@pytest.mark.anyio
async def test_artifacts_of_calls_with_one_id_have_handles_of_their_own() -> None:
    @tool(effect="read")
    async def load(item: str) -> Artifact:
        """Load a table."""
        return Artifact(f"all of {item}")

    agent = Agent("a", model=MODEL, tools=[load])
    with script(calls(("load", "tea")), calls(("load", "mate")), Reply.text("Done.")):
        result = await agent.run("Go")
    assert [kept.read() for kept in result.artifacts.values()] == ["all of tea", "all of mate"]
    assert [*result.artifacts] == ["artifact-1", "artifact-2"]


@pytest.mark.anyio
async def test_a_run_that_ends_at_such_a_turn_leaves_a_result_for_each_call() -> None:
    agent = Agent("seller", model=MODEL, tools=[order], deps=Keys, max_turns=2)
    with script(calls(("order", "tea")), calls(("order", "mate"))):
        result = await agent.run("Go", deps=Keys())
    assert result.outcome is Outcome.MAX_TURNS
    assert [call_id for call_id, _ in results_of(result)] == ["call_0", "call_0"]
