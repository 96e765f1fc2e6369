"""A run that waits for its reply holds few objects, which the garbage collector walks; and nothing is held after it."""

from __future__ import annotations

import gc
import socket
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import anyio
import pytest

from agentkit import Agent, Budget, Guardrail, Journal, Pass, Seen, session, tool
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing.serving import served

RUNS = 50
MOST_OBJECTS = {"asyncio": 160, "trio": 180}
"""Those of its task and of its connection among them."""


@pytest.fixture
def use_server(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that makes a server at this address the one of all runs, over connections of our own."""

    def use(url: str) -> None:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")

    return use


@tool(effect="read")
def price(item: str) -> int:
    """Return the price of an item."""
    return len(item)


async def no_objection(_: Seen) -> Pass:
    return Pass()


async def accept(listener: socket.socket) -> int:
    """Take a connection, and return its file descriptor: no object is left."""
    with anyio.fail_after(10):
        while True:
            try:
                return listener.accept()[0].detach()
            except BlockingIOError:
                await anyio.sleep(0.001)


@pytest.mark.anyio
@pytest.mark.once
async def test_a_run_that_waits_for_its_reply_holds_few_objects(
    anyio_backend_name: str, use_server: Callable[[str], None]
) -> None:
    agent = Agent("buyer", model="claude-haiku-5-5", instructions="Be brief.", tools=[price])
    connections, counts = list[int](), list[int]()
    with socket.create_server(("127.0.0.1", 0), backlog=RUNS) as listener:  # it never answers
        listener.setblocking(False)
        use_server(f"http://127.0.0.1:{listener.getsockname()[1]}")
        async with session(), anyio.create_task_group() as tasks:

            async def count_with(runs: int) -> None:
                """Count the objects once so many more runs wait."""
                for _ in range(runs):
                    tasks.start_soon(agent.run, "Tea?")
                connections.extend([await accept(listener) for _ in range(runs)])
                await anyio.wait_all_tasks_blocked()
                gc.collect()
                counts.append(len(gc.get_objects()))

            await count_with(3)  # what all runs share is open then
            await count_with(RUNS)
            tasks.cancel_scope.cancel()
    for one in connections:
        socket.close(one)
    assert counts[1] - counts[0] <= RUNS * MOST_OBJECTS[anyio_backend_name]


@pytest.mark.anyio
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_after_a_run_nothing_holds_the_context_variables_of_its_caller(
    is_streamed: bool, use_server: Callable[[str], None]
) -> None:
    """The shared client keeps its connection, and asyncio keeps timers that were called off."""

    class Held:
        pass

    variable, seen, budget = ContextVar[Held]("held"), list[weakref.ref[Held]](), Budget(max_seconds=60)
    guardrails = [Guardrail(no_objection)]
    agent = Agent("buyer", model="claude-haiku-5-5", tools=[price], guardrails=guardrails)

    async def handle_request() -> None:
        variable.set(held := Held())
        seen.append(weakref.ref(held))
        if is_streamed:
            async with agent.stream("Tea?", budget=budget) as run:
                assert [event async for event in run]
        else:
            assert (await agent.run("Tea?", budget=budget)).output == "3 EUR."

    with served(Simulator(Script(Reply.tool("price", item="tea"), Reply.text("3 EUR.")))) as url:
        use_server(url)
        async with session(), anyio.create_task_group() as others:
            others.start_soon(anyio.sleep, 3)  # asyncio drops timers that were called off once no other comes before
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(handle_request)
            await anyio.wait_all_tasks_blocked()
            gc.collect()
            assert [one() for one in seen] == [None]
            others.cancel_scope.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("is_durable", [False, True])
async def test_a_run_that_is_over_is_freed_without_a_garbage_collection(
    tmp_path: Path, is_streamed: bool, is_durable: bool
) -> None:
    """A client that the caller drops ends in its own event loop, and the collector has nothing to find."""

    class Deps:
        pass

    @tool(effect="read")
    async def look(item: str) -> int:
        """Look up the price of an item, in no thread, which lets go of a call when it likes."""
        return len(item)

    agent = Agent("buyer", model="claude-haiku-5-5", tools=[look], deps=Deps)
    client = Simulator(Script(*[Reply.tool("look", item="tea"), Reply.text("3 EUR.")] * 2)).direct_client()
    journal = Journal(tmp_path / "runs.db") if is_durable else None

    async def run() -> weakref.ref[Deps]:
        deps, budget = Deps(), Budget(max_cost_usd=1)
        if is_streamed:
            async with agent.stream("Tea?", deps=deps, client=client, budget=budget, journal=journal) as streamed:
                assert [event async for event in streamed]
            assert streamed.result.ok
        else:
            assert (await agent.run("Tea?", deps=deps, client=client, budget=budget, journal=journal)).ok
        return weakref.ref(deps)

    await run()  # what is made on first use
    gc.collect()
    gc.disable()
    try:
        ref = await run()
        with anyio.fail_after(10):  # asyncio drops timers that were called off, and the journal's thread lets go
            while ref() is not None:
                await anyio.sleep(0.001)
    finally:
        gc.enable()
