"""One call through all its layers: one result, and its events."""

from __future__ import annotations

from typing import cast

import pytest

from agentkit import Agent, RunContext, RunHandle, ToolError, ToolFinished, ToolProgress, ToolStarted, tool
from agentkit.run.agent_spec import RunOptions
from agentkit.run.middleware import ToolRun
from agentkit.run.steps import Slot, Step, Steps
from agentkit.testing import Reply, script
from agentkit.tool_calls.call_events import emit_finished, emit_started, progress_reporter
from agentkit.tool_calls.call_result import CallResult
from tests.executing import Heard, call, execution
from tests.run.test_steps import Recording

SLOT = Slot("tool:toolu_1", Step("tool:toolu_1", "tool"))

pytestmark = pytest.mark.anyio


@tool(effect="read")
def halve(n: int) -> int:
    """Halve."""
    if n % 2:
        raise ValueError
    return n // 2


async def test_a_value_is_a_result_and_so_is_a_failure() -> None:
    runner = execution([halve]).runner

    async def result_of(n: int) -> CallResult:
        given, slot = call("halve", n=n), SLOT
        return await runner.run_to_result(ToolRun(given, halve, runner.make_context(given, slot)), lambda: False)

    good, bad = await result_of(4), await result_of(5)
    assert (good.content, good.is_error) == ("2", False)
    assert "internal error" in str(bad.content)
    assert bad.is_error
    assert min(good.duration_s, bad.duration_s) >= 0


@tool(effect="read", raises=(LookupError,))
async def fetch(why: str) -> str:
    """Fetch."""
    error: Exception = {"said": ToolError("Sold out."), "told": KeyError("tea")}.get(why) or PermissionError(why)
    raise error


READER = Agent("reader", model="claude-haiku-5-5", description="Reads.", tools=[halve, fetch])
LEAD = Agent("lead", model="claude-haiku-5-5", tools=[READER.as_tool()])
KEY = "sk-ant-" + "api03-abc"


async def exceptions_of(run: RunHandle[str]) -> list[BaseException]:
    async with run:
        return [event.exception async for event in run if isinstance(event, ToolFinished) and event.exception]


@pytest.mark.parametrize("is_recorded", [False, True])
async def test_listeners_get_the_exception_of_a_failed_call_without_its_secrets(is_recorded: bool) -> None:
    calls = [Reply.tool("halve", n=3), Reply.tool("fetch", why=f"no {KEY}"), Reply.tool("fetch", why="told")]
    delegate, done = Reply.tool("reader", objective="Read."), Reply.text("Done.")
    with script(delegate, *calls, Reply.tool("fetch", why="said"), done, done):
        options: RunOptions[None] = {"steps": cast("Steps", Recording())} if is_recorded else {}
        found = await exceptions_of(LEAD.stream("Go", **options))
    assert [(type(one), str(one)) for one in found] == [
        (ValueError, ""),
        (PermissionError, "no [redacted]"),
        (KeyError, "'tea'"),
        (ToolError, "Sold out."),
    ]
    assert all(one.__traceback__ is not None for one in found)


async def test_a_run_without_a_listener_keeps_no_exception() -> None:
    runner, given, slot = (
        execution([halve]).runner,
        call("halve", n=5),
        SLOT,
    )
    result = await runner.run_to_result(ToolRun(given, halve, runner.make_context(given, slot)), lambda: False)
    assert result.exception is None


async def test_an_error_is_clipped_as_any_result_of_its_tool() -> None:
    @tool(max_result_tokens=50)
    def small(ctx: RunContext[None]) -> str:
        """Small."""
        return ""

    result = execution([small]).runner.error_result("x" * 10_000, small)
    assert result.is_error
    assert len(str(result.content)) < 1_000


async def test_the_events_of_a_call_name_it() -> None:
    heard = Heard()
    scope, one = execution([halve], listener=heard).runner.scope, call("halve", n=4)
    await emit_started(scope, one, halve)
    progress_reporter(scope, one)("half way", 1.0, 2.0)
    await emit_finished(scope, one, CallResult("2", duration_s=0.5))
    of_calls = [event for event in heard.events if isinstance(event, ToolStarted | ToolProgress | ToolFinished)]
    assert [(type(event), event.call_id) for event in of_calls] == [
        (ToolStarted, "toolu_1"),
        (ToolProgress, "toolu_1"),
        (ToolFinished, "toolu_1"),
    ]
