"""Runs that the code of a run starts are its children: budget, client, usage, events and middleware hold for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context

import anyio
import pytest

from agentkit import Agent, Budget, RunResult, open_background, tool
from agentkit.messages import AssistantTurn, JSONObject
from agentkit.run.events import Event, RunStarted
from agentkit.run.middleware import AroundModel, AroundTool, CallModel, CallTool, ModelCall, ToolRun
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

helper = Agent("helper", model="claude-haiku-5-5", instructions="helper")


async def by_run() -> None:
    for number in range(10):
        await helper.run(f"question {number}")


async def by_stream() -> None:
    for number in range(10):
        async with helper.stream(f"question {number}") as run:
            async for _ in run:
                pass


async def by_conversation() -> None:
    chat = helper.conversation()
    for number in range(10):
        await chat.send(f"question {number}")


async def by_map() -> None:
    await helper.map([f"question {number}" for number in range(10)])


async def by_agent_tool() -> None:
    for number in range(10):
        await helper.as_tool()(f"question {number}")


async def by_background() -> None:
    async with open_background() as background:
        for one in [background.start(helper.as_tool(), "question") for _ in range(10)]:
            await one.collect()


async def by_tasks() -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(helper.run, f"question {number}")


async def by_thread() -> None:
    for number in range(10):
        await anyio.to_thread.run_sync(helper.run_sync, f"question {number}")


async def by_loop_of_its_own() -> None:
    await anyio.to_thread.run_sync(lambda: anyio.run(by_run))


WAYS = [
    by_run, by_stream, by_conversation, by_map, by_agent_tool, by_background, by_tasks, by_thread, by_loop_of_its_own,
]  # fmt: skip


def lead_that(work: Callable[[], Awaitable[None]], **options: object) -> Agent[None, str, str]:
    @tool(effect="write", name="dig")
    async def dig() -> str:
        """Dig."""
        await work()
        return "dug"

    return Agent("lead", model="claude-haiku-5-5", tools=[dig], **options)  # type: ignore[arg-type]


def play(request: JSONObject) -> Reply:
    if request.get("system") == "helper":
        return Reply.text("fine")
    return Reply.tool("dig") if len(request["messages"]) == 1 else Reply.text("done")


@pytest.mark.parametrize("way", WAYS)
async def test_a_budget_usage_and_cost_hold_for_what_a_tool_starts(way: Callable[[], Awaitable[None]]) -> None:
    with script(play) as server, anyio.fail_after(50):
        result = await lead_that(way).run("go", budget=Budget(max_requests=5))
        assert len(server.requests) == result.usage.requests == 5
        assert result.outcome in ("completed", "budget_exhausted")
        assert result.cost.tree().usage == result.usage
        free = await lead_that(way).run("go")
    assert free.usage.requests == 12
    assert len(free.children) == 10
    assert {child.tool for child in free.children} == {"dig"}


@pytest.mark.parametrize("way", [by_run, by_stream, by_agent_tool, by_thread])
async def test_its_client_and_its_events_are_those_of_the_run(way: Callable[[], Awaitable[None]]) -> None:
    simulator, events = Simulator(Script(play)), list[Event]()
    async with lead_that(way).stream("go", client=simulator.client()) as run:
        async for event in run:
            events.append(event)
    assert run.result.ok, run.result.reason
    started = [event for event in events if isinstance(event, RunStarted)]
    assert [event.path for event in started] == [("lead",)] + [("lead", "helper")] * 10
    assert len({event.run_id for event in started}) == 11


async def test_their_ids_are_the_same_in_every_execution() -> None:
    """So are the keys of their calls: each call of a tool counts its own runs, whatever the others do."""

    @tool(name="ask")
    async def ask(word: str, seconds: float) -> str:
        """Ask for a word, after a moment."""
        await anyio.sleep(seconds)
        await helper.run(word)
        await helper.map([word, word])
        return word

    lead = Agent("lead", model="claude-opus-5-5", tools=[ask])
    ids: list[set[str]] = []
    for one, other in ((0.0, 0.03), (0.03, 0.0)):
        calls = [
            Reply.block({"type": "tool_use", "id": n, "name": "ask", "input": {"word": n, "seconds": seconds}})
            for n, seconds in (("c1", one), ("c2", other))
        ]

        def on(request: JSONObject, calls: Reply = calls[0] + calls[1]) -> Reply:
            return calls if len(request["messages"]) == 1 and "tools" in request else Reply.text("Well.")

        with script(on):
            result = await lead.run("Go", run_id="r")
        ids.append({child.run_id for child in result.children})
    assert ids[0] == ids[1] == {f"r/{n}/{run}" for n in ("c1", "c2") for run in ("helper-1", "map-2/0", "map-2/1")}


async def test_a_check_of_a_sub_agent_and_middleware_spend_from_the_same_budget() -> None:
    async def verify(output: str) -> str | None:
        return None if (await helper.run(f"Is {output} right?")).output == "fine" else "no"

    async def checked(call: ModelCall, next: CallModel) -> AssistantTurn:
        if call.path == ("lead",):
            await helper.run("May it?")
        return await next(call)

    worker = Agent("worker", model="claude-haiku-5-5", instructions="worker")

    def play_worker(request: JSONObject) -> Reply:
        if request.get("system") in ("helper", "worker"):
            return Reply.text("fine")
        return Reply.tool("worker", objective="o") if len(request["messages"]) == 1 else Reply.text("done")

    lead = Agent("lead", model="claude-haiku-5-5", tools=[worker.as_tool(verify=verify)], around_model=[checked])
    with script(play_worker) as server:
        result = await lead.run("go")
        assert result.ok
        assert len(server.requests) == result.usage.requests == 6
        limited = await lead.run("go", budget=Budget(max_requests=3))
    assert len(server.requests) == 6 + 3 == 6 + limited.usage.requests


async def test_middleware_of_the_root_stands_around_the_whole_tree_outermost() -> None:
    seen: list[str] = []

    def model_middleware(name: str) -> AroundModel:
        async def around(call: ModelCall, next: CallModel) -> AssistantTurn:
            seen.append(f"{name} model {'/'.join(call.path)}")
            return await next(call)

        return around

    def tool_middleware(name: str) -> AroundTool:
        async def around(call: ToolRun, next: CallTool) -> object:
            seen.append(f"{name} {call.call.name} {'/'.join(call.path)}")
            return await next(call)

        return around  # type: ignore[return-value]

    @tool(effect="read")
    async def look() -> str:
        """Look."""
        await helper.run("x")
        return "seen"

    reader = Agent(
        "reader", model="claude-haiku-5-5", instructions="reader", tools=[look],
        around_model=[model_middleware("own")], around_tool=[tool_middleware("own")],
    )  # fmt: skip
    lead = Agent(
        "lead", model="claude-haiku-5-5", tools=[reader.as_tool()],
        around_model=[model_middleware("root")], around_tool=[tool_middleware("root")],
    )  # fmt: skip

    def play_tree(request: JSONObject) -> Reply:
        if request.get("system") == "helper" or len(request["messages"]) > 1:
            return Reply.text("fine")
        return Reply.tool("look") if request.get("system") == "reader" else Reply.tool("reader", objective="o")

    with script(play_tree):
        assert (await lead.run("go")).ok
    assert seen == [
        "root model lead",
        "root reader lead",
        "root model lead/reader", "own model lead/reader",
        "root look lead/reader", "own look lead/reader",
        "root model lead/reader/helper", "own model lead/reader/helper",
        "root model lead/reader", "own model lead/reader",
        "root model lead",
    ]  # fmt: skip


async def test_code_that_outlives_its_run_starts_runs_of_its_own(anyio_backend_name: str) -> None:
    later: list[RunResult[str]] = []
    go, done = anyio.Event(), anyio.Event()

    async def afterwards() -> None:
        await go.wait()
        later.append(await helper.run("later"))
        done.set()

    async def leave_behind() -> None:
        if anyio_backend_name == "asyncio":
            left.append(asyncio.get_running_loop().create_task(afterwards()))
        else:
            import trio

            trio.lowlevel.spawn_system_task(afterwards, context=copy_context())

    left: list[object] = []
    with script(play):
        result = await lead_that(leave_behind).run("go", budget=Budget(max_requests=2))
        go.set()
        with anyio.fail_after(10):
            await done.wait()
    assert (result.usage.requests, later[0].output) == (2, "fine")


@asynccontextmanager
async def slow_deps() -> AsyncGenerator[int]:
    await anyio.sleep(20)
    yield 1


async def slow_instructions(ctx: object) -> str:
    await anyio.sleep(20)
    return "Hi."


@pytest.mark.parametrize("options", [{"deps": slow_deps}, {"instructions": slow_instructions}])
async def test_the_seconds_of_a_budget_count_from_the_call(options: dict[str, object]) -> None:
    agent = Agent("a", model="claude-haiku-5-5", **options)  # type: ignore[arg-type]
    with script(play), anyio.fail_after(10):
        result = await agent.run("go", budget=Budget(max_seconds=0.2))
        sub = Agent("lead", model="claude-haiku-5-5", tools=[agent.as_tool(budget=Budget(max_seconds=0.2))])
        with script(lambda r: Reply.text("ok") if len(r["messages"]) > 1 else Reply.tool("a", objective="o")):
            outer = await sub.run("go")
    assert result.outcome == "budget_exhausted"
    assert outer.ok
    assert [child.outcome for child in outer.children] == ["budget_exhausted"]


async def by_pool_that_blocks_the_loop() -> None:
    with ThreadPoolExecutor() as pool:
        for number in range(3):
            pool.submit(copy_context().run, helper.run_sync, f"question {number}").result()


async def test_an_async_tool_that_waits_for_its_pool_blocks_nobody_for_good() -> None:
    """The run in the thread cannot use the blocked event loop, so it has one of its own; streamed or not."""
    simulator = Simulator(Script(play))
    lead = lead_that(by_pool_that_blocks_the_loop)
    with anyio.fail_after(60):
        result = await lead.run("go", client=simulator.client(), budget=Budget(max_requests=4))
        async with lead.stream("go", client=simulator.client(), budget=Budget(max_requests=3)) as run:
            paths = [event.path async for event in run if isinstance(event, RunStarted)]
    assert (result.usage.requests, run.result.usage.requests) == (4, 3)
    assert len(simulator.requests) == 7
    assert paths == [("lead",)] + [("lead", "helper")] * 3
