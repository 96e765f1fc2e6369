"""`deps=` takes what people write; each run opens its own and closes it, and what is no value is refused."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NewType

import anyio
import pytest

from agentkit import Agent, DefinitionError, RunContext, UsageError, tool
from agentkit.run.deps_source import inherits_deps, is_deps_type
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio
MODEL = "claude-haiku-5-5"


@dataclass
class Shop:
    name: str = "corner"
    is_open: bool = True


@dataclass
class Street:
    """Opens shops in every way, and remembers them."""

    shops: list[Shop] = field(default_factory=list[Shop])

    def open(self, name: str = "corner") -> Shop:
        self.shops.append(Shop(name))
        return self.shops[-1]

    async def open_async(self) -> Shop:
        await anyio.lowlevel.checkpoint()
        return self.open()

    async def generate_async(self) -> AsyncGenerator[Shop]:
        shop = await self.open_async()
        try:
            yield shop
        finally:
            await anyio.lowlevel.checkpoint()
            shop.is_open = False

    def generate(self, name: str = "corner") -> Generator[Shop]:
        shop = self.open(name)
        try:
            yield shop
        finally:
            shop.is_open = False

    def __enter__(self) -> Shop:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shops[-1].is_open = False


class AsyncStreet(Street):
    async def __aenter__(self) -> Shop:
        return await self.open_async()

    async def __aexit__(self, *_: object) -> None:
        await anyio.lowlevel.checkpoint()
        self.shops[-1].is_open = False


@tool(effect="read")
def name_of(ctx: RunContext[Shop]) -> str:
    """Return the shop's name."""
    assert ctx.deps.is_open
    return ctx.deps.name


LOOK = [Reply.tool("name_of"), Reply.text("Done.")]


def sources(street: Street) -> dict[str, Any]:
    """Every way to open a shop, and whether it closes it."""
    async_street = AsyncStreet(street.shops)

    async def returns_manager() -> Any:
        return contextlib.contextmanager(street.generate)()

    class Callable:
        def __call__(self) -> Shop:
            return street.open()

    return {
        "function": street.open,
        "lambda": lambda: street.open("corner"),
        "callable object": Callable(),
        "async function": street.open_async,
        "generator": street.generate,
        "async generator": street.generate_async,
        "context manager function": contextlib.contextmanager(street.generate),
        "async context manager function": contextlib.asynccontextmanager(street.generate_async),
        "context manager made by contextlib": contextlib.contextmanager(street.generate)("corner"),
        "async context manager made by contextlib": contextlib.asynccontextmanager(street.generate_async)(),
        "context manager object": street,
        "async context manager object": async_street,
        "function of a context manager object": lambda: async_street,
        "partial": functools.partial(street.generate, name="corner"),
        "async function of a context manager": returns_manager,
    }


@pytest.mark.parametrize("name", sources(Street()))
async def test_every_run_opens_its_own_and_closes_it(name: str) -> None:
    street = Street()
    agent = Agent("a", model=MODEL, tools=[name_of], deps=sources(street)[name])
    chat = agent.conversation()
    with script(*LOOK, *LOOK) as model:
        await agent.run("Go")
        await chat.send("Go")
    assert [request["messages"][-1]["content"][0]["content"] for request in model.requests[1::2]] == ["corner"] * 2
    assert len(street.shops) == 2
    closes = name not in ("function", "lambda", "callable object", "async function")
    assert [shop.is_open for shop in street.shops] == [not closes] * 2


async def test_a_map_and_sub_agents_open_them_too() -> None:
    street = Street()
    child = Agent("child", model=MODEL, tools=[name_of], deps=contextlib.contextmanager(street.generate))
    lead = Agent("lead", model=MODEL, tools=[child.as_tool()])
    delegate = Reply.tool("child", objective="Look.")
    with script(delegate, *LOOK, Reply.text("Done."), *LOOK):
        assert (await lead.run("Go")).output == "Done."
        assert len(await child.map(["Go"])) == 1
    assert [shop.is_open for shop in street.shops] == [False, False]


