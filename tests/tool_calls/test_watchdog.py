"""The watchdog: who blocks the event loop is named, while it does and afterwards."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from contextvars import copy_context

import anyio
import anyio.lowlevel
import pytest

from agentkit import tool
from agentkit.log import LogContext
from agentkit.redaction.redactor import Redactor
from agentkit.tool_calls import watchdog
from agentkit.tool_calls.watchdog import THRESHOLD_S, acquire_watch, blockages, release_watch
from tests.executing import answers, call

pytestmark = pytest.mark.anyio


@tool(effect="read")
async def crunch(seconds: float) -> str:
    """Block the event loop."""
    await anyio.lowlevel.checkpoint()
    time.sleep(seconds)  # noqa: ASYNC251 - what is being tested
    return "crunched"


@tool(effect="read")
async def wait(seconds: float) -> str:
    """Wait as one should."""
    await anyio.sleep(seconds)
    return "waited"


@tool(effect="read")
def sleep(seconds: float) -> str:
    """Wait in a thread."""
    time.sleep(seconds)
    return "slept"


async def test_a_tool_that_blocks_is_named_while_it_does_and_with_its_duration(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = len(blockages())
    calls = [call("crunch", 1, seconds=1.5 * THRESHOLD_S), call("wait", 2, seconds=0.01), call("sleep", 3, seconds=1.5)]
    with caplog.at_level(logging.WARNING, "agentkit"), LogContext(Redactor(), run_id="run-1", agent="reader"):
        results = await answers([crunch, wait, sleep], *calls)
    assert [result.content for result in results] == ["crunched", "waited", "slept"]
    (blockage,) = blockages()[before:]
    assert blockage.tool == "crunch"
    assert blockage.duration_s >= 1.5 * THRESHOLD_S
    assert "test_watchdog.py" in blockage.where
    assert blockage.where.endswith(" in crunch")
    during, after = [record.__dict__ for record in caplog.records]
    assert (during["event"], during["tool"]) == ("tool blocks the event loop", "crunch")
    assert THRESHOLD_S <= during["duration_s"] < after["duration_s"]
    assert (after["event"], after["tool"]) == ("tool blocked the event loop", "crunch")
    assert [(record["run_id"], record["agent"]) for record in (during, after)] == [("run-1", "reader")] * 2


async def test_a_tool_that_goes_on_after_its_time_limit_is_named_while_it_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[dict[str, object]] = []

    @tool(effect="read", timeout_s=0.05)
    async def holds_on() -> None:
        """Go on for as long as nobody has noticed."""
        with anyio.CancelScope(shield=True), anyio.fail_after(20):
            while not seen:
                await anyio.sleep(0.3)
                seen[:] = [record.__dict__ for record in caplog.records]

    with caplog.at_level(logging.WARNING, "agentkit"), LogContext(Redactor(), run_id="run-1"):
        (result,) = await answers([holds_on], call("holds_on"))
    assert result.is_error
    assert (seen[0]["event"], seen[0]["tool"]) == ("tool `holds_on` runs on after its time limit", "holds_on")
    assert seen[0]["run_id"] == "run-1"
    assert len([record for record in caplog.records if "runs on" in record.message]) == 1


async def test_logging_that_raises_stops_neither_the_tool_nor_the_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaks(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("disk full")

    handler, logger, before = Breaks(), logging.getLogger("agentkit"), len(blockages())
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger.addHandler(handler)
    try:
        results = await answers([crunch], call("crunch", seconds=1.5 * THRESHOLD_S))
    finally:
        logger.removeHandler(handler)
    assert [result.content for result in results] == ["crunched"]
    assert len(blockages()) == before + 1
    assert "agentkit watchdog" in [thread.name for thread in threading.enumerate()]


async def test_it_sleeps_while_no_tool_runs_and_wakes_for_the_next() -> None:
    for _ in range(2):
        await answers([wait], call("wait", seconds=0))
        with anyio.fail_after(10):
            while watchdog._watchdog.wake.is_set():  # pyright: ignore[reportPrivateUsage]
                await anyio.sleep(0.01)
    assert watchdog._watchdog.watches == {}  # pyright: ignore[reportPrivateUsage]
    assert [thread.name for thread in threading.enumerate()].count("agentkit watchdog") == 1


async def test_steps_inside_steps_are_told_apart() -> None:
    seat = acquire_watch()
    around = seat.begin_step("outer", copy_context())
    inside = seat.begin_step("inner", copy_context())
    assert seat.step is not None
    assert seat.step[0] == "inner"
    seat.end_step(inside)
    assert seat.step is not None
    assert seat.step[0] == "outer"
    seat.end_step(around)
    assert seat.step is None
    release_watch(seat)


FORKED = """
import os, sys, time
import anyio
from agentkit.tool_calls import watchdog
from agentkit.tool_calls.cancellation import CancellableCall

async def block(seconds):
    time.sleep(seconds)

async def main(seconds):
    await CancellableCall(block(seconds), "block", lambda: False)

anyio.run(main, 0)
child = os.fork()
if child == 0:
    anyio.run(main, 1.3)
    os._exit(0 if watchdog.blockages() and watchdog.blockages()[0].where else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_it_watches_in_a_forked_process_too() -> None:
    run = [sys.executable, "-W", "ignore", "-c", FORKED]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
