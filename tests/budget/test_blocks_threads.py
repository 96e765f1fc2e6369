"""A budget block holds in every thread that has its context, and a run that is outside of it by mistake is logged."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import anyio
import anyio.to_thread
import pytest

from agentkit import Agent, Budget, Outcome, RunResult, Settings, stop_over_budget, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator import Simulator
from agentkit.testing import Reply, script

RUNS = 6
reader = Agent("reader", model="claude-haiku-4-5", settings=Settings(max_tokens=2_000))


def play(request: JSONObject) -> Reply:
    """Ask the reader as often as there are runs, in one turn; the reader takes a moment."""
    if not request.get("tools"):
        time.sleep(0.02)
        return Reply.text("Tea.")
    if len(request["messages"]) > 1:
        return Reply.text("Done.")
    reply = Reply()
    for number in range(RUNS):
        reply += Reply.tool("ask", n=number)
    return reply


def spent_as_sent(s: Simulator) -> tuple[int, int]:
    return len(s.ledger.rows), s.ledger.usage.output_tokens


@pytest.mark.parametrize("room", [9_000, 4_000])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_sync_tools_that_run_an_agent_share_the_block_of_the_run_around_them(backend: str, room: int) -> None:
    """There is room for a few replies at a time, so the runs of the tools' event loops wait for one another."""

    @tool(effect="read", timeout_s=30)
    def ask(n: int) -> str:
        """Ask the reader."""
        return str(reader.run_sync(f"Question {n}").outcome)

    lead = Agent("lead", model="claude-haiku-4-5", tools=[ask], settings=Settings(max_tokens=2_000))
    with script(play) as s, stop_over_budget(Budget(max_output_tokens=room)) as spent:
        result = anyio.run(lead.run, "Go", backend=backend)
    assert result.outcome is Outcome.COMPLETED
    assert (spent.requests, spent.output_tokens) == spent_as_sent(s)
    assert spent.requests == RUNS + 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_pool_with_copied_contexts_spends_from_the_block(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    async def in_a_pool() -> list[Outcome]:
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(copy_context().run, reader.run_sync, f"Question {n}") for n in range(RUNS)]
            while not all(future.done() for future in futures):
                await anyio.sleep(0.01)
            return [future.result().outcome for future in futures]

    with script(play) as s, stop_over_budget(Budget(max_requests=4)) as spent:
        outcomes = anyio.run(in_a_pool, backend=backend)
    assert sorted(outcomes) == [Outcome.BUDGET_EXHAUSTED] * 2 + [Outcome.COMPLETED] * 4
    assert (spent.requests, len(s.requests), spent.is_exhausted) == (4, 4, True)
    assert not caplog.records


def test_a_pool_without_the_context_is_outside_of_the_block_and_that_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with script(play) as s:
        client = s.client()
        for _ in range(2):
            with stop_over_budget(Budget(max_requests=1)) as spent, ThreadPoolExecutor(2) as pool:
                futures = [pool.submit(reader.run_sync, f"Question {n}", client=client) for n in range(4)]
                assert all(future.result().ok for future in futures)
                assert reader.run_sync("In the block.").ok
            assert spent.requests == 1
        assert reader.run_sync("After it.").ok
    lines = [record for record in caplog.records if record.name == "agentkit"]
    assert [record.levelno for record in lines] == [logging.WARNING] * 2
    assert "a run begins in another thread while a budget block is open" in lines[0].getMessage()
    assert "copy_context().run" in str(lines[0].__dict__["hint"])


@pytest.mark.anyio
async def test_a_run_beside_a_block_of_the_same_thread_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    started = anyio.Event()

    async def beside() -> None:
        await started.wait()
        assert (await reader.run("Beside it.")).ok

    with script(play):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(beside)
            with stop_over_budget(Budget(max_requests=1)):
                started.set()
                await anyio.to_thread.run_sync(reader.run_sync, "With its context.")
                await anyio.wait_all_tasks_blocked()
    assert not caplog.records


@pytest.mark.usefixtures("soon_blocked")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_tool_that_blocks_the_event_loop_for_its_thread_ends_that_run_and_never_hangs(backend: str) -> None:
    """The run in the thread waits for a call that only the blocked event loop could settle."""
    blocked: list[RunResult[str]] = []

    async def answer(request: JSONObject) -> Reply:
        if "slow" in str(request["messages"]):
            events["is asked"].set()
            await events["goes on"].wait()
        return Reply.text("Done.") if len(request["messages"]) > 1 or not request.get("tools") else Reply.tool("block")

    @tool(effect="read")
    async def block() -> str:
        """Wait for a thread in the event loop."""
        events["begins"].set()
        await events["is asked"].wait()
        with ThreadPoolExecutor(1) as pool:
            blocked.append(pool.submit(copy_context().run, reader.run_sync, "Go").result(30))
        events["goes on"].set()
        return "blocked"

    async def both() -> None:
        events.update((name, anyio.Event()) for name in ("begins", "is asked", "goes on"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lead.run, "Go")
            await events["begins"].wait()
            await reader.run("slow")

    events: dict[str, anyio.Event] = {}
    lead = Agent("lead", model="claude-haiku-4-5", tools=[block], settings=Settings(max_tokens=1_100))
    with script(answer) as s, stop_over_budget(Budget(max_output_tokens=3_000)) as spent:
        anyio.run(both, backend=backend)
    assert [result.outcome for result in blocked] == [Outcome.BUDGET_EXHAUSTED]
    assert "that loop does not answer: code blocks it" in blocked[0].reason
    assert (spent.requests, spent.output_tokens) == spent_as_sent(s)
    assert spent.requests == 3
