"""The seam: whatever crosses it is JSON, and a finished run can be replayed with every effect forbidden."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from agentkit import (
    Agent,
    Event,
    InMemorySteps,
    RunContext,
    RunResult,
    Settings,
    Slot,
    Step,
    Steps,
    TextDelta,
    ThinkingDelta,
    ToolError,
    ToolProgress,
    tool,
)
from agentkit.messages.message import JSONObject
from agentkit.run.steps import StepFunction
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@dataclass
class Recording(Steps):
    """Steps that keep every value as JSON text, and hand on what that text says."""

    is_durable: ClassVar[bool] = True  # pyright: ignore[reportIncompatibleMethodOverride]
    journal: dict[str, str] = field(default_factory=dict[str, str])
    prefix: str = ""
    reserved: list[str] = field(default_factory=list[str])
    intents: dict[str, str] = field(default_factory=dict[str, str])
    known: frozenset[str] = frozenset()
    """The names that an earlier execution has recorded."""
    handed_out: set[str] = field(default_factory=set[str])

    @property
    def is_replaying(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        own = (name for name in self.known - self.handed_out if name.startswith(self.prefix))
        return any("/" not in name.removeprefix(self.prefix) and not name.endswith("end") for name in own)

    def recorded_charges(self) -> list[JSONObject]:
        below = [json.loads(self.journal[name]) for name in self.known if name.startswith(self.prefix)]
        lost = [json.loads(one) for name, one in self.intents.items() if name.startswith(self.prefix)]
        return [charge for value in (*below, *lost) for charge in value.get("charges", ())]

    def reserve(self, step: Step) -> Slot:
        name = self.prefix + step.name
        if name not in self.reserved:
            self.reserved += [] if step.kind in ("changes", "limits", "time") else [name]  # mostly not executed
        else:
            assert step.kind in ("input", "tool", "agent", "end"), "a step has its name for itself"
        intent = json.loads(self.intents[name]) if name in self.intents and name not in self.known else None
        return Slot(name, step, name in self.known, intent)

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        self.intents[slot.name] = json.dumps(intent, allow_nan=False)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        self.handed_out.add(slot.name)
        if slot.name not in self.known:
            assert slot.name not in self.journal
            self.journal[slot.name] = json.dumps(await effect(), allow_nan=False)
            self.intents.pop(slot.name, None)
        value: JSONObject = json.loads(self.journal[slot.name])
        return value

    def under(self, slot: Slot) -> Recording:
        return replace(self, prefix=f"{slot.name}/")


def replaying(journal: dict[str, str]) -> Recording:
    """Return the steps of another execution of a run with this journal: what it does not have is executed."""
    return Recording(dict(journal), known=frozenset(journal))


class Replaying(Recording):
    """Steps that know every value already and never run an effect."""

    def __init__(self, journal: dict[str, str]) -> None:
        super().__init__(dict(journal), known=frozenset(journal))

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        assert slot.name in self.known
        return await super().run(slot, effect)

    def under(self, slot: Slot) -> Replaying:
        below = Replaying(self.journal)
        below.prefix, below.reserved, below.handed_out = f"{slot.name}/", self.reserved, self.handed_out
        return below


@dataclass
class Evidence:
    quotes: list[str]


executed: list[str] = []


@tool(effect="read")
async def look(ctx: RunContext, word: str) -> list[str]:
    """Look a word up."""
    executed.append(word)
    ctx.progress("looking")
    return [word]


@tool
def fail(why: str) -> str:
    """Fail."""
    raise ToolError(why, hint="Do not repeat it.") if why == "politely" else RuntimeError(why)


def instructions(ctx: RunContext) -> str:
    executed.append("instructions")
    return "Read."


reader = Agent("reader", model="claude-haiku-5-5", instructions=instructions, tools=[look], output=Evidence)
lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(), fail], output=dict[str, int])


def play(request: JSONObject) -> Reply:
    if "reader" not in {param["name"] for param in request["tools"]}:
        if len(request["messages"]) == 1:
            return Reply.thinking("Hm.") + Reply.tool("look", word="tea")
        return Reply.output(Evidence(["tea"]))
    if len(request["messages"]) == 1:
        calls = Reply.tool("reader", objective="tea") + Reply.tool("fail", why="politely")
        return calls + Reply.tool("reader", objective="coffee") + Reply.tool("fail", why="badly")
    return Reply.output({"tea": "many"} if len(request["messages"]) == 3 else {"tea": 4})


async def observe(steps: Steps) -> tuple[RunResult[dict[str, int]], list[Event]]:
    async with lead.stream("Go", steps=steps, run_id="r") as run:
        events = [event async for event in run]
    return run.result, events


def facts(events: list[Event]) -> list[str]:
    """All but deltas and progress, which are said while an effect happens; siblings finish in any order."""
    passing = (TextDelta, ThinkingDelta, ToolProgress)
    said = [event.to_json() for event in events if not isinstance(event, passing)]
    return sorted(json.dumps({**one, "is_replayed": False}) for one in said)


async def test_a_finished_run_replays_without_any_effect_to_the_same_result_and_events() -> None:
    recording = Recording()
    with script(play):
        first, first_events = await observe(recording)
    assert first.output == {"tea": 4}
    looked_up = set(recording.reserved) - set(recording.journal)  # whether below each call a sub-agent has run
    assert sorted(name.rpartition("/")[2].partition(":")[0] for name in looked_up) == ["input"] * 6 + ["tool"] * 2
    assert set(recording.journal) <= set(recording.reserved)
    assert len(recording.journal) == 22
    before = len(executed)
    with script():  # any request would fail the test
        again, again_events = await observe(Replaying(recording.journal))
    assert len(executed) == before
    assert facts(again_events) == facts(first_events)
    assert (again.output, again.messages, again.usage, again.cost) == (
        first.output,
        first.messages,
        first.usage,
        first.cost,
    )
    assert sorted(map(repr, again.children)) == sorted(map(repr, first.children))


@pytest.mark.parametrize(
    ("lost", "threads"),
    [([], []), (["model:2"], ["continue", "create"]), (["model:1", "model:2"], ["create", "continue"])],
)
async def test_a_resumed_run_goes_on_with_its_message_thread_or_begins_another(
    lost: list[str], threads: list[str]
) -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[look], settings=Settings(thread=True))
    recording = Recording()
    with script(play_once_more) as s:
        first = await agent.run("Go", steps=recording)
        known = {name: value for name, value in recording.journal.items() if name not in (*lost, "end")}
        again = await agent.run("Go", steps=replaying(known))
    assert (again.output, again.messages) == (first.output, first.messages)
    asked = [json.loads(body)["thread"]["type"] for body in s.bodies[2:]]
    # What the first execution had gone on from, nobody else may.
    refused = [refusal.details["error_code"] for refusal in s.refusals]
    assert refused == (["thread_already_continued"] if lost == ["model:2"] else [])
    assert [*["continue"] * len(refused), *asked] == threads


def play_once_more(request: JSONObject) -> Reply:
    return Reply.tool("look", word="tea") if len(request["messages"]) == 1 else Reply.text("Tea.")


async def test_slots_are_reserved_in_the_models_order_before_any_call_starts_that_waits_for_the_reply() -> None:
    recording, waiting = Recording(), replace(lead, settings=Settings(eager=False))
    with script(play):
        await waiting.run("Go", steps=recording, run_id="r")
    reserved = [name for name in recording.reserved if not name.endswith("/input")]
    own = [name for name in reserved if "/" not in name]
    assert own[:4] == ["input", "end", "prefix", "model:1"]
    assert [name.partition(":")[0] for name in own[4:8]] == ["tool"] * 4
    first_child = next(i for i, name in enumerate(reserved) if "/" in name)
    assert all(name in reserved[:first_child] for name in own[:8])


class Volatile(InMemorySteps):
    """Steps of one's own that keep nothing."""


class OwnJournal(InMemorySteps):
    """Steps of one's own that keep values in their own way."""

    is_durable = True


def test_steps_are_durable_unless_they_say_that_they_are_not() -> None:
    assert [steps.is_durable for steps in (Recording(), OwnJournal())] == [True] * 2
    assert [steps.is_durable for steps in (InMemorySteps(), Volatile())] == [False] * 2


async def test_in_memory_a_step_is_its_effect() -> None:
    steps = InMemorySteps()

    async def effect() -> JSONObject:
        return {"a": 1}

    slot = steps.reserve(Step("model:1", "model"))
    assert await steps.run(slot, effect) == {"a": 1}
    step = Step("tool:x", "tool")
    assert steps.under(slot).reserve(step) == Slot("model:1/tool:x", step)
