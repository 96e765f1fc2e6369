"""A run without the deps that its tools ask for is refused when it begins, however it begins: nothing is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agentkit import Agent, RunContext, UsageError, background, tool
from agentkit.testing import Reply, script

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = pytest.mark.anyio
MODEL = "claude-haiku-5-5"
AnyAgent = Agent[Any, Any, Any]


class Shop:
    name = "corner"


@asynccontextmanager
async def open_shop() -> AsyncGenerator[Shop]:
    yield Shop()


@tool(effect="read")
def count(shop: RunContext[Shop]) -> str:
    """Count."""
    return shop.deps.name


@tool(effect="read")
def look(ctx: RunContext, item: str = "tea") -> str:
    """Look."""
    return item


def agent(name: str = "a", **fields: Any) -> AnyAgent:
    given: dict[str, Any] = {"name": name, "model": MODEL, "tools": [count], **fields}
    return Agent(**given)


async def run(one: AnyAgent, **options: Any) -> None:
    await one.run("Go", **options)


async def stream(one: AnyAgent, **options: Any) -> None:
    async with one.stream("Go", **options) as streamed:
        async for _ in streamed:
            pass


async def send(one: AnyAgent, **options: Any) -> None:
    await one.conversation().send("Go", **options)


async def run_all(one: AnyAgent, **options: Any) -> None:
    await one.map(["Go"], **options)


Entry = Callable[..., Awaitable[None]]
ENTRIES: list[Entry] = [run, stream, send, run_all]


def greet(ctx: RunContext[Shop]) -> str:
    return f"Welcome to {ctx.deps.name}."


def is_rich(ctx: RunContext[Shop]) -> bool:
    return bool(ctx.deps.name)


ASKING: list[tuple[AnyAgent, str]] = [
    (agent(), "Agent('a'): its tool `count` asks for RunContext[Shop] (parameter `shop`)"),
    (agent(deps=Shop), "Agent('a'): its tool `count` asks for RunContext[Shop] (parameter `shop`)"),
    (agent(tools=[], deps=Shop), "Agent('a') works on deps of type Shop"),
    (agent(tools=[], instructions=greet), "Agent('a'): its `instructions` asks for RunContext[Shop] (parameter `ctx`)"),
    (
        agent(tools=[tool(look.function, available=is_rich)]),
        "`available=` of its tool `look` asks for RunContext[Shop]",
    ),
    (agent("lead", tools=[agent("child").as_tool()]), "Agent('child'), below Agent('lead'): its tool `count` asks"),
    (
        agent("lead", tools=[agent("mid", tools=[agent("child").as_tool()]).as_tool()]),
        "Agent('child'), below Agent('mid'), below Agent('lead'): its tool `count` asks",
    ),
    (agent("lead", tools=[background(agent("child").as_tool())]), "Agent('child'), below Agent('lead')"),
]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize(("asking", "meant"), ASKING)
async def test_it_is_refused_when_it_begins(entry: Entry, asking: AnyAgent, meant: str) -> None:
    with script() as model, pytest.raises(UsageError) as caught:
        await entry(asking)
    assert meant in str(caught.value)
    assert "run(..., deps=...)" in str(caught.value)
    assert model.requests == []


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize(("asking", "meant"), ASKING)
async def test_given_deps_are_enough(entry: Entry, asking: AnyAgent, meant: str) -> None:
    with script(lambda _: Reply.text("Done.")):
        await entry(asking, deps=Shop())


WITHOUT: list[AnyAgent] = [
    agent(tools=[look]),
    agent(deps=open_shop),
    agent("lead", tools=[agent("child").as_tool()], deps=open_shop),
    agent("lead", tools=[agent("child", deps=Shop).as_tool()], deps=open_shop),
    agent("lead", tools=[agent("child", deps=open_shop).as_tool()]),
    agent("lead", tools=[agent("mid", tools=[agent("child").as_tool()], deps=open_shop).as_tool()]),
    agent(tools=[tool(count.function, available=lambda ctx: ctx.deps is not None)]),
]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("enough", WITHOUT)
async def test_who_asks_for_nothing_or_opens_or_inherits_them_runs(entry: Entry, enough: AnyAgent) -> None:
    with script(lambda _: Reply.text("Done.")):
        await entry(enough)


async def test_a_child_whose_own_source_opens_them_does_not_lend_them_to_its_siblings() -> None:
    lead = agent("lead", tools=[agent("rich", deps=open_shop).as_tool(), agent("poor").as_tool()])
    with script(), pytest.raises(UsageError, match=r"Agent\('poor'\), below Agent\('lead'\)"):
        await lead.run("Go")


async def test_a_source_that_gives_none_is_found_before_anything_is_sent() -> None:
    async def forgot_to_return() -> Shop:
        return None  # type: ignore[return-value]

    with script() as model, pytest.raises(UsageError, match="asks for RunContext"):
        await agent(deps=forgot_to_return).run("Go")
    assert model.requests == []


async def test_a_run_that_a_tool_starts_brings_its_own() -> None:
    inner = agent("inner")

    @tool(effect="read", raises=(UsageError,))
    async def nested(ctx: RunContext[Shop], give: bool) -> str:
        """Run another agent."""
        result = await (inner.run("Go", deps=ctx.deps) if give else inner.run("Go"))
        return str(result.output)

    calls = Reply.tool("nested", give=True) + Reply.tool("nested", give=False)
    with script(calls, Reply.text("inner"), Reply.text("Done.")) as model:
        await agent(tools=[nested], deps=open_shop).run("Go")
    first, second = model.requests[-1]["messages"][-1]["content"]
    assert first["content"] == "inner"
    assert "its tool `count` asks for RunContext[Shop]" in second["content"]