async def test_a_sync_context_manager_sees_how_the_run_is_left() -> None:
    seen: list[type[BaseException]] = []

    @contextlib.contextmanager
    def watch() -> Generator[Shop]:
        try:
            yield Shop()
        except BaseException as error:
            seen.append(type(error))
            raise

    @tool(effect="read")
    async def cancel_all(ctx: RunContext[Shop]) -> str:
        """Wait."""
        scope.cancel()
        await anyio.sleep(10)
        return ctx.deps.name

    with script(Reply.tool("cancel_all")), anyio.CancelScope() as scope:
        await Agent("a", model=MODEL, tools=[cancel_all], deps=watch).run("Go")
    assert [issubclass(kind, anyio.get_cancelled_exc_class()) for kind in seen] == [True]


WRONG_SOURCES: list[tuple[Any, str]] = [
    (Shop(), "not a value: run(..., deps=Shop(...))"),
    (5, "not a value"),
    ("Shop", "not a value"),
    (lambda ctx: ctx, "called without arguments"),  # pyright: ignore[reportUnknownLambdaType]
    (Street().__class__.open, "called without arguments"),
]


@pytest.mark.parametrize(("source", "meant"), WRONG_SOURCES)
def test_what_opens_nothing_is_refused_where_the_agent_is_made(source: Any, meant: str) -> None:
    with pytest.raises(DefinitionError, match=r"Agent\('a', deps=...\): ") as caught:
        Agent("a", model=MODEL, deps=source)
    assert meant in str(caught.value)


async def test_what_is_no_value_is_refused_at_the_run() -> None:
    street = Street()
    agent: Agent[Any, str, str] = Agent("a", model=MODEL, tools=[name_of], deps=Shop)
    opening = Agent("b", model=MODEL, tools=[name_of], deps=street.open)  # type: ignore[arg-type]
    coroutine = street.open_async()
    wrong: list[tuple[Agent[Any, str, str], Any, str]] = [
        (agent, Shop, "not the class Shop"),
        (agent, coroutine, "await it first"),
        (agent, contextlib.contextmanager(street.generate)(), "enter it"),
        (agent, contextlib.asynccontextmanager(street.generate_async)(), "enter it"),
        (agent, street.generate(), "enter it"),
        (opening, opening.deps, "opens its deps itself"),
    ]
    with script() as model:
        for one, given, meant in wrong:
            with pytest.raises(UsageError, match=r"deps=...: ") as caught:
                await one.run("Go", deps=given)
            assert meant in str(caught.value)
    assert (model.requests, street.shops) == ([], [])
    coroutine.close()


async def test_any_other_value_is_taken_whatever_its_type() -> None:
    class Double:
        name, is_open = "double", True

        def __enter__(self) -> Any:
            raise AssertionError("a value is not entered")

    double: Any = Double()
    with script(*LOOK) as model:
        await Agent("a", model=MODEL, tools=[name_of], deps=Shop).run("Go", deps=double)
    assert model.requests[1]["messages"][-1]["content"][0]["content"] == "double"


def test_types_and_sources_are_told_apart() -> None:
    for kind in (Shop, dict[str, int], int | None, NewType("Id", int), object):
        assert is_deps_type(kind)
    for source in (Street().open, contextlib.contextmanager(Street().generate), functools.partial(Shop)):
        assert not is_deps_type(source)


def test_who_inherits() -> None:
    street = Street()
    assert inherits_deps(None, street.open, parent_has_deps=False)
    assert inherits_deps(street.open, street.open, parent_has_deps=True)
    assert inherits_deps(Shop, street.open, parent_has_deps=True)
    assert not inherits_deps(Shop, None, parent_has_deps=False)
    assert not inherits_deps(street.open, Shop, parent_has_deps=True)
