"""Synchronous functions in daemon threads: nothing they do holds up a run or the process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading
import time
import weakref
from contextvars import ContextVar

import anyio
import anyio.lowlevel
import pytest

from agentkit.tools.worker_threads import abandoned_threads, run_in_thread

colour: ContextVar[str] = ContextVar("colour", default="none")

HANGING_PROGRAM = """
import sys, threading
import anyio
from agentkit.tools.worker_threads import run_in_thread

async def main():
    with anyio.move_on_after(0.1) as scope:
        await run_in_thread(threading.Event().wait)
    print("left" if scope.cancelled_caught else "stayed")

anyio.run(main, backend=sys.argv[1])
"""


@pytest.mark.anyio
async def test_the_value_comes_back_from_another_daemon_thread() -> None:
    thread = await run_in_thread(threading.current_thread, name="mine")
    assert thread is not threading.current_thread()
    assert thread.daemon
    assert thread.name == "mine"


@pytest.mark.anyio
async def test_other_tasks_go_on_meanwhile() -> None:
    release = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run_in_thread, release.wait)
        await anyio.sleep(0.01)
        release.set()


@pytest.mark.anyio
async def test_context_variables_are_the_callers_and_changes_stay_in_the_thread() -> None:
    def change() -> str:
        before = colour.get()
        colour.set("blue")
        return before

    colour.set("red")
    assert await run_in_thread(change) == "red"
    assert colour.get() == "red"


class OwnBase(BaseException):
    pass


@pytest.mark.anyio
@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), OwnBase(), GeneratorExit()])
async def test_an_exception_is_raised_to_whoever_waits(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await run_in_thread(fail)
    assert caught.value is error


@pytest.mark.anyio
async def test_a_stop_iteration_comes_as_an_error_that_a_coroutine_can_raise() -> None:
    with pytest.raises(RuntimeError, match="StopIteration") as caught:
        await run_in_thread(lambda: next(iter(())))
    assert isinstance(caught.value.__cause__, StopIteration)


@pytest.mark.anyio
async def test_a_cancellation_of_another_event_loop_does_not_cancel_the_caller() -> None:
    def fail() -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="CancelledError"):
        await run_in_thread(fail)


@pytest.mark.anyio
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
async def test_a_function_may_run_an_event_loop_of_its_own(backend: str) -> None:
    async def nap() -> str:
        await anyio.lowlevel.checkpoint()
        return await run_in_thread(lambda: "rested")

    assert await run_in_thread(lambda: anyio.run(nap, backend=backend)) == "rested"


@pytest.mark.anyio
async def test_what_is_cancelled_already_does_not_start() -> None:
    ran = threading.Event()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run_in_thread(ran.set)
    assert scope.cancelled_caught
    assert not ran.wait(0.05)


@pytest.mark.anyio
async def test_an_exception_is_not_kept_alive_by_the_frames_it_came_through() -> None:
    class Held:
        """Something that a frame holds."""

    alive: list[weakref.ref[Held]] = []

    def fail() -> None:
        held = Held()
        alive.append(weakref.ref(held))
        raise ValueError("no")

    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            await run_in_thread(fail)
        with anyio.fail_after(10):
            while alive[0]() is not None:  # until the thread has ended
                await anyio.sleep(0.01)
    finally:
        gc.enable()


@pytest.mark.anyio
async def test_a_cancellation_leaves_at_once_and_the_thread_is_counted_until_it_ends() -> None:
    release = threading.Event()
    before = abandoned_threads()
    started = time.monotonic()
    with anyio.move_on_after(0.05) as scope:
        await run_in_thread(release.wait)
    assert scope.cancelled_caught
    assert time.monotonic() - started < 5
    assert abandoned_threads() == before + 1
    release.set()
    with anyio.fail_after(10):
        while abandoned_threads() > before:
            await anyio.sleep(0.001)


@pytest.mark.anyio
async def test_the_late_result_of_an_abandoned_thread_is_dropped() -> None:
    release, late = threading.Event(), threading.Event()

    def fail_late() -> None:
        release.wait()
        late.set()
        raise ValueError("nobody waits for this")

    with anyio.move_on_after(0.01):
        await run_in_thread(fail_late)
    release.set()
    with anyio.fail_after(10):
        while not late.is_set():
            await anyio.sleep(0.001)
    await anyio.sleep(0.01)  # an exception that escaped the thread would fail the test as a warning


@pytest.mark.anyio
async def test_more_threads_run_at_once_than_a_pool_would_have() -> None:
    everybody = threading.Barrier(60)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for _ in range(60):
                tasks.start_soon(run_in_thread, everybody.wait)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_process_exits_although_a_thread_hangs(backend: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGING_PROGRAM, backend], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, "left\n")
    assert done.stderr.splitlines() == ['a thread is abandoned and runs on [function="agentkit tool" abandoned=1]']


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thread_that_outlives_its_event_loop_ends_in_silence(backend: str) -> None:
    release = threading.Event()
    threads: list[threading.Thread] = []

    def outlive() -> None:
        threads.append(threading.current_thread())
        release.wait()

    async def main() -> None:
        with anyio.move_on_after(0.05):
            await run_in_thread(outlive)

    anyio.run(main, backend=backend)
    release.set()
    threads[0].join(10)
    assert not threads[0].is_alive()
