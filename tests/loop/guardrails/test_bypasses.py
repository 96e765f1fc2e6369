"""Nothing gets past a guardrail: no way in which a tool may be called, a turn made or a conversation begun."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp.server.mcpserver import MCPServer

from agentkit import (
    Agent,
    CallModel,
    CallTool,
    Guardrail,
    ModelCall,
    Outcome,
    Pass,
    RunContext,
    Seen,
    ToolRun,
    UsageError,
    Verdict,
    background,
    tool,
)
from agentkit.mcp import InProcessServer, mounted
from agentkit.messages.message import AssistantTurn, Content
from agentkit.simulator import faults
from agentkit.testing import Reply, script
from tests.loop.guardrails.phones import DONE, HAIKU, NO, Phone, guarded, ring
from tests.mcp.servers import shop

pytestmark = pytest.mark.anyio


Way = Callable[[Phone], Awaitable[Any]]


async def by_a_sub_agent(phone: Phone) -> Any:
    child = Agent("child", model=HAIKU, deps=Phone, tools=[ring])
    with script(lambda request: Reply.tool("child", objective="Ring.")):
        return await guarded(NO, phone, tools=[child.as_tool()]).run("Call.", deps=phone)


async def by_a_background_child(phone: Phone) -> Any:
    child = Agent("child", model=HAIKU, deps=Phone, tools=[ring])
    with script(lambda request: Reply.tool("start_agent", agent="child", input={"objective": "Ring."})):
        return await guarded(NO, phone, tools=[background(child.as_tool())]).run("Call.", deps=phone)


def delegates_or_rings(request: Any) -> Reply:
    return Reply.tool(request["tools"][0]["name"])


async def by_code_of_a_tool(phone: Phone) -> Any:
    child = Agent("child", model=HAIKU, deps=Phone, tools=[ring])

    @tool(effect="read")
    async def delegate(ctx: RunContext[Phone]) -> str:
        """Run another agent."""
        return str((await child.run("Ring.", deps=ctx.deps)).outcome)

    with script(delegates_or_rings):
        return await guarded(NO, phone, tools=[delegate]).run("Call.", deps=phone)


def blocked_once(started: threading.Event, phone: Phone, delegate: Any) -> Agent[Phone, str, str]:
    """A caller that is blocked once this event is set."""

    async def check(seen: Seen) -> Verdict:
        while not started.is_set():
            await anyio.sleep(0.01)
        return NO

    return guarded(NO, phone, tools=[delegate], guardrails=[Guardrail(check)])


async def by_a_tool_that_cannot_be_stopped(phone: Phone) -> Any:
    child, started = Agent("child", model=HAIKU, deps=Phone, tools=[ring], max_turns=2), threading.Event()

    @tool(effect="read")
    async def delegate(ctx: RunContext[Phone]) -> str:
        """Run another agent, later."""
        with anyio.CancelScope(shield=True):
            started.set()
            await anyio.sleep(0.1)
            await child.run("Ring.", deps=ctx.deps)
        return "Done."

    with script(delegates_or_rings) as simulator:
        result = await blocked_once(started, phone, delegate).run("Call.", deps=phone)
    assert len(simulator.requests) > 1
    return result


async def by_a_thread_that_goes_on(phone: Phone) -> Any:
    child, started = Agent("child", model=HAIKU, deps=Phone, tools=[ring], max_turns=2), threading.Event()
    ended = threading.Event()

    @tool(effect="read")
    def delegate(ctx: RunContext[Phone]) -> str:
        """Run other agents, later."""
        started.set()
        time.sleep(0.1)
        for _ in range(2):
            with suppress(UsageError):  # the first may be stopped together with the run
                child.run_sync("Ring.", deps=ctx.deps)
        ended.set()
        return "Done."

    with script(delegates_or_rings) as simulator:
        result = await blocked_once(started, phone, delegate).run("Call.", deps=phone)
        assert await anyio.to_thread.run_sync(lambda: ended.wait(20))
    assert len(simulator.requests) > 1
    return result


async def by_a_tool_of_an_mcp_server(phone: Phone) -> Any:
    server = MCPServer("phone", log_level="ERROR")

    @server.tool(name="ring")
    def ring_there() -> str:
        """Ring a phone."""
        phone.rang.append("there")
        return "It rang."

    async with mounted(InProcessServer(server), name="phone") as toolset:
        with script(lambda request: Reply.tool("phone__ring")):
            return await guarded(NO, phone, 0.2, tools=[toolset]).run("Call.", deps=phone)


async def by_the_fallback(phone: Phone) -> Any:
    def reply(request: Any) -> Reply:
        return Reply.refusal() if request["model"] == HAIKU else Reply.tool("ring")

    with script(reply):
        return await guarded(NO, phone, fallback="claude-opus-5-5").run("Call.", deps=phone)


async def after_a_compaction(phone: Phone) -> Any:
    full = Reply(stop_reason="model_context_window_exceeded")
    replies = iter([Reply.text("x") + full, Reply.text("A summary."), Reply.tool("ring")])
    with script(lambda request: next(replies)):
        return await guarded(NO, phone, 0.1).run("Call.", deps=phone)


async def by_a_restarted_turn(phone: Phone) -> Any:
    with script(lambda request: Reply.tool("ring"), faults=[faults.cut(100)]):
        return await guarded(NO, phone, 0.1).run("Call.", deps=phone)


async def in_a_saved_conversation(phone: Phone) -> Any:
    with script(DONE):
        chat = guarded(Pass(), phone).conversation()
        await chat.send("Hello.", deps=phone)
    with script(lambda request: Reply.tool("ring")):
        return await guarded(NO, phone).conversation(chat.save()).send("Call.", deps=phone)


async def in_a_handed_over_conversation(phone: Phone) -> Any:
    with script(DONE):
        before = await Agent("other", model=HAIKU).run("Hello.")
    with script(lambda request: Reply.tool("ring")):
        return await guarded(NO, phone).conversation(before.messages).send("Call.", deps=phone)


async def in_a_map(phone: Phone) -> Any:
    with script(lambda request: Reply.tool("ring")):
        (item,) = await guarded(NO, phone).map(["Call."], deps=phone)
    return item.result


async def in_a_batch(phone: Phone) -> Any:
    with script(lambda request: Reply.tool("ring")):
        (item,) = await guarded(NO, phone, 0.1).map(["Call."], deps=phone, batch=True)
    return item.result


async def behind_middleware_that_changes_the_tool(phone: Phone) -> Any:
    async def ring_instead(call: ToolRun, next: CallTool) -> Content:
        return await next(replace(call, tool=ring, call=replace(call.call, name="ring", input={"number": "7"})))

    with script(lambda request: Reply.tool("look")):
        return await guarded(NO, phone, around_tool=[ring_instead]).run("Call.", deps=phone)


async def by_a_turn_of_middleware(phone: Phone) -> Any:
    async def made_up(call: ModelCall, next: CallModel) -> AssistantTurn:
        block = {"type": "tool_use", "id": f"toolu_{call.turn}", "name": "ring", "input": {}}
        return AssistantTurn([block], "tool_use", {}, model=HAIKU, id=f"msg_{call.turn}")

    with script(lambda request: DONE):
        return await guarded(NO, phone, around_model=[made_up]).run("Call.", deps=phone)


async def in_a_resumed_run(phone: Phone, path: Path) -> Any:
    """The process dies before the verdict, after a write was asked for: the next one asks again, and has it wait."""
    journal = str(path / "runs.db")
    agent = guarded(NO, phone, seconds=5)
    with script(lambda request: Reply.tool("ring")) as simulator:
        async with anyio.create_task_group() as process:
            process.start_soon(lambda: agent.run("Call.", deps=phone, journal=journal, run_id="r"))
            while not (phone.asked and simulator.requests):
                await anyio.sleep(0.01)
            await anyio.sleep(0.05)
            process.cancel_scope.cancel()
        return await guarded(NO, phone).resume("r", deps=phone, journal=journal)


@pytest.mark.parametrize(
    "way",
    [
        by_a_sub_agent,
        by_a_background_child,
        by_code_of_a_tool,
        by_a_tool_that_cannot_be_stopped,
        by_a_thread_that_goes_on,
        by_a_tool_of_an_mcp_server,
        by_the_fallback,
        after_a_compaction,
        by_a_restarted_turn,
        in_a_saved_conversation,
        in_a_handed_over_conversation,
        in_a_map,
        in_a_batch,
        behind_middleware_that_changes_the_tool,
        by_a_turn_of_middleware,
    ],
)
async def test_no_write_gets_past_the_input_check(way: Way) -> None:
    phone = Phone()
    result = await way(phone)
    assert (result.outcome, result.output, phone.rang) == (Outcome.BLOCKED, "I cannot do that.", [])


async def test_no_write_of_a_resumed_run_gets_past_it(tmp_path: Path) -> None:
    phone = Phone()
    result = await in_a_resumed_run(phone, tmp_path)
    assert (result.outcome, phone.rang) == (Outcome.BLOCKED, [])


async def test_no_tool_of_an_mcp_server_gets_past_it() -> None:
    phone, calls = Phone(), list[Seen]()

    async def never(seen: Seen) -> Verdict:
        calls.append(seen)
        return NO

    async with mounted(InProcessServer(shop()), name="shop") as toolset:
        name = next(one.name for one in toolset)
        agent = guarded(Pass(), phone, tools=[toolset], guardrails=[Guardrail(never, on="tool_call")])
        with script(Reply.tool(name, item="tea")):
            result = await agent.run("Call.", deps=phone)
    assert (result.outcome, [seen.tool for seen in calls]) == (Outcome.BLOCKED, [name])


async def test_nothing_waits_for_the_verdict_of_a_run_that_has_ended() -> None:
    """The run is cancelled while a tool that cannot be stopped runs an agent, whose call waits for the verdict."""
    phone, child = Phone(), Agent("child", model=HAIKU, deps=Phone, tools=[ring])

    @tool(effect="read")
    async def delegate(ctx: RunContext[Phone]) -> str:
        """Run another agent."""
        with anyio.CancelScope(shield=True):
            await child.run("Ring.", deps=ctx.deps)
        return "Done."

    def reply(request: Any) -> Reply:
        if request["tools"][0]["name"] == "ring":
            return DONE if "tool_result" in str(request["messages"]) else Reply.tool("ring")
        return Reply.tool("delegate")

    with script(reply), anyio.fail_after(20), anyio.move_on_after(0.2):
        await guarded(Pass(), phone, seconds=60, tools=[delegate]).run("Call.", deps=phone)
    assert phone.rang == []
