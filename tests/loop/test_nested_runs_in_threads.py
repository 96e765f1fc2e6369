"""Runs that threads of a tool start: they stop with their call or run, are charged, and wait for no blocked loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from typing import cast

import anyio
import anyio.to_thread
import pytest

from agentkit import Agent, Budget, UsageError, tool
from agentkit.event_loop import EventLoop
from agentkit.messages import JSONObject
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def look() -> str:
    """Look."""
    return "seen"


helper = Agent("helper", model="claude-haiku-5-5", instructions="helper", tools=[look])
plain = Agent("helper", model="claude-haiku-5-5", instructions="helper")


async def in_pool(prompt: str) -> None:
    with ThreadPoolExecutor() as pool:
        await anyio.to_thread.run_sync(pool.submit(copy_context().run, helper.run_sync, prompt).result)


async def in_thread(prompt: str) -> None:
    await anyio.to_thread.run_sync(helper.run_sync, prompt)


async def in_loop_of_its_own(prompt: str) -> None:
    await anyio.to_thread.run_sync(lambda: anyio.run(helper.run, prompt))


def in_sync_tool(prompt: str) -> None:
    helper.run_sync(prompt)


def in_loop_of_sync_tool(prompt: str) -> None:
    anyio.run(helper.run, prompt)


def play(request: JSONObject) -> Reply:
    """Dig, by oneself or by the sub-agent."""
    if len(request["messages"]) > 1:
        return Reply.text("done")
    return Reply.tool("dig") if "dig" in str(request.get("tools")) else Reply.tool("lead", objective="o")


ENDS = [
    *((way, "cancelled") for way in (in_pool, in_thread, in_loop_of_its_own, in_sync_tool, in_loop_of_sync_tool)),
    (in_thread, "stream left"), (in_sync_tool, "timed out"), (in_loop_of_its_own, "timed out"),
    (in_sync_tool, "child timed out"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "end"), ENDS)
async def test_what_a_thread_has_started_stops_with_its_call_and_is_charged(
    way: Callable[[str], Awaitable[None] | None], end: str
) -> None:
    """The helper's first reply comes, and its second never."""

    async def answer(request: JSONObject) -> Reply:
        if request.get("system") == "helper":
            asked.append(request)
            if len(asked) == 2:
                stop()
                await anyio.sleep_forever()
            return Reply.tool("look")
        return play(request)

    @tool(effect="write", name="dig", timeout_s=0.3 if end == "timed out" else None)
    def dig_in_thread() -> None:
        """Dig."""
        way("go")

    @tool(effect="write", name="dig", timeout_s=0.3 if end == "timed out" else None)
    async def dig() -> None:
        """Dig."""
        await cast("Awaitable[None]", way("go"))

    def stop() -> None:
        if end == "cancelled":
            loop.call_or_post(scope.cancel)
        elif end == "stream left":
            run.cancel()

    asked: list[JSONObject] = []
    simulator, loop, scope = Simulator(Script(answer)), EventLoop.current(), anyio.CancelScope()
    is_sync = way in (in_sync_tool, in_loop_of_sync_tool)
    root = lead = Agent("lead", model="claude-haiku-5-5", tools=[dig_in_thread if is_sync else dig])
    if end == "child timed out":
        root = Agent("root", model="claude-haiku-5-5", tools=[lead.as_tool(timeout_s=0.3)])
    run = root.stream("go", client=simulator.client())
    with anyio.fail_after(50):
        if end == "cancelled":
            with scope:
                await root.run("go", client=simulator.client())
        else:
            async with run:
                async for _ in run:
                    pass
            usage, rows = run.result.usage, simulator.ledger.rows
            assert usage.requests == sum(row.is_whole for row in rows)
            assert usage.aborted_requests == sum(row.is_abandoned for row in rows)
    assert not any(row.is_open for row in simulator.ledger.rows)
    assert len(asked) <= 2


