"""What one run opens and closes: its dependencies, and the client that it talks through."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from agentkit import Agent, RunContext, UsageError, tool
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import script

pytestmark = pytest.mark.anyio


@dataclass
class Shop:
    name: str
    is_open: bool = True


@dataclass
class Street:
    opened: list[Shop] = field(default_factory=list[Shop])

    @asynccontextmanager
    async def open_shop(self) -> AsyncGenerator[Shop]:
        shop = Shop(f"shop {len(self.opened) + 1}")
        self.opened.append(shop)
        try:
            yield shop
        finally:
            shop.is_open = False


@tool(effect="read")
def name_of(ctx: RunContext[Shop]) -> str:
    """Tell the shop's name."""
    assert ctx.deps.is_open
    return ctx.deps.name


LOOK = (Reply.tool("name_of"), Reply.text("Seen."))


def told(simulator: Simulator, request: int) -> str:
    content: str = simulator.requests[request]["messages"][-1]["content"][0]["content"]
    return content


async def test_a_factory_opens_for_each_run_and_closes_with_it() -> None:
    street = Street()
    agent = Agent("a", model="claude-opus-5-5", tools=[name_of], deps=street.open_shop)
    with script(*LOOK, *LOOK) as s:
        await agent.run("Go")
        await agent.run("Go")
    assert (told(s, 1), told(s, 3)) == ("shop 1", "shop 2")
    assert [shop.is_open for shop in street.opened] == [False, False]


async def test_given_deps_are_used_instead() -> None:
    street = Street()
    agent = Agent("a", model="claude-opus-5-5", tools=[name_of], deps=street.open_shop)
    with script(*LOOK) as s:
        await agent.run("Go", deps=Shop("mine"))
    assert told(s, 1) == "mine"
    assert street.opened == []


async def test_a_bare_type_needs_a_value_and_says_so() -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[name_of], deps=Shop)
    with script(), pytest.raises(UsageError, match=r"Agent\('a'\): its tool `name_of` asks for RunContext\[Shop\]"):
        await agent.run("Go")


async def test_a_child_that_would_find_no_deps_is_named_before_anything_is_spent() -> None:
    grandchild = Agent("grandchild", model="claude-haiku-5-5", tools=[name_of], deps=Shop)
    child = Agent("child", model="claude-haiku-5-5", tools=[grandchild.as_tool()])
    parent = Agent("parent", model="claude-opus-5-5", tools=[child.as_tool()])
    with script() as s, pytest.raises(UsageError, match=r"Agent\('grandchild'\)"):
        await parent.run("Go")
    assert s.requests == []


async def test_a_child_with_the_same_factory_shares_what_its_parent_opened() -> None:
    street = Street()
    child = Agent("child", model="claude-haiku-5-5", tools=[name_of], deps=street.open_shop)
    parent = Agent("parent", model="claude-opus-5-5", tools=[child.as_tool()], deps=street.open_shop)
    with script(Reply.tool("child", objective="Look."), *LOOK, Reply.text("Done.")):
        await parent.run("Go")
    assert len(street.opened) == 1


async def test_a_child_with_a_factory_of_its_own_opens_it() -> None:
    street, other = Street(), Street()
    child = Agent("child", model="claude-haiku-5-5", tools=[name_of], deps=other.open_shop)
    open_shop = street.open_shop
    parent = Agent("parent", model="claude-opus-5-5", tools=[child.as_tool()], deps=open_shop)
    with script(Reply.tool("child", objective="Look."), *LOOK, Reply.text("Done.")):
        await parent.run("Go")
    assert (len(street.opened), len(other.opened)) == (1, 1)
    assert not other.opened[0].is_open


def tree(child_client: Simulator | None, parent_client: Simulator | None) -> Agent:
    child = Agent("child", model="claude-haiku-5-5", client=child_client.client() if child_client is not None else None)
    return Agent(
        "parent",
        model="claude-opus-5-5",
        tools=[child.as_tool()],
        client=parent_client.client() if parent_client is not None else None,
    )


DELEGATE = (Reply.tool("child", objective="Look."), Reply.text("Done."))


async def test_a_child_without_a_client_talks_through_its_parents() -> None:
    one = Simulator(Script(DELEGATE[0], Reply.text("Seen."), DELEGATE[1]))
    assert (await tree(None, one).run("Go")).output == "Done."


async def test_a_child_with_a_client_of_its_own_keeps_it() -> None:
    one, other = Simulator(Script(*DELEGATE)), Simulator(Script(Reply.text("Seen.")))
    assert (await tree(other, one).run("Go")).output == "Done."
    assert len(other.requests) == 1


async def test_the_client_of_a_run_serves_the_whole_tree() -> None:
    unused = Simulator(Script())
    one = Simulator(Script(DELEGATE[0], Reply.text("Seen."), DELEGATE[1]))
    assert (await tree(unused, unused).run("Go", client=one.client())).output == "Done."
    assert unused.requests == []


async def test_a_script_answers_instead_of_every_client() -> None:
    unused = Simulator(Script())
    with script(DELEGATE[0], Reply.text("Seen."), DELEGATE[1]):
        assert (await tree(unused, unused).run("Go", client=unused.client())).output == "Done."
    assert unused.requests == []


async def test_the_first_log_line_names_tools_without_an_effect(caplog: pytest.LogCaptureFixture) -> None:
    @tool
    def save() -> str:
        """Save."""
        return ""

    agent = Agent("a", model="claude-opus-5-5", tools=[save, name_of], deps=Shop)
    with caplog.at_level("INFO", "agentkit"), script(Reply.text("Done.")):
        await agent.run("Go", deps=Shop("mine"))
    line = caplog.records[0]
    assert line.__dict__["event"] == "run started"
    assert line.__dict__["without_effect"] == ["save"]
    assert "effect=" in line.__dict__["hint"]
