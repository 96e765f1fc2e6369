"""Deps and models are closed however a run ends, within a limit, and whatever stays open is named."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any, TypeAlias

import anyio
import pytest
import sniffio

from agentkit import Agent, Budget, Outcome, RunContext, UsageError, tool
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.run import cleanup, streamed_run
from agentkit.run.cleanup import close_when_cancelled
from agentkit.run.streamed_run import RunHandle
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio
AnyAgent: TypeAlias = "Agent[Any, Any, Any]"


class Resource:
    """Something that says goodbye to a server in two steps when it is closed."""

    def __init__(self, opening_s: float = 0, closing_s: float = 0.05) -> None:
        self.opening_s, self.closing_s = opening_s, closing_s
        self.opened = self.closed = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Resource]:
        self.opened += 1
        try:
            await anyio.sleep(self.opening_s)
            yield self
        finally:
            try:
                await anyio.sleep(self.closing_s)
            finally:
                await anyio.sleep(self.closing_s)
                self.closed += 1


class HangingModel:
    """A model of one's own that never replies."""

    name = "claude-haiku-4-5"

    def __init__(self) -> None:
        self.resource = Resource()

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        async with self.resource.open():
            yield self._events()

    async def _events(self) -> AsyncIterator[JSONObject]:
        await anyio.sleep_forever()
        yield {}


@tool(effect="write")
async def hang(ctx: RunContext[Resource], objective: str) -> str:
    """Hang."""
    await anyio.sleep_forever()
    return ""


def deps_of_the_agent() -> tuple[AnyAgent, Resource]:
    resource = Resource()
    return Agent("a", model="claude-haiku-5-5", tools=[hang], deps=resource.open), resource


def deps_of_a_child() -> tuple[AnyAgent, Resource]:
    child, resource = deps_of_the_agent()
    return Agent("lead", model="claude-haiku-5-5", tools=[child.as_tool(name="hang")]), resource


def own_model() -> tuple[AnyAgent, Resource]:
    model = HangingModel()
    return Agent("a", model=model), model.resource


async def cancelled(agent: AnyAgent, resource: Resource) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run, "x")
        await is_open(resource)
        tasks.cancel_scope.cancel()


async def out_of_time(agent: AnyAgent, resource: Resource) -> None:
    await agent.run("x", budget=Budget(max_seconds=0.3))


async def left_early(agent: AnyAgent, resource: Resource) -> None:
    async with agent.stream("x") as run, anyio.create_task_group() as tasks:
        tasks.start_soon(read_to_the_end, run)
        await is_open(resource)
        tasks.cancel_scope.cancel()


async def stopped(agent: AnyAgent, resource: Resource) -> None:
    async with agent.stream("x") as run, anyio.create_task_group() as tasks:
        tasks.start_soon(read_to_the_end, run)
        await is_open(resource)
        run.cancel()


async def read_to_the_end(run: RunHandle[Any]) -> None:
    async for _ in run:
        pass


async def cancelled_natively(agent: AnyAgent, resource: Resource) -> None:
    if sniffio.current_async_library() == "asyncio":
        run = asyncio.create_task(agent.run("x"))
        await is_open(resource)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    else:
        await cancelled(agent, resource)


async def is_open(resource: Resource) -> None:
    with anyio.fail_after(20):
        while not resource.opened:
            await anyio.sleep(0.01)
    await anyio.sleep(0.02)


@pytest.mark.parametrize("make", [deps_of_the_agent, deps_of_a_child, own_model])
@pytest.mark.parametrize("end", [cancelled, out_of_time, left_early, stopped, cancelled_natively])
async def test_what_a_run_opened_is_closed_however_it_ends(
    make: Callable[[], tuple[AnyAgent, Resource]],
    end: Callable[[AnyAgent, Resource], Awaitable[None]],
) -> None:
    agent, resource = make()
    with script(lambda request: Reply.tool("hang", objective="Wait.")) if make != own_model else nullcontext():
        await end(agent, resource)
        with anyio.fail_after(20):
            while resource.closed < resource.opened:
                await anyio.sleep(0.01)
    assert resource.opened == 1


async def test_it_is_closed_also_when_its_opening_is_cancelled() -> None:
    resource = Resource(opening_s=60)
    with anyio.move_on_after(0.05):
        async with close_when_cancelled(resource.open(), "it"):
            pass
    assert (resource.opened, resource.closed) == (1, 1)


async def test_a_task_group_of_its_own_ends_with_it_and_its_errors_are_its_own() -> None:
    @asynccontextmanager
    async def with_tasks() -> AsyncGenerator[Resource]:
        async with Resource().open() as resource, anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep_forever)
            yield resource
            tasks.cancel_scope.cancel()

    seen: list[Resource] = []
    with anyio.move_on_after(0.05):
        async with close_when_cancelled(with_tasks(), "it") as resource:
            seen.append(resource)
            await anyio.sleep_forever()
    assert seen[0].closed == 1
    async with close_when_cancelled(with_tasks(), "it") as resource:
        pass
    with pytest.raises(ExceptionGroup) as caught:
        async with close_when_cancelled(with_tasks(), "it"):
            raise KeyError("the block's")
    assert caught.group_contains(KeyError)


async def test_the_limit_is_for_cancellations_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "CLEANUP_TIMEOUT_S", 0.05)
    slow = Resource(closing_s=0.2)
    async with close_when_cancelled(slow.open(), "it"):
        pass
    with pytest.raises(KeyError):
        async with close_when_cancelled(slow.open(), "it"):
            raise KeyError
    with anyio.move_on_after(0.01):  # a scope inside is the code's own affair
        await anyio.sleep(1)
    assert slow.closed == 2


@pytest.mark.parametrize("swallows", [False, True])
async def test_what_does_not_close_in_time_is_named_and_the_cancellation_goes_on(
    swallows: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cleanup, "CLEANUP_TIMEOUT_S", 0.05)

    @asynccontextmanager
    async def open_database() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            try:
                await anyio.sleep(60)
            except BaseException:
                if not swallows:
                    raise

    agent = Agent("a", model=HangingModel(), deps=open_database)
    with anyio.fail_after(30), caplog.at_level(logging.ERROR, "agentkit"):
        with anyio.move_on_after(0.1) as scope:
            await agent.run("x")
            raise AssertionError
    assert scope.cancelled_caught
    assert "the clean-up of the deps of the agent 'a' did not end" in caplog.text


async def test_a_stream_that_is_left_before_it_has_ended_says_why_it_has_no_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert streamed_run.END_TIMEOUT_S > cleanup.CLEANUP_TIMEOUT_S
    monkeypatch.setattr(streamed_run, "END_TIMEOUT_S", 0.01)
    slow = Resource(closing_s=0.2)
    with anyio.fail_after(30):
        async with Agent("a", model=HangingModel(), deps=slow.open).stream("x") as run:
            async for _ in run:
                break
        with pytest.raises(UsageError, match="does not react to that"):
            _ = run.result
        while not slow.closed:
            await anyio.sleep(0.05)
        await run.aclose()
    assert run.result.outcome is Outcome.CANCELLED


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
async def test_a_stream_is_neither_copied_nor_pickled(copied: Callable[[object], object]) -> None:
    async with Agent("a", model=HangingModel()).stream("x") as run:
        with pytest.raises(UsageError, match="its `result` can"):
            copied(run)
