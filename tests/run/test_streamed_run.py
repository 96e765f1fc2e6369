"""Streamed runs: events while they happen, and an end whatever the reader does."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator

import anyio
import pytest

from agentkit import (
    Agent,
    Event,
    Outcome,
    RunContext,
    RunFinished,
    RunStarted,
    TextDelta,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    UsageError,
    tool,
)
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


class Probe:
    """A tool that says when it began and whether it was stopped."""

    def __init__(self) -> None:
        self.began = anyio.Event()
        self.was_cancelled = False

    async def wait(self) -> str:
        """Wait for ever."""
        self.began.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.was_cancelled = True
        return ""

    def agent(self) -> Agent:
        return Agent("a", model="claude-opus-5-5", tools=[tool(self.wait)])


async def test_events_come_in_order_with_their_place() -> None:
    @tool
    async def find(ctx: RunContext, word: str) -> str:
        """Find a word."""
        ctx.progress("half way", done=1, total=2)
        return word

    agent = Agent("a", model="claude-opus-5-5", tools=[find])
    seen: list[Event] = []
    with script(Reply.text("Hm.") + Reply.tool("find", word="tea"), Reply.text("Tea.")):
        async with agent.stream("Go", run_id="r1") as run:
            async for event in run:
                seen.append(event)  # noqa: PERF401 - reading one by one is what is tested
    names = [type(event).__name__ for event in seen if not isinstance(event, TextDelta)]
    assert names == [
        "RunStarted",
        "TurnStarted",
        "TurnFinished",
        "ToolStarted",
        "ToolProgress",
        "ToolFinished",
        "TurnStarted",
        "TurnFinished",
        "RunFinished",
    ]
    assert {(event.run_id, event.path, event.parent_call_id) for event in seen} == {("r1", ("a",), None)}
    assert "".join(event.text for event in seen if isinstance(event, TextDelta)) == "Hm.Tea."
    (progress,) = (event for event in seen if isinstance(event, ToolProgress))
    assert (progress.message, progress.done, progress.total) == ("half way", 1, 2)
    assert run.result.output == "Tea."


async def test_a_sync_tool_reports_progress_too() -> None:
    @tool(effect="read")
    def count(ctx: RunContext, upto: int) -> int:
        """Count."""
        for number in range(upto):
            ctx.progress(f"at {number}")
        return upto

    agent = Agent("a", model="claude-opus-5-5", tools=[count])
    with script(Reply.tool("count", upto=5), Reply.text("Five.")):
        async with agent.stream("Go") as run:
            events = [event async for event in run]
    assert [event.message for event in events if isinstance(event, ToolProgress)] == [f"at {n}" for n in range(5)]
    finished = next(i for i, event in enumerate(events) if isinstance(event, ToolFinished))
    assert all(i < finished for i, event in enumerate(events) if isinstance(event, ToolProgress))


async def test_without_a_block_a_stream_can_be_read_to_its_end() -> None:
    with script(Reply.text("Tea.")):
        run = Agent("a", model="claude-opus-5-5").stream("Go")
        kinds = [type(event) async for event in run]
    assert kinds[0] is RunStarted
    assert kinds[-1] is RunFinished
    assert run.result.ok


async def test_the_result_before_the_end_is_an_error_of_the_caller() -> None:
    with script(Reply.text("Tea.")):
        async with Agent("a", model="claude-opus-5-5").stream("Go") as run:
            with pytest.raises(UsageError, match="not ended"):
                _ = run.result
            async for _ in run:
                pass


async def test_leaving_the_block_stops_the_tool_and_leaves_a_valid_conversation() -> None:
    probe = Probe()
    with script(Reply.tool("wait")), anyio.fail_after(10):
        async with probe.agent().stream("Go") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    await probe.began.wait()
                    break
    assert probe.was_cancelled
    assert run.result.outcome is Outcome.CANCELLED
    assert [unfinished.name for unfinished in run.result.unfinished] == ["wait"]
    (answer,) = run.result.messages[-1]["content"]
    assert (answer["type"], answer["is_error"]) == ("tool_result", True)


async def test_cancel_ends_the_run_from_anywhere() -> None:
    probe = Probe()
    with script(Reply.tool("wait")), anyio.fail_after(10):
        async with probe.agent().stream("Go") as run, anyio.create_task_group() as tasks:

            async def cancel_later() -> None:
                await probe.began.wait()
                run.cancel()

            tasks.start_soon(cancel_later)
            async for _ in run:
                pass
    assert probe.was_cancelled
    assert run.result.outcome is Outcome.CANCELLED


async def test_an_error_in_the_block_wins_and_the_run_is_stopped() -> None:
    probe = Probe()

    async def fail_in_the_middle() -> None:
        async with probe.agent().stream("Go") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    await probe.began.wait()
                    raise ZeroDivisionError

    with script(Reply.tool("wait")), anyio.fail_after(10), pytest.raises(ZeroDivisionError):
        await fail_in_the_middle()
    assert probe.was_cancelled


async def test_a_programmers_error_is_raised_where_the_events_are_read() -> None:
    agent = Agent("a", model="claude-opus-5-5", deps=dict)
    run = agent.stream("Go")
    with script(), pytest.raises(UsageError, match="deps"):
        async for _ in run:
            pass
    with pytest.raises(UsageError, match="deps"):
        _ = run.result


async def test_an_outer_timeout_is_never_swallowed() -> None:
    probe = Probe()
    with script(Reply.tool("wait")):
        with anyio.move_on_after(0.2) as scope:
            await probe.agent().run("Go")
        assert scope.cancelled_caught
    assert probe.was_cancelled


class TestAGeneratorAroundAStream:
    """What a web framework does with it: break off, disconnect, forget. Nothing leaks, and nobody is harmed."""

    @staticmethod
    async def texts(agent: Agent) -> AsyncGenerator[str, None]:
        async with agent.stream("Go") as run:
            async for event in run:
                yield type(event).__name__

    async def test_broken_off_and_closed(self) -> None:
        probe = Probe()
        with script(Reply.tool("wait")), anyio.fail_after(10):
            generator = self.texts(probe.agent())
            async for name in generator:
                if name == "ToolStarted":
                    await probe.began.wait()
                    break
            await generator.aclose()
        assert probe.was_cancelled

    async def test_forgotten(self) -> None:
        """Left to the garbage collector, the run ends; on trio Python itself warns about the generator."""
        probe = Probe()
        agent = probe.agent()
        with script(Reply.tool("wait")), anyio.fail_after(10):
            run = agent.stream("Go")
            async for event in run:
                if isinstance(event, ToolStarted):
                    await probe.began.wait()
                    break
            del run
            gc.collect()
            while not probe.was_cancelled:
                await anyio.sleep(0.01)

    async def test_its_consumer_is_cancelled(self) -> None:
        probe = Probe()

        async def consume() -> None:
            async for _ in self.texts(probe.agent()):
                pass

        with script(Reply.tool("wait")), anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(consume)
                await probe.began.wait()
                tasks.cancel_scope.cancel()
            while not probe.was_cancelled:
                await anyio.sleep(0.01)
