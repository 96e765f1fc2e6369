"""Tools that fail, hang, return unreadable results, or end the program."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread

from agentkit import CallTool, Content, Image, RunContext, ToolError, ToolRun, tool
from agentkit.tools import process
from benchmarks.faults.agents import Deps, find

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""
TEA = "tea " * 50_000


@tool(effect="write")
async def fail(ctx: RunContext[Deps], how: str) -> str:
    """Fail in one of several ways."""
    ctx.deps.record(f"fail {how}")
    match how:
        case "group":
            raise ExceptionGroup("two at once", [RuntimeError("password=hunter2"), ValueError("no")])
        case "connection":
            raise ConnectionResetError("10.0.0.1 is gone")
        case "no":
            raise ToolError("Only 5 are left.", hint="Order fewer.")
        case "recursion":
            return _without_end()
        case _:
            raise RuntimeError("password=hunter2 in /srv/app/db.py")


def _without_end() -> str:
    return _without_end()


@tool(effect="write", raises=(LookupError,))
async def look_up(ctx: RunContext[Deps], item: str) -> str:
    """Fail with an exception whose text the model may read."""
    ctx.deps.record(f"look up {item}")
    raise LookupError(f"no such item: {item}")


@tool(effect="read")
async def strange(ctx: RunContext[Deps], what: str) -> object:
    """Return something strange."""
    ctx.deps.record(f"return {what}")
    match what:
        case "huge":
            return TEA
        case "bytes":
            return b"\xff\xfe tea"
        case "picture":
            return Image(PNG, "image/png")
        case "no picture":
            return ["Here it is.", Image(b"<html>", "image/png")]
        case "reference":
            return [{"type": "text", "text": "Here it is."}, {"type": "tool_reference", "tool_name": "nope"}]
        case "nothing":
            return None
        case "surrogate":
            return "tea \ud800 costs\x00 4"
        case "nan":
            return {"price": float("nan")}
        case _:
            return object()


@tool(effect="write", timeout_s=0.1)
async def wait(ctx: RunContext[Deps]) -> str:
    """Wait without end."""
    ctx.deps.record("wait")
    await anyio.sleep_forever()
    return "never"


@tool(effect="read", timeout_s=0.1)
def work_on(ctx: RunContext[Deps]) -> str:
    """Work in a thread, longer than allowed."""
    ctx.deps.record("work on")
    time.sleep(0.4)
    return "late"


@tool(effect="write", timeout_s=0.1)
async def hold(ctx: RunContext[Deps]) -> str:
    """Wait longer than allowed for a thread, which no cancellation reaches."""
    ctx.deps.record("hold")
    await anyio.to_thread.run_sync(time.sleep, 0.4)
    return "late"


@tool(effect="read")
async def open_session(ctx: RunContext[Deps]) -> str:
    """Open a task group and leave it open."""
    ctx.deps.record("open session")
    group = anyio.create_task_group()
    await group.__aenter__()
    group.start_soon(anyio.sleep_forever)
    return "opened"


@tool(effect="read", timeout_s=0.3)
async def run_program(ctx: RunContext[Deps]) -> str:
    """Run a program that never ends, and that starts another one."""
    ctx.deps.record("run program")
    await process.run(["sh", "-c", "sleep 60 & sleep 60"])
    return "never"


@tool(effect="read", retries=2)
async def stumble(ctx: RunContext[Deps]) -> str:
    """Fail the first time."""
    ctx.deps.record("stumble")
    if ctx.deps.executed.count("stumble") == 1:
        raise ConnectionResetError("try again")
    return "well"


@tool(effect="read")
async def block(ctx: RunContext[Deps]) -> str:
    """Block the event loop."""
    ctx.deps.record("block")
    time.sleep(1.2)  # noqa: ASYNC251 - the fault
    return "done"


@tool(effect="read")
def count_threads(ctx: RunContext[Deps]) -> str:
    """Report progress from a pool of its own, whose threads know nothing of the run."""
    ctx.deps.record("count")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ctx.progress, ("one", "two", "three")))
    return "three"


@tool(effect="read", timeout_s=0.1)
def report_late(ctx: RunContext[Deps]) -> str:
    """Report progress from a thread that nobody waits for any more, also after the end of the run."""
    ctx.deps.record("report late")
    for _ in range(8):
        time.sleep(0.05)
        ctx.progress("late")
    return "late"


@tool(effect="write")
async def cancel(ctx: RunContext[Deps]) -> str:
    """Wait until the run is cancelled from outside."""
    ctx.deps.record("cancel")
    ctx.deps.cancel()
    await anyio.sleep_forever()
    return "never"


@tool
async def leave(ctx: RunContext[Deps], how: str) -> str:
    """End the program."""
    ctx.deps.record(f"leave by {how}")
    raise KeyboardInterrupt if how == "Ctrl-C" else SystemExit(3)


FAULTY_TOOLS = (
    find,
    fail,
    look_up,
    strange,
    wait,
    work_on,
    hold,
    open_session,
    run_program,
    stumble,
    block,
    count_threads,
    report_late,
    cancel,
    leave,
)
"""All faulty tools, and one that works."""


async def forget_result(call: ToolRun, next: CallTool) -> Content:
    """Middleware that calls the tool and forgets to return its result."""
    await next(call)
    return None  # type: ignore[return-value]  # the fault


async def tidy_up(call: ToolRun, next: CallTool) -> Content:
    """Middleware that takes a moment to clean up after each call, also after a cancellation."""
    try:
        return await next(call)
    finally:
        await anyio.sleep(0.01)
        deps = call.context.deps
        assert isinstance(deps, Deps)
        deps.record(f"tidied up {call.call.name}")
