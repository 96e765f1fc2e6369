"""The ways in which the code of a tool starts runs: awaited, in tasks, in threads, in pools, in event loops of its own.

Each takes an agent and prompts, and returns when all runs have ended.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, TypeAlias

import anyio
import anyio.to_thread

from agentkit import Agent, RunResult, Tool, tool

AnyAgent: TypeAlias = Agent[Any, Any, Any]
AnyTool: TypeAlias = Tool[..., Any]
Prompts: TypeAlias = Sequence[str]
AsyncWay: TypeAlias = Callable[[AnyAgent, Prompts], Awaitable[None]]
SyncWay: TypeAlias = Callable[[AnyAgent, Prompts], None]
Way: TypeAlias = Callable[[AnyAgent, Prompts], Awaitable[None] | None]


async def by_run(agent: AnyAgent, prompts: Prompts) -> None:
    for prompt in prompts:
        await agent.run(prompt)


async def by_tasks(agent: AnyAgent, prompts: Prompts) -> None:
    async with anyio.create_task_group() as tasks:
        for prompt in prompts:
            tasks.start_soon(agent.run, prompt)


async def by_map(agent: AnyAgent, prompts: Prompts) -> None:
    await agent.map(prompts, concurrency=2)


async def by_tool(agent: AnyAgent, prompts: Prompts) -> None:
    for prompt in prompts:
        try:
            await agent.as_tool()(prompt)
        except Exception:  # noqa: BLE001 - a run without an output
            return


async def by_stream(agent: AnyAgent, prompts: Prompts) -> None:
    for prompt in prompts:
        async with agent.stream(prompt) as run:
            async for _ in run:
                pass


async def by_awaited_threads(agent: AnyAgent, prompts: Prompts) -> None:
    async with anyio.create_task_group() as tasks:
        for prompt in prompts:
            tasks.start_soon(in_thread, partial(agent.run_sync, prompt))


async def by_awaited_pool(agent: AnyAgent, prompts: Prompts) -> None:
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(copy_context().run, agent.run_sync, prompt) for prompt in prompts]
        for future in futures:
            await in_thread(future.result)


async def by_awaited_loop(agent: AnyAgent, prompts: Prompts) -> None:
    await in_thread(lambda: anyio.run(by_tasks, agent, prompts, backend="asyncio"))


async def by_awaited_trio_loop(agent: AnyAgent, prompts: Prompts) -> None:
    await in_thread(lambda: anyio.run(by_map, agent, prompts, backend="trio"))


async def by_blocking(agent: AnyAgent, prompts: Prompts) -> None:
    """What nobody should do: wait for threads in the event loop."""
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(copy_context().run, agent.run_sync, prompt) for prompt in prompts[:2]]:
            future.exception()  # stopped, perhaps


def by_run_sync(agent: AnyAgent, prompts: Prompts) -> None:
    for prompt in prompts:
        agent.run_sync(prompt)


def by_threads(agent: AnyAgent, prompts: Prompts) -> None:
    work = [Future[RunResult[Any]]() for _ in prompts]

    def run(prompt: str, future: Future[RunResult[Any]]) -> None:
        try:
            future.set_result(agent.run_sync(prompt))
        except BaseException as error:  # noqa: BLE001 - raised in the tool
            future.set_exception(error)

    for prompt, future in zip(prompts, work, strict=True):
        threading.Thread(target=copy_context().run, args=(run, prompt, future), name="agentkit tool's thread").start()
    for future in work:
        future.result()


def by_pool(agent: AnyAgent, prompts: Prompts) -> None:
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(copy_context().run, agent.run_sync, prompt) for prompt in prompts]:
            future.result()


def by_loop(agent: AnyAgent, prompts: Prompts) -> None:
    anyio.run(by_run, agent, prompts, backend="asyncio")


def by_trio_loop(agent: AnyAgent, prompts: Prompts) -> None:
    anyio.run(by_tasks, agent, prompts, backend="trio")


async def in_thread(function: Callable[[], object]) -> None:
    await anyio.to_thread.run_sync(function)


ASYNC_WAYS: tuple[AsyncWay, ...] = (
    *(by_run, by_tasks, by_map, by_tool, by_stream),
    *(by_awaited_threads, by_awaited_pool, by_awaited_loop, by_awaited_trio_loop),
)
SYNC_WAYS: tuple[SyncWay, ...] = (by_run_sync, by_threads, by_pool, by_loop, by_trio_loop)
WAYS: tuple[Way, ...] = (*ASYNC_WAYS, *SYNC_WAYS)
SELDOM_BLOCKING: tuple[Way, ...] = (*WAYS * 4, by_blocking)
"""Ways to choose from; the last one takes seconds."""


@contextmanager
def listed(what: str, where: list[str]) -> Generator[None]:
    """Keep it in the list while the block runs, for who asks what hangs."""
    where.append(what)
    try:
        yield
    finally:
        where.remove(what)


def starting_tool(agent: AnyAgent, way: Way, running: list[str], timeout_s: float | None) -> AnyTool:
    """A tool that runs the agent with all prompts; while it does so, it stands in `running`."""
    options: dict[str, Any] = {"effect": "write", "timeout_s": timeout_s}

    async def start(prompts: list[str]) -> str:
        """Run the agent."""
        with listed(f"{way.__name__} {prompts}", running):
            if (found := way(agent, prompts)) is not None:
                await found
        return "done"

    def start_sync(prompts: list[str]) -> str:
        """Run the agent, in a thread."""
        with listed(f"{way.__name__} {prompts}", running):
            way(agent, prompts)
        return "done"

    return tool(name=f"{way.__name__}_{agent.name}", **options)(start_sync if way in SYNC_WAYS else start)
