"""Options that a call does not take are refused at every entry, with what was meant."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from agentkit import Agent, Budget, DefinitionError, Retry, RunOptions, Settings, UsageError, tool
from agentkit.run.agent_spec import AgentSpec
from agentkit.schema.validation.unknown_options import OPTIONS_BY_PLACE, refuse_unknown_options
from agentkit.testing import Reply, script
from agentkit.tools.options import ToolOptions

pytestmark = pytest.mark.anyio
agent = Agent("a", model="claude-haiku-5-5")


async def run(**options: Any) -> None:
    await agent.run("Hi", **options)


async def stream(**options: Any) -> None:
    async with agent.stream("Hi", **options):
        pass


async def send(**options: Any) -> None:
    await agent.conversation().send("Hi", **options)


async def run_all(**options: Any) -> None:
    await agent.map(["Hi"], **options)


MEANT = {
    "buget": "did you mean `budget`?",
    "Budget": "did you mean `budget`?",
    "max_turns": "`max_turns` is an option of `Agent(max_turns=...)`.",
    "max_cost_usd": "`max_cost_usd` is an option of `budget=Budget(max_cost_usd=...)`.",
    "max_token": "did you mean `settings=Settings(max_tokens=...)`?",
    "instructions": "`instructions`: `instructions` is an option of `Agent(instructions=...)`.",
    "message_history": "`agent.conversation(messages).send(prompt)`",
    "timeout_s": "`budget=Budget(max_seconds=...)`",
    "temperature": "the API refuses sampling parameters.",
    "api_key": "`client=AsyncAnthropic(...)`",
    "concurency": "concurrency",
    "xyzzy": "it takes",
}


@pytest.mark.parametrize("entry", [run, stream, send, run_all])
@pytest.mark.parametrize("option", MEANT)
async def test_a_run_refuses_what_it_does_not_take(entry: Callable[..., Awaitable[None]], option: str) -> None:
    with script() as model, pytest.raises(UsageError) as caught:
        await entry(**{option: 1})
    assert f"Agent('a') takes no option `{option}`: " in str(caught.value)
    assert MEANT[option] in str(caught.value)
    assert model.requests == []


def test_a_sync_run_refuses_it_too_and_a_stream_at_the_call() -> None:
    options: Any = {"buget": Budget(max_requests=1)}
    with script(), pytest.raises(UsageError, match="did you mean `budget`"):
        agent.run_sync("Hi", **options)
    with pytest.raises(UsageError, match="did you mean `budget`"):
        agent.stream("Hi", **options)


async def test_a_map_takes_its_own_option_and_says_so_elsewhere() -> None:
    options: Any = {"concurrency": 2}
    with script(lambda _: Reply.text("ok")):
        assert len(await agent.map(["a", "b"], **options)) == 2
        with pytest.raises(UsageError, match=r"`concurrency` is an option of `map\("):
            await agent.run("a", **options)


def nothing() -> None:
    """Do nothing."""


def make_tool(**options: Any) -> object:
    return tool(**options)(nothing)


WRONG: list[tuple[Callable[..., object], dict[str, object], str]] = [
    (Agent, {"name": "a", "model": "m", "max_turn": 3}, "Agent(...) takes no option `max_turn`: did you mean `max_tu"),
    (Agent, {"name": "a", "model": "m", "system_prompt": "Hi"}, "`Agent(..., instructions=...)`"),
    (Agent, {"name": "a", "model": "m", "effort": "low"}, "`effort` is an option of `settings=Settings(effort=...)`"),
    (Settings, {"temperature": 0.5}, "the API refuses sampling parameters"),
    (Settings, {"max_token": 5}, "did you mean `max_tokens`?"),
    (agent.as_tool, {"descripton": "x"}, "as_tool(...) takes no option `descripton`: did you mean `description`?"),
    (agent.as_tool, {"max_turns": 3}, "`max_turns` is an option of `Agent("),
    (agent.conversation, {"messages": []}, "`agent.conversation(messages).send(prompt)`"),
    (make_tool, {"effcet": "read"}, "did you mean `effect`?"),
    (Budget, {"max_second": 5}, "Budget(...) takes no option `max_second`: did you mean `max_seconds`?"),
    (Budget, {"request_limit": 5}, "`Budget(max_requests=..., "),
    (Budget, {"max_turns": 5}, "`max_turns` is an option of `Agent("),
    (script, {"fault": ["drop"]}, "script(...) takes no option `fault`: did you mean `faults`?"),
]


@pytest.mark.parametrize(("make", "options", "meant"), WRONG)
def test_definitions_refuse_it_too(make: Callable[..., object], options: dict[str, object], meant: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        make(**options)
    assert meant in str(caught.value)


def test_agents_can_be_copied_pickled_and_derived() -> None:
    assert copy.deepcopy(agent) == pickle.loads(pickle.dumps(agent)) == replace(agent) == agent

    @dataclass(frozen=True)
    class Clerk(Agent):
        desk: int = 0

    class Fixed(Agent):
        def __init__(self, name: str, desk: int) -> None:
            super().__init__(name, model="claude-haiku-5-5", description=f"At desk {desk}.")

    assert Clerk("c", model="claude-haiku-5-5", desk=2).desk == 2
    assert Fixed("f", desk=3).description == "At desk 3."


def test_the_options_of_the_places_are_those_of_the_code() -> None:
    own = {field.name for field in fields(AgentSpec)} - {"name"}
    assert set(OPTIONS_BY_PLACE["Agent"].split()) == own
    assert set(OPTIONS_BY_PLACE["run"].split()) == RunOptions.__optional_keys__
    assert set(OPTIONS_BY_PLACE["@tool"].split()) == {"name", "description", *ToolOptions.__optional_keys__}
    places: dict[str, Callable[..., object]] = {"as_tool": agent.as_tool, "script": script, "Settings": Settings}
    for place, function in (places | {"Retry": Retry}).items():
        parameters = inspect.signature(function).parameters.values()
        assert set(OPTIONS_BY_PLACE[place].split()) == {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert set(OPTIONS_BY_PLACE["Budget"].split()) == {field.name for field in fields(Budget)}


def test_a_near_name_and_the_place_of_the_given_one_are_both_named() -> None:
    with pytest.raises(UsageError, match=r"did you mean `retries`\? `retry` is an option of `Agent\(retry=...\)`."):
        refuse_unknown_options("a tool", ["retry"], ["retries", "effect"])
