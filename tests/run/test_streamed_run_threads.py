"""Streamed runs and other threads: a call is posted to the run's event loop, or refused at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread
import pytest

from agentkit import (
    Agent,
    Outcome,
    RunContext,
    RunHandle,
    TextDelta,
    ToolProgress,
    ToolStarted,
    UsageError,
    tool,
)
from agentkit.run.scope import EventListener
from agentkit.testing import Reply, script
from tests.other_loop import in_other_loop
from tests.run.test_streamed_run import Probe

pytestmark = pytest.mark.anyio


def in_new_thread(function: Callable[[str], None], message: str) -> None:
    thread = threading.Thread(target=function, args=(message,))
    thread.start()
    thread.join(10)


async def until_tool_waits(run: RunHandle[str], probe: Probe) -> None:
    async for event in run:
        if isinstance(event, ToolStarted):
            await probe.began.wait()
            return


async def test_another_thread_cancels_the_run() -> None:
    probe = Probe()
    with script(Reply.tool("wait")), anyio.fail_after(10):
        async with probe.agent().stream("Go") as run:
            await until_tool_waits(run, probe)
            await anyio.to_thread.run_sync(run.cancel)
            async for _ in run:
                pass
    assert (run.result.outcome, probe.was_cancelled) == (Outcome.CANCELLED, True)
    await anyio.to_thread.run_sync(run.cancel)  # too late, and no harm
    assert await anyio.to_thread.run_sync(lambda: run.result.outcome) is Outcome.CANCELLED


async def test_another_thread_cancels_a_run_that_has_not_started() -> None:
    run = await anyio.to_thread.run_sync(Agent("a", model="claude-opus-5-5").stream, "Go")
    await anyio.to_thread.run_sync(run.cancel)
    with script(), anyio.fail_after(10):
        assert [event async for event in run] == []
    assert run.result.outcome is Outcome.CANCELLED


async def test_another_thread_may_not_read_it() -> None:
    probe = Probe()
    with script(Reply.tool("wait")), anyio.fail_after(10):
        async with probe.agent().stream("Go") as run:
            await until_tool_waits(run, probe)
            uses: list[Callable[[], Awaitable[object]]] = [run.__anext__, run.__aenter__, run.aclose]
            for use in uses:
                with pytest.raises(UsageError, match="event loop in which it began"):
                    await in_other_loop(use)


async def test_another_thread_drops_the_last_reference() -> None:
    """A handle in a reference cycle is collected by whatever thread comes by."""
    probe, gone = Probe(), threading.Event()

    def collect() -> None:
        gc.collect()
        gone.set()

    with script(Reply.tool("wait")), anyio.fail_after(10):
        run = probe.agent().stream("Go")
        cycle: list[object] = [run]
        cycle.append(cycle)
        await until_tool_waits(run, probe)
        del run, cycle
        collector = threading.Thread(target=collect)
        collector.start()
        while not (probe.was_cancelled and gone.is_set()):
            await anyio.sleep(0.01)


async def test_another_thread_reports_progress_that_is_read_at_once_and_in_order() -> None:
    """From a pool of the tool's own, whose threads have no context of the run."""

    @tool(effect="read")
    def count(ctx: RunContext) -> str:
        """Count."""
        for number in range(3):
            worker = threading.Thread(target=ctx.progress, args=(f"at {number}",))
            worker.start()
            worker.join()
        seen_in_time.append(seen.wait(5))
        return ""

    seen, seen_in_time, messages = threading.Event(), list[bool](), list[str]()
    with script(Reply.tool("count"), Reply.text("Three.")), anyio.fail_after(20):
        async with Agent("a", model="claude-opus-5-5", tools=[count]).stream("Go") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    await anyio.sleep(0.05)  # the reader is away while the progress comes
                if isinstance(event, ToolProgress):
                    messages.append(event.message)
                    if len(messages) == 3:
                        seen.set()
    assert (messages, seen_in_time) == (["at 0", "at 1", "at 2"], [True])


@pytest.mark.parametrize("is_of_tool", [True, False])
async def test_another_thread_reports_progress_after_the_end(*, is_of_tool: bool) -> None:
    release, ended, problems = threading.Event(), threading.Event(), list[BaseException]()

    @tool(effect="read", eager=False, timeout_s=0.05)
    def slow(ctx: RunContext) -> str:
        """Outlive the run."""
        release.wait(20)
        try:
            ctx.progress("late") if is_of_tool else in_new_thread(ctx.progress, "late")
        except BaseException as error:  # noqa: BLE001 - looked at below
            problems.append(error)
        ended.set()
        return ""

    with script(Reply.tool("slow"), Reply.text("Done.")), anyio.fail_after(20):
        async with Agent("a", model="claude-opus-5-5", tools=[slow]).stream("Go") as run:
            async for _ in run:
                pass
    release.set()
    assert await anyio.to_thread.run_sync(ended.wait, 10)
    await anyio.sleep(0.05)  # here it would break the event loop
    assert (problems, run.result.ok) == ([], True)


async def test_another_thread_sends_events_of_a_run_in_its_own_event_loop() -> None:
    """In order, and without waiting for a reader that its own loop may block."""
    seen: list[str] = []

    async def work(listener: EventListener) -> None:
        async def send_both() -> None:
            for number in range(2):
                await listener.send(TextDelta(run_id="r", path=("a",), parent_call_id=None, text=str(number)))

        thread = threading.Thread(target=anyio.run, args=(send_both,))
        thread.start()
        thread.join(10)  # blocks the reader's event loop
        seen.append("blocked" if thread.is_alive() else "sent")
        await anyio.sleep(0.01)

    run = RunHandle[str](work, lambda: pytest.fail("nobody looks at the result"))
    with anyio.fail_after(20):
        texts = [event.text async for event in run if isinstance(event, TextDelta)]
    assert (seen, texts) == (["sent"], ["0", "1"])
