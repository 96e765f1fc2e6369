"""A tool's coroutine as it is driven: all passes, and what swallows every cancellation is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import weakref
from collections.abc import Awaitable, Callable, Generator
from contextvars import ContextVar

import anyio
import anyio.lowlevel
import pytest

from agentkit.tool_calls.cancellation import MAX_SWALLOWED_CANCELLATIONS, CancellableCall, ParentCancellation

pytestmark = pytest.mark.anyio

colour: ContextVar[str] = ContextVar("colour")


async def driven(work: Awaitable[object]) -> object:
    values: list[object] = []
    async with anyio.create_task_group() as tasks:
        values.append(await CancellableCall(work, "work", ParentCancellation(tasks).poll))
    return values[0]


async def test_values_errors_and_context_pass() -> None:
    async def steps() -> str:
        for _ in range(3):
            await anyio.sleep(0.001)
        colour.set("blue")
        return "done"

    async def fail() -> None:
        await anyio.lowlevel.checkpoint()
        raise ValueError("no")

    assert await CancellableCall(steps(), "work", lambda: False) == "done"
    assert colour.get() == "blue"
    with pytest.raises(ValueError, match="no"):
        await CancellableCall(fail(), "work", lambda: False)


async def test_anything_awaitable_can_be_driven() -> None:
    class Ready:
        def __await__(self) -> Generator[object, object, int]:
            yield from anyio.lowlevel.checkpoint().__await__()  # pyright: ignore[reportReturnType]
            return 5

    assert await CancellableCall(Ready(), "work", lambda: False) == 5


async def test_scopes_task_groups_and_exception_groups_of_the_work_are_its_own() -> None:
    async def work() -> str:
        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep_forever()
        assert scope.cancelled_caught
        caught: list[BaseException] = []
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(fail)
                await anyio.sleep_forever()
        except* ValueError as errors:
            caught.extend(errors.exceptions)
        assert len(caught) == 1
        with pytest.raises(TimeoutError), anyio.fail_after(0):
            await anyio.sleep_forever()
        return "whole"

    async def fail() -> None:
        raise ValueError

    assert await driven(work()) == "whole"


async def test_a_cancellation_arrives_and_cleaning_up_may_wait() -> None:
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
                cleaned.append("up")

    with anyio.fail_after(10), anyio.move_on_after(0.05) as scope:
        await driven(work())
    assert scope.cancelled_caught
    assert cleaned == ["up"]


async def test_scopes_that_end_often_do_not_count() -> None:
    async def poll() -> int:
        for _ in range(3 * MAX_SWALLOWED_CANCELLATIONS):
            with anyio.move_on_after(0):
                await anyio.sleep_forever()
        return 3 * MAX_SWALLOWED_CANCELLATIONS

    assert await driven(poll()) == 3 * MAX_SWALLOWED_CANCELLATIONS


async def swallows_cancellations() -> None:
    while True:
        try:
            await anyio.sleep(1)
        except anyio.get_cancelled_exc_class():
            pass


async def swallows_in_a_scope() -> None:
    while True:
        with anyio.move_on_after(30):
            try:
                await anyio.Event().wait()
            except anyio.get_cancelled_exc_class():
                pass


async def swallows_in_a_task_group() -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.sleep_forever)
        await swallows_cancellations()


@pytest.mark.parametrize("work", [swallows_cancellations, swallows_in_a_scope, swallows_in_a_task_group])
async def test_what_swallows_every_cancellation_is_stopped_and_named(
    work: Callable[[], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    async def through_another() -> None:
        await work()

    with caplog.at_level(logging.ERROR, "agentkit"), anyio.fail_after(20), anyio.move_on_after(0.05) as scope:
        await driven(through_another())
    assert scope.cancelled_caught
    assert caplog.records[0].__dict__["event"] == "tool swallows its cancellation and is stopped"
    assert {record.__dict__["tool"] for record in caplog.records} == {"work"}
    with anyio.move_on_after(5):  # the task that awaited it is as good as any
        await anyio.sleep(0.01)
        return
    pytest.fail("the scopes of the task are not what they were")


async def test_whether_a_group_is_cancelled_from_above_is_seen_from_a_scope_inside() -> None:
    seen: list[bool] = []

    async def inside(above: ParentCancellation) -> None:
        with anyio.CancelScope(shield=True):
            seen.append(above.poll())
            await anyio.sleep(0.01)
            seen.append(above.poll())

    for cancel in (False, True):
        with anyio.CancelScope() as outer:
            async with anyio.create_task_group() as tasks:
                if cancel:
                    outer.cancel()
                await inside(ParentCancellation(tasks))
    assert seen == [False, False, False, True]


async def test_a_closed_coroutine_closes_what_it_drives() -> None:
    closed: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            closed.append("work")

    async def outer() -> None:
        await CancellableCall(work(), "work", lambda: False)

    if anyio.get_cancelled_exc_class() is asyncio.CancelledError:  # trio wants its own loop to take what is awaited
        coroutine = outer()
        coroutine.send(None)
        coroutine.close()
        assert closed == ["work"]


async def test_an_exception_is_not_kept_alive_by_the_frames_it_came_through() -> None:
    class Held:
        """Something that a frame holds."""

    alive: list[weakref.ref[Held]] = []

    async def fail() -> None:
        held = Held()
        alive.append(weakref.ref(held))
        await anyio.lowlevel.checkpoint()
        raise ValueError("no")

    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            await CancellableCall(fail(), "work", lambda: False)
        assert alive[0]() is None
    finally:
        gc.enable()
