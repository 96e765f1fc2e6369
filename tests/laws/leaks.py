"""Law 6, the part of the machine: what of a run is still there when it has ended."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

import anyio
import anyio.lowlevel
import sniffio


def tasks() -> int:
    """How many tasks there are in this event loop."""
    if sniffio.current_async_library() == "trio":
        import trio

        return trio.lowlevel.current_statistics().tasks_living
    return len(asyncio.all_tasks())


async def tasks_beside(before: int, patience_s: float = 5) -> int:
    """How many tasks there are beside those of before that do not end by themselves: one that returns is still one."""
    with anyio.move_on_after(patience_s):
        while tasks() > before:
            await anyio.lowlevel.checkpoint()
    return tasks() - before


def threads_of_tools(patience_s: float = 5) -> list[str]:
    """Threads of tools that do not end by themselves within some seconds."""
    give_up_at = time.monotonic() + patience_s
    while names := [one.name for one in threading.enumerate() if one.name.startswith(("agentkit tool", "tool "))]:
        if time.monotonic() > give_up_at:
            return names
        time.sleep(0.001)
    return []


def same_order(seed: int) -> None:
    """Trio begins tasks that are ready in random order: the same one for the same seed."""
    if (trio_run := sys.modules.get("trio._core._run")) is not None:
        trio_run._r.seed(seed)
