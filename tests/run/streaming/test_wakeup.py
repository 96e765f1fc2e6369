"""Wake-ups: one task waits, code of its event loop wakes it; and they remember it whatever becomes of the task."""

from __future__ import annotations

import anyio
import pytest

from agentkit.event_loop import EventLoop
from agentkit.run.streaming.wakeup import wakeup_maker

pytestmark = pytest.mark.anyio


async def test_a_wakeup_wakes_its_task_and_is_set_also_without_one() -> None:
    make = wakeup_maker(EventLoop.current().library)
    early, late, left = make(), make(), make()
    woken: list[str] = []

    async def wait() -> None:
        await late.wait()
        woken.append("late")

    early.set()
    with anyio.fail_after(5):
        await early.wait()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            assert (woken, late.is_set()) == ([], False)
            late.set()
            late.set()
    assert woken == ["late"]
    with anyio.move_on_after(0.01):
        await left.wait()
    assert not left.is_set()
    left.set()  # its task was cancelled: nobody is there, and nothing breaks
    assert left.is_set()
