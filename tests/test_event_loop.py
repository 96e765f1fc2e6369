"""The event loop of a thread: which one runs here, and calls into it from other threads and loops."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from types import ModuleType
from unittest.mock import patch

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
import sniffio
import trio

from agentkit import UsageError
from agentkit.event_loop import EventLoop, correct_library_name, running_library, start_root_task
from tests.other_loop import in_other_loop

pytestmark = pytest.mark.anyio
BACKENDS = ("asyncio", "trio")
word: ContextVar[str] = ContextVar("word", default="")


def in_thread(function: Callable[[], object]) -> list[object]:
    """Call a function in a thread of its own, with a copy of this context, and return its value or error."""
    found: list[object] = []

    def call() -> None:
        try:
            found.append(function())
        except BaseException as error:  # noqa: BLE001 - handed over
            found.append(error)

    thread = threading.Thread(target=copy_context().run, args=(call,))
    thread.start()
    thread.join(20)
    return found


async def test_the_thread_is_asked_and_not_the_context(anyio_backend_name: str) -> None:
    assert running_library() == anyio_backend_name
    assert in_thread(running_library) == [None]
    assert [sniffio.current_async_library_cvar.get()] == in_thread(sniffio.current_async_library_cvar.get)
    here = EventLoop.current()
    assert EventLoop.current() is here  # one object for all who keep it
    assert here.is_current


async def test_a_library_that_another_thread_is_importing_runs_nothing_here(anyio_backend_name: str) -> None:
    for known in ({}, {"in_trio_run": trio.lowlevel.in_trio_run}):
        half_imported = ModuleType("trio.lowlevel")
        vars(half_imported).update(known)
        with patch.dict(sys.modules, {"trio.lowlevel": half_imported}):
            assert in_thread(running_library) == [None]
            if anyio_backend_name == "asyncio":
                assert running_library() == "asyncio"


def test_a_callback_of_plain_asyncio_runs_in_its_loop() -> None:
    seen: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: seen.append(running_library()))
        await asyncio.sleep(0)

    asyncio.run(main())
    trio.run(trio.lowlevel.checkpoint)
    assert (seen, running_library()) == (["asyncio"], None)


@pytest.mark.parametrize("named", BACKENDS)
@pytest.mark.parametrize("correct", [correct_library_name, EventLoop.current])
def test_a_library_name_that_came_with_a_copied_context_is_corrected(named: str, correct: Callable[[], object]) -> None:
    async def main() -> None:
        correct()
        await anyio.lowlevel.checkpoint()  # fails where anyio takes the other library for the running one

    context = copy_context()
    context.run(sniffio.current_async_library_cvar.set, named)
    context.run(lambda: asyncio.run(main()))


async def test_a_posted_function_is_called_in_the_loop() -> None:
    loop, arrived, seen = EventLoop.current(), anyio.Event(), list[bool]()
    assert in_thread(lambda: (loop.is_current, loop.post(lambda: seen.append(loop.is_current)))) == [(False, True)]
    in_thread(lambda: loop.post(arrived.set))
    with anyio.fail_after(10):
        await arrived.wait()
    assert seen == [True]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_posted_to_a_loop_that_has_ended(backend: str) -> None:
    async def current() -> EventLoop:
        return EventLoop.current()

    ended = anyio.run(current, backend=backend)
    assert not ended.post(lambda: None)

    async def call() -> None:
        with pytest.raises(UsageError, match="The event loop of the shop has ended"):
            await ended.run(anyio.lowlevel.checkpoint, "the shop")

    anyio.run(call, backend=backend)


@pytest.mark.parametrize("other", BACKENDS)
async def test_a_call_from_another_loop_runs_here_and_returns_its_value_or_error(other: str) -> None:
    home = EventLoop.current()
    word.set("tea")

    async def ask() -> tuple[bool, str]:
        await anyio.lowlevel.checkpoint()
        return home.is_current, word.get()

    async def fail() -> None:
        await anyio.lowlevel.checkpoint()
        raise LookupError("no tea")

    assert await home.run(ask, "the shop") == (True, "tea")
    assert await in_other_loop(lambda: home.run(ask, "the shop"), other) == (True, "tea")
    with pytest.raises(LookupError, match="no tea"):
        await in_other_loop(lambda: home.run(fail, "the shop"), other)


@pytest.mark.parametrize("other", BACKENDS)
async def test_a_cancelled_call_is_cancelled_at_home_and_cleans_up_first(other: str) -> None:
    home, seen = EventLoop.current(), list[str]()

    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            seen.append("cleaned up")

    async def give_up() -> list[str]:
        with anyio.move_on_after(0.1):
            await home.run(wait, "the shop")
        return list(seen)

    assert await in_other_loop(give_up, other) == ["cleaned up"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_call_in_flight_ends_with_its_loop(backend: str) -> None:
    found: list[object] = []
    threads: list[threading.Thread] = []

    async def home() -> None:
        loop, begun = EventLoop.current(), anyio.Event()

        async def wait() -> None:
            begun.set()
            await anyio.sleep_forever()

        async def call() -> None:
            await loop.run(wait, "the shop")

        threads.append(threading.Thread(target=lambda: found.extend(in_thread(lambda: anyio.run(call)))))
        threads[0].start()
        await begun.wait()

    anyio.run(home, backend=backend)
    threads[0].join(20)
    assert [str(error) for error in found] == [
        "The event loop of the shop has ended: use it only while that loop runs."
    ]


async def test_a_root_task_outlives_the_task_group_that_started_it() -> None:
    done = anyio.Event()

    async def main() -> None:
        await anyio.sleep(0.01)
        done.set()

    async def start() -> None:
        start_root_task(main, "a root task")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(start)
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    with anyio.fail_after(10):
        await done.wait()


async def test_a_thread_gets_the_value_or_error_of_a_call_in_a_loop_that_answers(
    monkeypatch: pytest.MonkeyPatch, anyio_backend_name: str
) -> None:
    monkeypatch.setattr("agentkit.event_loop._LIVENESS_CHECK_S", 0.02)
    loop = EventLoop.current()

    async def name() -> str:
        await anyio.sleep(0.1)  # so that the thread looks at the loop meanwhile
        return f"{word.get()} in {running_library()}"

    async def fail() -> None:
        raise KeyError("no")

    def call() -> None:
        word.set("tea")
        assert loop.run_from_thread(name, "it") == f"tea in {anyio_backend_name}"
        with pytest.raises(KeyError):
            loop.run_from_thread(fail, "it")

    await anyio.to_thread.run_sync(call)


@pytest.mark.usefixtures("soon_blocked")
async def test_a_thread_is_not_held_by_a_loop_that_is_blocked_and_its_call_is_cancelled() -> None:
    loop, began, was_cancelled = EventLoop.current(), anyio.Event(), anyio.Event()

    async def wait() -> None:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            was_cancelled.set()

    with ThreadPoolExecutor() as pool, anyio.fail_after(20):
        future = pool.submit(loop.run_from_thread, wait, "the run")
        await began.wait()
        error = future.exception(20)
        await was_cancelled.wait()
    assert isinstance(error, UsageError)
    assert "The event loop of the run does not answer: code blocks it" in str(error)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_thread_cannot_call_into_a_loop_that_has_ended(backend: str) -> None:
    async def current() -> EventLoop:
        return EventLoop.current()

    loop = anyio.run(current, backend=backend)
    with pytest.raises(UsageError, match="has ended"):
        loop.run_from_thread(current, "the run")
