"""Values of a wrong kind are refused where an agent is made or a run is called, with what to write instead."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

import agentkit
from agentkit import Agent, Budget, ClaudeModel, DefinitionError, Price, Retry, Settings, UsageError, tool
from agentkit.run.value_checks import AGENT_CHECKS
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio
MODEL = "claude-haiku-5-5"
sync_client = anthropic.Anthropic(api_key="k")


class Order(BaseModel):
    """An order."""

    item: str


@tool(effect="read")
def look() -> str:
    """Look."""
    return "seen"


def plain(text: str) -> str:
    return text


class Nameless:
    def stream(self, request: object) -> object:
        return request


class Generator:
    name = "own"

    async def stream(self, request: object) -> AsyncIterator[object]:
        yield request


WRONG: dict[str, list[tuple[object, str]]] = {
    "model": [
        ("", "a model id"),
        (None, "not None"),
        (5, "not 5"),
        (ClaudeModel, "the class ClaudeModel"),
        (Generator(), "write `@contextlib.asynccontextmanager` above it"),
        (Nameless(), "a Model needs a `name`"),
        (anthropic.AsyncAnthropic(api_key="k"), "a client is given as `client=`"),
    ],
    "fallback": [(" ", "a model id"), (["m"], "not a list")],
    "instructions": [
        (["Be brief.", "Be kind."], "join them"),
        (lambda: "Hi", "is called with the RunContext"),
        (lambda ctx, more: "Hi", "is called with the RunContext"),  # pyright: ignore[reportUnknownLambdaType]
        (None, "text or a function"),
        (Order, "the class Order"),
    ],
    "input": [({"type": "object"}, "not a JSON Schema"), (None, "write `str`")],
    "output": [
        ({"type": "object"}, "not a JSON Schema"),
        (Order(item="tea"), "write `Order`"),
        ([Order], "list[...]"),
        (plain, "the function `plain`"),
        (None, "write `str`"),
    ],
    "tools": [
        (look, "[look]"),
        (None, "a list of tools"),
        ([plain], "put @tool on it"),
        ([Order], "the class Order"),
        ([agentkit], "the module agentkit"),
        ([[look]], "unpack it"),
        (["look"], "without quotes"),
        ({look}, "not a set"),
        ((one for one in [look]), "not a generator"),
        ([Agent("b", model=MODEL).as_tool], "write `.as_tool()`"),
        ([{"type": "function", "function": {"name": "f"}}], "Tool.from_schema"),
    ],
    "deps": [(5, "not a value"), (plain, "called without arguments")],
    "description": [(None, "takes text")],
    "render": [(5, "takes a function"), (lambda: "Hi", "is called with given")],
    "settings": [({"effort": "low"}, 'Settings(effort="low")'), (Settings, "the class Settings"), (None, "not None")],
    "client": [
        (sync_client, "`AsyncAnthropic(...)`"),
        (anthropic.AsyncAnthropic, "`AsyncAnthropic()`"),
        ("sk-key", "AsyncAnthropic(api_key=...)"),
        (anthropic.DefaultAsyncHttpxClient(), "async client"),
    ],
    "max_turns": [(0, "from 1 on"), ("5", "'5'"), (2.5, "2.5"), (True, "True")],
    "output_retries": [(-1, "from 0 on"), (None, "None")],
    "tool_timeout_s": [(0, "above 0"), (None, "math.inf is no limit"), (math.nan, "nan")],
    "max_concurrent_calls": [(0, "from 1 on")],
    "artifacts": [("no", "True or False")],
    "budget": [(0.5, "Budget(max_cost_usd=0.5)"), ({"max_requests": 1}, "not a dict"), (Budget, "the class Budget")],
    "price": [(1.0, "Price(input=1, output=5)"), ([], "not a list")],
    "retry": [(3, "Retry(max_attempts=3)"), (None, "not None")],
    "verify": [(5, "takes a function"), (lambda: None, "is called with output")],
    "guardrails": [(5, "[Guardrail(check)]"), ([print], "Guardrail(print)")],
}


@pytest.mark.parametrize(("field", "value", "meant"), [(f, *pair) for f, pairs in WRONG.items() for pair in pairs])
def test_an_agent_refuses_a_wrong_kind_where_it_is_made(field: str, value: object, meant: str) -> None:
    given: dict[str, Any] = {"model": MODEL, field: value}
    with pytest.raises(DefinitionError) as caught:
        Agent("a", **given)
    text = str(caught.value)
    assert text.startswith(f"Agent('a', {field}=...): "), text
    assert meant in text
    assert "\n" not in text


def test_every_field_with_a_check_is_tried() -> None:
    assert AGENT_CHECKS.keys() <= WRONG.keys()


@pytest.mark.parametrize("option", ["model", "settings", "client", "budget", "tools"])
async def test_a_run_refuses_it_before_anything_is_sent(option: str) -> None:
    agent = Agent("a", model=MODEL)
    value, meant = next(pair for pair in WRONG[option] if pair[0])
    options: Any = {option: value}
    with script() as model:
        for calling in (
            agent.run("Hi", **options) if option != "tools" else agent.conversation().send("Hi", **options),
            agent.map(["Hi"], **options),
        ):
            with pytest.raises(UsageError) as caught:
                await calling
            assert meant in str(caught.value)
    assert model.requests == []


async def test_none_is_not_given() -> None:
    nothing: Any = dict.fromkeys(["client", "run_id", "model", "settings", "tools", "budget", "steps"])
    agent = Agent("a", model=MODEL, tools=[look])
    with script(lambda _: Reply.text("ok")) as model:
        chat = agent.conversation()
        assert [(await chat.send("Hi", **nothing)).ok for _ in range(2)] == [True, True]
        assert len(await agent.map(["a"], **nothing)) == 1
    assert all(request["tools"][0]["name"] == "look" for request in model.requests)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Agent("a", model=MODEL).as_tool(budget=0.5),  # type: ignore[arg-type]
        lambda: Agent("a", model=MODEL).as_tool(verify=lambda: None),  # type: ignore[arg-type,misc]
        lambda: ClaudeModel(MODEL, sync_client),  # type: ignore[arg-type]
        lambda: Settings(max_tokens="5"),  # type: ignore[arg-type]
        lambda: Settings(thinking=True),  # type: ignore[arg-type]
        lambda: Settings(cache="10m"),  # type: ignore[arg-type]
        lambda: Settings(betas="one"),  # type: ignore[arg-type]
        lambda: Settings(extra=None),  # type: ignore[arg-type]
        lambda: Retry(max_attempts="3"),  # type: ignore[arg-type]
    ],
)
def test_values_refuse_it_as_well(make: Callable[[], object]) -> None:
    with pytest.raises(DefinitionError, match=r"^(as_tool|ClaudeModel|Settings|Retry)\("):
        make()


async def test_instructions_and_render_have_to_return_content() -> None:
    def wrong(_: object) -> Any:
        return None

    with script():
        with pytest.raises(UsageError, match="has to return text, not NoneType"):
            await Agent("a", model=MODEL, instructions=wrong).run("Hi")
        with pytest.raises(UsageError, match="`render` has to return a str or a list of content, not NoneType"):
            await Agent("a", model=MODEL, render=wrong).run("Hi")


def test_right_kinds_are_taken() -> None:
    def greet(ctx: object, tone: str = "kind") -> str:
        return f"Be {tone}."

    price = Price(input=1, output=5)
    Agent("a", model=MODEL, instructions=greet, output=list[Order], price=(price,), tool_timeout_s=math.inf)
    Agent(
        "a", model=ClaudeModel(MODEL, anthropic.AsyncAnthropicFoundry(api_key="k", resource="r")), output=Order | None
    )
