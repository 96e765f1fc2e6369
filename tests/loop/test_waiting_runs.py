"""A run that waits for its reply holds few objects: in a wide fan-out, the garbage collector walks all of them."""

from __future__ import annotations

import gc
import socket

import anyio
import pytest

from agentkit import Agent, session, tool

RUNS = 50
MOST_OBJECTS = {"asyncio": 170, "trio": 190}
"""Those of its task and of its connection among them."""


@tool(effect="read")
def price(item: str) -> int:
    """Return the price of an item."""
    return len(item)


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
    anyio_backend_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = Agent("buyer", model="claude-haiku-5-5", instructions="Be brief.", tools=[price])
    connections, counts = list[int](), list[int]()
    with socket.create_server(("127.0.0.1", 0), backlog=RUNS) as listener:  # it never answers
        listener.setblocking(False)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
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
