"""Middleware that is cancelled, and middleware that returns what it should not."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from agentkit import Agent, Budget, ModelError, Outcome, Retry, tool
from agentkit.run import cleanup
from agentkit.run.guarded_middleware import GuardedMiddleware
from agentkit.testing import Reply, script
from agentkit.tools.toolset import AnyTool

pytestmark = pytest.mark.anyio
Next = Callable[[Any], Awaitable[Any]]


class Span:
    """A context manager whose end takes a while."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        self.opened += 1
        try:
            yield
        finally:
            await anyio.sleep(0.05)
            await anyio.sleep(0.05)
            self.closed += 1


async def forgets(call: Any, next: Next) -> Any:
    await next(call)


async def answers_with_a_number(call: Any, next: Next) -> Any:
    await next(call)
    return 5


def is_no_async_function(call: Any, next: Next) -> Any:
    return None


class Silent:
    async def __call__(self, call: Any, next: Next) -> Any:
        return None


WRONG = {
    "forgets": (forgets, "`forgets`", "returned nothing: return what"),
    "a number": (answers_with_a_number, "`answers_with_a_number`", "returned a value of type int: return what"),
    "not async": (is_no_async_function, "`is_no_async_function`", "returned nothing: make it an `async def`"),
    "partial": (functools.partial(forgets), "`forgets`", "returned nothing"),
    "object": (Silent(), "`Silent`", "returned nothing"),
}


@tool(effect="write")
async def buy(n: int) -> str:
    """Buy."""
    await anyio.sleep(0.01 * n)
    return f"{n} bought"


def agent_with(option: str, around: list[Any], tool: AnyTool) -> Agent:
    by_model, by_tool = (around, []) if option == "around_model" else ([], around)
    return Agent("a", model="claude-haiku-5-5", tools=[tool], around_model=by_model, around_tool=by_tool)


@pytest.mark.parametrize(("around", "name", "problem"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("option", ["around_model", "around_tool"])
async def test_middleware_without_a_result_is_named_and_nothing_is_lost(
    around: Any, name: str, problem: str, option: str, caplog: pytest.LogCaptureFixture
) -> None:
    agent = agent_with(option, [around], buy)
    with script(lambda request: Reply.tool("buy", n=1) + Reply.tool("buy", n=2)) as replies:
        result = await agent.run("x")
    assert result.outcome is Outcome.FAILED
    for part in (name, option, problem, "middleware"):
        assert part in result.reason
    assert result.reason in caplog.text
    assert result.usage.requests == len(replies.requests) <= 1
    if option == "around_tool":
        assert [block["is_error"] for block in result.messages[-1]["content"]] == [True, True]
        with script(Reply.text("Both are there.")):
            assert (await agent.conversation(result.messages).send("Go on.")).ok


async def test_the_calls_beside_it_keep_their_results_and_a_child_fails_alone() -> None:
    async def loses_the_second(call: Any, next: Next) -> Any:
        content = await next(call)
        return content if call.call.input["n"] != 2 else None

    agent = Agent("a", model="claude-haiku-5-5", tools=[buy], around_tool=[loses_the_second])
    lead = Agent("lead", model="claude-haiku-5-5", tools=[agent.as_tool()])
    both = Reply.tool("buy", n=1) + Reply.tool("buy", n=2) + Reply.tool("buy", n=3)
    with script(Reply.tool("a", objective="Buy."), both, Reply.text("It failed.")):
        result = await lead.run("x")
    assert result.output == "It failed."
    (child,) = result.children
    assert [block["content"] for block in child.messages[-1]["content"]][::2] == ["1 bought", "3 bought"]
    assert "`test_the_calls_beside_it_keep_their_results_and_a_child_fails_alone.<locals>." in child.reason


@pytest.mark.parametrize("option", ["around_model", "around_tool"])
@pytest.mark.parametrize("where", ["in next", "before next", "in a task"])
async def test_what_middleware_opened_is_closed_when_it_is_cancelled(option: str, where: str) -> None:
    span = Span()

    async def traced(call: Any, next: Next) -> Any:
        async with span.open():
            if where == "before next":
                await anyio.sleep_forever()
            elif where == "in a task":

                async def call_next() -> None:
                    await next(call)

                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call_next)
            return await next(call)

    @tool(effect="write")
    async def hang() -> str:
        """Hang."""
        await anyio.sleep_forever()
        return ""

    async def hang_in_model(call: Any, next: Next) -> Any:
        await anyio.sleep_forever()

    agent = agent_with(option, [traced, hang_in_model] if option == "around_model" else [traced], hang)
    with script(lambda request: Reply.tool("hang")), anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(agent.run, "x")
            while not span.opened:
                await anyio.sleep(0.01)
            await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()
    assert span.closed == span.opened == 1


async def test_a_time_limit_of_its_own_leaves_it_all_the_time_that_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "CLEANUP_TIMEOUT_S", 0.01)

    async def limited(call: str, next: Next) -> Any:
        with anyio.move_on_after(0.02):
            return await next(call)
        await anyio.sleep(0.1)
        return "too late"

    async def sleeps(call: str) -> str:
        await anyio.sleep_forever()
        return ""

    assert await GuardedMiddleware(limited, "around_tool", (str,))("x", sleeps) == "too late"


@pytest.mark.parametrize("swallows", [False, True])
async def test_what_does_not_end_in_time_is_named(
    swallows: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cleanup, "CLEANUP_TIMEOUT_S", 0.05)

    async def hangs(call: str, next: Next) -> Any:
        try:
            return await next(call)
        finally:
            try:
                await anyio.sleep_forever()
            except BaseException:
                if not swallows:
                    raise

    async def sleeps(call: str) -> str:
        await anyio.sleep_forever()
        return ""

    with anyio.fail_after(20), caplog.at_level(logging.ERROR, "agentkit"):
        with anyio.move_on_after(0.02) as scope:
            await GuardedMiddleware(hangs, "around_tool", (str,))("x", sleeps)
    assert scope.cancelled_caught
    assert "hangs`" in caplog.text


async def hedges(call: Any, next: Next) -> Any:
    """Make the call twice at once and take the turn that comes first."""
    turns: list[Any] = []
    async with anyio.create_task_group() as outer, anyio.create_task_group() as tasks:

        async def make_call() -> None:
            turns.append(await next(call))
            outer.cancel_scope.cancel()

        tasks.start_soon(make_call)
        tasks.start_soon(make_call)
    return turns[0]


async def test_the_group_of_a_task_group_stands_for_its_leaf() -> None:
    agent = Agent("a", model="claude-opus-5-5", around_model=[hedges], retry=Retry(max_attempts=1))
    with script(lambda request: Reply.failure(400, "invalid_request_error", "no")):
        result = await agent.run("Go")
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert result.error.status == 400
    with script(lambda request: Reply.text("Tea.")) as simulator:
        assert (await agent.run("Go", budget=Budget(max_requests=1))).outcome is Outcome.BUDGET_EXHAUSTED
        assert len(simulator.ledger.rows) == 1
        assert (await agent.run("Go", budget=Budget(max_requests=4))).output == "Tea."


async def test_a_group_with_an_error_of_the_program_stays_what_it_is() -> None:
    async def breaks(call: Any, next: Next) -> Any:
        raise ExceptionGroup("both", [ModelError("no", kind="api_error"), KeyError("mine")])

    with script(), pytest.raises(ExceptionGroup, match="both"):
        await Agent("a", model="claude-opus-5-5", around_model=[breaks]).run("Go")
