"""Middleware around tool calls: the order, what it may change, and how failures travel."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Callable

import anyio
import pytest

from agentkit import Agent, DefinitionError, InvalidArguments, RunContext, ToolError, tool
from agentkit.errors import ToolTimeout
from agentkit.messages.message import Content
from agentkit.run.middleware import AroundTool, CallTool, ToolRun, compose_middleware
from agentkit.testing import Reply, script
from agentkit.tool_calls.call_result import CallResult
from tests.executing import answer, answers, call, execution

pytestmark = pytest.mark.anyio


@tool(effect="idempotent")
async def double(ctx: RunContext, n: int) -> int:
    """Double."""
    return 2 * n


@tool(effect="read")
async def fail(how: str = "") -> str:
    """Fail."""
    if how == "says no":
        raise ToolError("Sold out.")
    if how == "hangs":
        await anyio.sleep_forever()
    raise RuntimeError("password=hunter2")


async def test_the_first_is_the_outermost() -> None:
    seen: list[str] = []

    def noted(name: str) -> Callable[[int, Callable[[int], Awaitable[int]]], Awaitable[int]]:
        async def around(call: int, next: Callable[[int], Awaitable[int]]) -> int:
            seen.append(f"{name} before")
            answer = await next(call + 1)
            seen.append(f"{name} after")
            return answer * 10

        return around

    async def inner(call: int) -> int:
        seen.append(f"inner {call}")
        return call

    assert await compose_middleware([noted("a"), noted("b")], inner)(1) == 300
    assert seen == ["a before", "b before", "inner 3", "b after", "a after"]


async def test_it_sees_the_call_the_tool_and_the_context() -> None:
    seen: list[ToolRun] = []

    async def look(call: ToolRun, next: CallTool) -> Content:
        seen.append(call)
        return await next(call)

    assert (await answer(double, {"n": 4}, [look])).content == "8"
    (run,) = seen
    assert (run.call.name, run.call.input, run.tool, run.context.call_id) == ("double", {"n": 4}, double, "toolu_1")


async def test_a_changed_call_is_what_is_executed() -> None:
    async def more(call: ToolRun, next: CallTool) -> Content:
        return await next(dataclasses.replace(call, call=dataclasses.replace(call.call, input={"n": 50})))

    assert (await answer(double, {"n": 4}, [more])).content == "100"


async def test_without_next_nothing_is_executed_and_twice_executes_twice() -> None:
    executed = 0

    @tool(effect="write")
    async def count() -> int:
        """Count."""
        nonlocal executed
        executed += 1
        return executed

    async def instead(call: ToolRun, next: CallTool) -> Content:
        return "not today"

    async def twice(call: ToolRun, next: CallTool) -> Content:
        return f"{await next(call)} {await next(call)}"

    assert (await answer(count, around=[instead])).content == "not today"
    assert executed == 0
    assert (await answer(count, around=[twice])).content == "1 2"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"how": "says no"}, ToolError),
        ({"how": 5}, InvalidArguments),
        ({"how": "hangs"}, ToolTimeout),
        ({"how": "hangs"}, TimeoutError),
        ({}, RuntimeError),
    ],
)
async def test_a_failure_is_an_exception_on_its_way_out(given: dict[str, object], kind: type[Exception]) -> None:
    caught: list[Exception] = []

    async def rescue(call: ToolRun, next: CallTool) -> Content:
        try:
            return await next(call)
        except kind as error:
            caught.append(error)
            return "rescued"

    result = await answer(fail, given, [rescue], timeout_s=0.05)
    assert (result.content, result.is_error, len(caught)) == ("rescued", False, 1)


async def test_its_own_exception_is_a_failure_whose_text_stays_here(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(call: ToolRun, next: CallTool) -> Content:
        await next(call)
        raise RuntimeError("password=hunter2")

    async def refuses(call: ToolRun, next: CallTool) -> Content:
        raise ToolError("Not allowed on Sundays.")

    with caplog.at_level(logging.ERROR, "agentkit"):
        result = await answer(double, {"n": 1}, [broken])
    assert isinstance(result.content, str)
    assert result.is_error
    assert "internal error" in result.content
    assert "hunter2" not in result.content
    assert len(caplog.records) == 1
    assert (await answer(double, {"n": 1}, [refuses])).content == "Not allowed on Sundays."


async def test_what_is_no_content_is_a_failure_that_the_log_explains(caplog: pytest.LogCaptureFixture) -> None:
    async def forgets(call: ToolRun, next: CallTool) -> Content:
        await next(call)
        return None  # type: ignore[return-value]  # the mistake that is being tested

    with caplog.at_level(logging.ERROR, "agentkit"):
        result = await answer(double, {"n": 1}, [forgets])
    assert result.is_error
    assert "return what `next(call)` returns" in caplog.text


async def test_its_text_is_made_fit_for_a_request_and_a_clipped_one_is_not_clipped_again() -> None:
    @tool(effect="read", max_result_tokens=20)
    async def long() -> str:
        """Long."""
        return "x" * 1000

    async def passes(call: ToolRun, next: CallTool) -> Content:
        return await next(call)

    async def spoils(call: ToolRun, next: CallTool) -> Content:
        return f"\ud800 {await next(call)}"

    plain = await answer(long)
    assert (await answer(long, around=[passes])).content == plain.content
    spoiled = (await answer(double, {"n": 1}, [spoils])).content
    assert isinstance(spoiled, str)
    assert spoiled.startswith("� 2\n")


async def test_only_calls_that_can_be_executed_come_through() -> None:
    async def never(call: ToolRun, next: CallTool) -> Content:
        raise AssertionError

    results: dict[str, CallResult] = {}
    calls = [call("doubel", 1), call("double", 2, n=1)]
    await execution([double], [never]).run(calls, results, allowed_tools=frozenset(["doubel"]))
    assert "no tool `doubel`" in str(results["toolu_1"].content)
    assert "last turn" in str(results["toolu_2"].content)


async def test_a_sub_agent_is_a_tool_as_any_other() -> None:
    seen: list[bool] = []

    async def look(call: ToolRun, next: CallTool) -> Content:
        seen.append(call.tool.is_agent)
        return await next(call)

    child = Agent("child", model="claude-haiku-5-5").as_tool()
    with script(Reply.text("Four.")):
        result = await answer(child, {"objective": "What is 2 + 2?"}, [look])
    assert (result.content, seen) == ("Four.", [True])


async def test_swallowing_a_cancellation_does_not_keep_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether once or again and again, the calls beside it and whoever cancelled go on."""
    monkeypatch.setattr("agentkit.run.cleanup.CLEANUP_TIMEOUT_S", 0.2)

    async def once(call: ToolRun, next: CallTool) -> Content:
        try:
            return await next(call)
        except BaseException:  # noqa: BLE001 - what is being tested
            return "swallowed"

    async def always(call: ToolRun, next: CallTool) -> Content:
        while True:
            try:
                await anyio.sleep_forever()
            except anyio.get_cancelled_exc_class():
                continue

    for middleware in (once, always):
        hangs = call("fail", how="hangs")
        with anyio.fail_after(20), anyio.move_on_after(0.05) as scope:
            await answers([fail], hangs, around=[middleware])
        assert scope.cancelled_caught


