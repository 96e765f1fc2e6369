"""Tools and cancellations: their own, those of their time limit and of their run, obeyed or not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import anyio
import pytest

from agentkit import Agent, ToolError, ToolStarted, tool
from agentkit.testing import Reply, script
from agentkit.tool_calls.failures import OUTCOME_UNKNOWN
from agentkit.tools.toolset import AnyTool
from tests.executing import answer, answers, call
from tests.shop import check_pairs

pytestmark = pytest.mark.anyio


async def test_a_cancellation_of_the_tools_own_making_is_its_failure(anyio_backend: str) -> None:
    """Raised out of nothing on asyncio, kept from a scope of its own on trio: nobody above asked for it."""

    @tool(effect="write")
    async def give_up() -> str:
        """Give up."""
        kept: BaseException | None = None
        with anyio.CancelScope() as scope:
            scope.cancel()
            try:
                await anyio.sleep_forever()
            except anyio.get_cancelled_exc_class() as error:
                kept = error
        raise kept or AssertionError

    @tool(effect="read")
    async def cancel_task() -> str:
        """Cancel the task that runs the call."""
        task = asyncio.current_task() if anyio_backend == "asyncio" else None
        if task is None:
            raise ToolError("There is no such thing here.")
        task.cancel()
        await anyio.sleep_forever()
        return "never"

    @tool(effect="read")
    async def beside() -> str:
        """Take a little longer."""
        await anyio.sleep(0.01)
        return "untouched"

    calls = [call("give_up", 1), call("beside", 2), call("cancel_task", 3)]
    first, second, third = await answers([give_up, beside, cancel_task], *calls)
    assert first.content == f"`give_up` cancelled itself. {OUTCOME_UNKNOWN}"
    assert (first.is_error, third.is_error) == (True, True)
    assert second.content == "untouched"
    if anyio_backend == "asyncio":
        assert third.content == "`cancel_task` cancelled itself."


async def test_a_cancellation_from_above_wins_over_what_a_tool_raises_on_its_way_out() -> None:
    started = anyio.Event()

    async def fail_late() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("no")

    @tool(effect="read")
    async def messy() -> str:
        """Fail while cleaning up, in one of two tasks."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fail_late)
            tasks.start_soon(anyio.sleep_forever)
            started.set()
        return "never"

    with anyio.fail_after(10), anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(answers, [messy], call("messy"))
            await started.wait()
            await anyio.sleep(0.01)
            scope.cancel()
    assert scope.cancelled_caught


async def test_a_tool_that_swallows_its_time_limit_is_timed_out() -> None:
    @tool(effect="read", timeout_s=0.05)
    async def stubborn() -> str:
        """Never give in."""
        while True:
            with contextlib.suppress(anyio.get_cancelled_exc_class()):
                await anyio.sleep(10)

    @tool(effect="read")
    async def beside() -> str:
        """Return."""
        return "untouched"

    with anyio.fail_after(20):
        first, second = await answers([stubborn, beside], call("stubborn", 1), call("beside", 2))
    assert first.content == "`stubborn` timed out after 0.05 s and was stopped."
    assert second.content == "untouched"


async def test_a_tool_that_swallows_every_cancellation_does_not_keep_its_run() -> None:
    @tool(effect="write")
    async def stubborn() -> str:
        """Never give in."""
        while True:
            with contextlib.suppress(Exception, anyio.get_cancelled_exc_class()):
                await anyio.sleep(10)

    agent = Agent("a", model="claude-opus-5-5", tools=[stubborn])
    with anyio.fail_after(20), script(Reply.tool("stubborn")):
        async with agent.stream("Go") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    break
    assert run.result.outcome == "cancelled"
    check_pairs(run.result)
    assert [unfinished.name for unfinished in run.result.unfinished] == ["stubborn"]


async def test_a_tool_that_swallows_once_and_goes_on_is_answered_by_what_it_returns() -> None:
    @tool(effect="read", timeout_s=0.05)
    async def reluctant() -> str:
        """Give in late."""
        with contextlib.suppress(anyio.get_cancelled_exc_class()):
            await anyio.sleep_forever()
        return "partial"

    assert (await answer(reluctant)).content == "partial"


@tool(effect="read", timeout_s=0.05)
async def in_a_thread(seconds: float) -> str:
    """Wait for a thread that nobody can stop."""
    await anyio.lowlevel.checkpoint()
    await anyio.to_thread.run_sync(time.sleep, seconds)
    return "late"


@tool(effect="write", timeout_s=0.05)
async def shielded(seconds: float) -> str:
    """Clean up, however long it takes."""
    with contextlib.suppress(anyio.get_cancelled_exc_class()):
        await anyio.sleep_forever()
    with anyio.CancelScope(shield=True):
        await anyio.sleep(seconds)
    return "late"


@pytest.mark.parametrize(("slow", "seconds"), [(in_a_thread, 0.3), (in_a_thread, 1.5), (shielded, 1.5)])
async def test_a_result_that_comes_after_the_time_limit_is_timed_out_and_the_tool_named(
    slow: AnyTool, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    @tool(effect="read")
    async def beside() -> str:
        """Return."""
        return "untouched"

    with caplog.at_level(logging.WARNING, "agentkit"):
        first, second = await answers([slow, beside], call(slow.name, 1, seconds=seconds), call("beside", 2))
    assert first.is_error
    assert str(first.content).startswith(f"`{slow.name}` timed out after 0.05 s and its result came too late.")
    assert second.content == "untouched"
    (ended,) = [record.__dict__ for record in caplog.records if "after its time limit of" in record.message]
    assert f"`{slow.name}` ended" in ended["message"]
    assert (ended["tool"], ended["call_id"], ended["timeout_s"]) == (slow.name, "toolu_1", 0.05)
    assert ended["late_s"] > seconds - 0.1


async def test_a_run_waits_for_a_tool_that_cannot_be_stopped_and_is_told_so() -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[in_a_thread])
    with script(Reply.tool("in_a_thread", seconds=0.3), Reply.text("It was too slow.")):
        result = await agent.run("Go")
    assert result.output == "It was too slow."
    assert "timed out" in str(result.messages[2]["content"])
