"""Cancel scopes and task groups that a tool, middleware or deps leave open cost nobody else anything."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit import Agent, ToolStarted, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from agentkit.tools.options import Effect

pytestmark = pytest.mark.anyio


async def leave_group() -> None:
    group = anyio.create_task_group()
    await group.__aenter__()
    group.start_soon(anyio.sleep_forever)


async def leave_nested_groups() -> None:
    await leave_group()
    anyio.CancelScope(shield=True).__enter__()
    await leave_group()


async def leave_limit() -> None:
    anyio.CancelScope(deadline=anyio.current_time() + 0.01).__enter__()


async def leave_and_raise() -> None:
    await leave_group()
    raise RuntimeError("and raise")


LEAVE = (leave_group, leave_nested_groups, leave_limit, leave_and_raise)
Leave = Callable[[], Awaitable[None]]


def tools_leaving(leave: Leave, effect: Effect) -> list[Any]:
    @tool(effect=effect)
    async def lazily() -> str:
        """Open a session and keep it."""
        await leave()
        return "opened"

    @tool(effect=effect)
    async def paid(n: int) -> str:
        """Work for long."""
        await anyio.sleep(0.1)
        return f"worth {n}"

    return [lazily, paid]


def play(request: JSONObject) -> Reply:
    turn = len(request["messages"]) // 2
    if turn < 2:
        return Reply.tool("paid", n=turn) + Reply.tool("lazily") + Reply.tool("paid", n=turn + 10)
    return Reply.text("Done.")


async def count_tasks() -> int:
    """Return the number of tasks once those that were cancelled have ended."""
    for _ in range(20):
        await anyio.lowlevel.checkpoint()
    return len(anyio.get_running_tasks())


@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize("effect", ["read", "write"])
@pytest.mark.parametrize("with_middleware", [False, True])
async def test_a_tool_that_leaves_something_open_costs_only_itself_and_is_named(
    leave: Leave, effect: Effect, with_middleware: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def passes(call: Any, next: Callable[[Any], Awaitable[Any]]) -> Any:
        async with anyio.create_task_group():
            return await next(call)

    around = [passes, passes] if with_middleware else []
    agent = Agent("a", model="claude-haiku-5-5", tools=tools_leaving(leave, effect), around_tool=around)
    before = await count_tasks()
    with script(play), caplog.at_level(logging.ERROR, "agentkit"):
        result = await agent.run("Go")
    assert result.output == "Done."
    contents = [str(block["content"]) for message in result.messages[2::2] for block in message["content"]]
    assert [contents[place] for place in (0, 2, 3, 5)] == ["worth 0", "worth 10", "worth 1", "worth 11"]
    assert "`lazily` failed with an internal error" in contents[1]
    assert "The tool `lazily` left a cancel scope or a task group open" in caplog.text
    assert await count_tasks() == before


async def test_a_run_can_be_cancelled_after_it() -> None:
    agent = Agent("a", model="claude-haiku-5-5", tools=tools_leaving(leave_nested_groups, "write"))
    with anyio.fail_after(20), script(play):
        async with agent.stream("Go") as run:
            started = 0
            async for event in run:
                started += isinstance(event, ToolStarted)
                if started == 4:
                    break
    assert run.result.outcome == "cancelled"


@pytest.mark.parametrize("option", ["around_model", "around_tool", "deps"])
async def test_middleware_and_deps_are_named_and_the_run_has_its_result(
    option: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def leaves(call: Any, next: Callable[[Any], Awaitable[Any]]) -> Any:
        await leave_nested_groups()
        return await next(call)

    @asynccontextmanager
    async def open_deps() -> AsyncGenerator[None]:
        yield
        await leave_nested_groups()

    agent = Agent(
        "a",
        model="claude-haiku-5-5",
        tools=tools_leaving(anyio.lowlevel.checkpoint, "write"),
        around_model=[leaves] if option == "around_model" else [],
        around_tool=[leaves] if option == "around_tool" else [],
        deps=open_deps if option == "deps" else None,
    )
    before = await count_tasks()
    with script(play), caplog.at_level(logging.ERROR, "agentkit"):
        result = await agent.run("Go")
    assert result.output == "Done."
    assert ("leaves`" if option != "deps" else "the deps of the agent 'a'") in caplog.text
    assert "left a cancel scope or a task group open" in caplog.text
    assert await count_tasks() == before
