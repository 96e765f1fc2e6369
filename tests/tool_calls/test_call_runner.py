"""One call through all its layers: one result, and its events."""

from __future__ import annotations

import pytest

from agentkit import RunContext, ToolFinished, ToolProgress, ToolStarted, tool
from agentkit.run.middleware import ToolRun
from agentkit.run.steps import Slot
from agentkit.tool_calls.call_events import emit_finished, emit_started, progress_reporter
from agentkit.tool_calls.call_result import CallResult
from tests.executing import Heard, call, execution

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
        given, slot = call("halve", n=n), Slot("tool:toolu_1")
        return await runner.run_to_result(ToolRun(given, halve, runner.make_context(given, slot)), lambda: False)

    good, bad = await result_of(4), await result_of(5)
    assert (good.content, good.is_error) == ("2", False)
    assert "internal error" in str(bad.content)
    assert bad.is_error
    assert min(good.duration_s, bad.duration_s) >= 0


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
