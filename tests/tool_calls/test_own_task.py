"""A function in a task of its own: its end is always known, and a cancellation of the caller is always the caller's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import anyio
import anyio.lowlevel
import pytest
import sniffio

from agentkit.tool_calls.own_task import call_in_own_task

pytestmark = pytest.mark.anyio


async def awaits_what_was_cancelled() -> None:
    raise asyncio.CancelledError


async def cancels_its_task() -> None:
    if sniffio.current_async_library() == "asyncio":
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await anyio.lowlevel.checkpoint()
    raise asyncio.CancelledError


async def raises_a_group_of_cancellations() -> None:
    raise BaseExceptionGroup("Both.", [asyncio.CancelledError(), asyncio.CancelledError()])


@pytest.mark.parametrize("function", [awaits_what_was_cancelled, cancels_its_task, raises_a_group_of_cancellations])
async def test_a_cancellation_of_its_own_is_an_error_of_the_function(function: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match="the check was cancelled, although nothing around it was"):
        await call_in_own_task(function, named="the check")


async def test_it_returns_what_the_function_returns_and_raises_what_it_raises() -> None:
    class Own(BaseException):
        pass

    def raises(error: BaseException) -> None:
        raise error

    async def later(number: int) -> int:
        await anyio.lowlevel.checkpoint()
        return number

    async def leaves_a_scope_open() -> None:
        anyio.CancelScope().__enter__()

    assert await call_in_own_task(later, 7) == 7
    assert await call_in_own_task(str, 7) == "7"
    for error in (KeyError("key"), Own(), ExceptionGroup("Some.", [KeyError("key")])):
        with pytest.raises(type(error)) as raised:
            await call_in_own_task(raises, error)
        assert raised.value is error
    with pytest.raises(KeyError):
        await call_in_own_task(raises, BaseExceptionGroup("", [asyncio.CancelledError(), KeyError("key")]))
    with pytest.raises(RuntimeError, match="left a cancel scope"):
        await call_in_own_task(leaves_a_scope_open)


async def test_a_cancellation_of_the_caller_is_not_swallowed() -> None:
    async def returns_in_spite_of_it() -> int:
        with contextlib.suppress(BaseException):
            await anyio.sleep_forever()
        return 7

    went_on = False
    with anyio.move_on_after(0.01) as scope:
        await call_in_own_task(returns_in_spite_of_it)
        went_on = True
    assert scope.cancelled_caught
    assert not went_on
    if sniffio.current_async_library() == "asyncio":
        for function in (returns_in_spite_of_it, anyio.sleep_forever):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call_in_own_task(function), 0.01)