async def test_a_cancellation_passes_through_middleware_that_lets_it() -> None:
    entered: list[str] = []
    left: list[str] = []

    async def tidy(call: ToolRun, next: CallTool) -> Content:
        entered.append(call.call.id)
        if len(entered) == 2:
            scope.cancel()
        try:
            return await next(call)
        finally:
            left.append(call.call.id)

    with anyio.fail_after(10), anyio.CancelScope() as scope:
        await answers([fail], call("fail", 1, how="hangs"), call("fail", 2, how="hangs"), around=[tidy])
    assert scope.cancelled_caught
    assert sorted(left) == sorted(entered) == ["toolu_1", "toolu_2"]


def test_what_is_no_middleware_is_refused_where_the_agent_is_defined() -> None:
    async def alone(call: ToolRun, next: CallTool) -> Content:
        return await next(call)

    single: AroundTool = alone
    with pytest.raises(DefinitionError, match=r"Agent\('a', around_tool=\.\.\.\): it takes a list of functions"):
        Agent("a", model="m", around_tool=single)  # type: ignore[arg-type]  # the mistake that is being tested
    with pytest.raises(DefinitionError, match=r"Agent\('a', around_model=\.\.\.\): 5 is not a function"):
        Agent("a", model="m", around_model=[5])  # type: ignore[list-item]
    with pytest.raises(DefinitionError, match=r"Agent\('a', around_tool=\.\.\.\): .* is called with two arguments"):
        Agent("a", model="m", around_tool=[lambda call: call])  # type: ignore[list-item,misc]
    with pytest.raises(
        DefinitionError, match=r"Agent\('a', redact=\.\.\.\): it takes a list of names: redact=\['PIN'\]"
    ):
        Agent("a", model="m", redact="PIN")
    assert Agent("a", model="m", around_tool=[single], redact=["PIN"]).redact == ["PIN"]