@pytest.mark.usefixtures("soon_blocked")
async def test_an_event_loop_that_is_blocked_later_for_a_run_in_it_ends_that_run() -> None:
    is_asked, errors = anyio.Event(), list[BaseException | None]()

    async def answer(request: JSONObject) -> Reply:
        if request.get("system") == "helper":
            is_asked.set()
            await anyio.sleep(0.05)
            return Reply.text("fine")
        return Reply.tool("dig") if len(request["messages"]) == 1 else Reply.text("done")

    @tool(effect="write")
    async def dig() -> None:
        """Dig in a thread, and block the event loop once the run in it has begun."""
        with ThreadPoolExecutor() as pool:
            future = pool.submit(copy_context().run, helper.run_sync, "go")
            await is_asked.wait()
            errors.append(future.exception(30))

    with anyio.fail_after(50):
        lead = Agent("lead", model="claude-haiku-5-5", tools=[dig])
        result = await lead.run("go", client=Simulator(Script(answer)).client())
    assert result.output == "done"
    assert "does not answer: code blocks it" in str(errors[0])


@pytest.mark.parametrize("is_abandoned", [True, False])
async def test_a_thread_that_outlives_a_child_run_is_stopped_with_it_or_spends_from_the_budgets_around(
    is_abandoned: bool,
) -> None:
    said: list[str] = []

    def ask() -> None:
        is_over.wait(20)
        for number in range(3):
            try:
                said.append(plain.run_sync(f"question {number}").outcome)
            except UsageError as error:
                said.append(str(error))
        loop.call_or_post(has_asked.set)

    @tool(effect="write", name="dig")
    def dig_for_long() -> None:
        """Dig, longer than there is time."""
        ask()

    @tool(effect="write", name="dig")
    def dig_later() -> None:
        """Leave a thread behind that digs."""
        threading.Thread(target=copy_context().run, args=(ask,)).start()

    @tool(effect="write")
    async def wait() -> None:
        """Wait for what the child has left behind."""
        is_over.set()
        await has_asked.wait()

    def answer(request: JSONObject) -> Reply:
        turn = len(request["messages"]) // 2
        if request.get("system") == "helper":
            return Reply.text("fine")
        if request.get("system") == "child":
            return [Reply.tool("dig"), Reply.text("done")][turn]
        return [Reply.tool("child", objective="o"), Reply.tool("wait"), Reply.text("done")][min(turn, 2)]

    loop, is_over, has_asked = EventLoop.current(), threading.Event(), anyio.Event()
    dig = dig_for_long if is_abandoned else dig_later
    child = Agent("child", model="claude-haiku-5-5", instructions="child", tools=[dig])
    lead = Agent("lead", model="claude-haiku-5-5", tools=[child.as_tool(timeout_s=0.2 if is_abandoned else None), wait])
    simulator = Simulator(Script(answer))
    with anyio.fail_after(50):
        result = await lead.run("go", client=simulator.client(), budget=Budget(max_requests=6))
    assert len(simulator.requests) == result.usage.requests == (4 if is_abandoned else 6)
    if is_abandoned:
        assert all("it was stopped with it" in text for text in said)
    else:
        assert said == ["completed", "budget_exhausted", "budget_exhausted"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # only a task of asyncio can be cancelled inside of a shield
async def test_a_run_that_is_cancelled_while_it_stops_its_threads_leaves_its_conversation_free() -> None:
    @asynccontextmanager
    async def slow_deps() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            is_closing.set()
            with anyio.CancelScope(shield=True):
                await may_close.wait()

    @tool(effect="write")
    async def dig() -> None:
        """Leave a thread behind that digs."""
        threading.Thread(target=copy_context().run, args=(in_thread_left_behind,)).start()
        await is_asked.wait()

    def in_thread_left_behind() -> None:
        with suppress(UsageError):
            slow.run_sync("go")

    async def answer(request: JSONObject) -> Reply:
        if request.get("system") == "helper":
            is_asked.set()
            await anyio.sleep_forever()
        return play(request)

    is_asked, is_closing, may_close = anyio.Event(), anyio.Event(), anyio.Event()
    slow = Agent("slow", model="claude-haiku-5-5", instructions="helper", deps=slow_deps)
    client = Simulator(Script(answer)).client()
    conversation = Agent("lead", model="claude-haiku-5-5", tools=[dig]).conversation()
    with anyio.fail_after(50):
        task = asyncio.create_task(conversation.send("go", client=client))
        await is_closing.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        may_close.set()
        assert (await conversation.send("go on", client=client)).output == "done"
