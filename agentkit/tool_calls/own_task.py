"""A function of the user in a task of its own: whatever it does, it cancels nobody else, and its end is not lost.

An asyncio task group takes the cancellation of one of its tasks for something that was wanted, whoever raised it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar, cast, overload

import anyio
import anyio.lowlevel

from agentkit.run.left_scopes import close_left_scopes
from agentkit.tool_calls.failures import first_leaf_exception, leaf_exceptions

T = TypeVar("T")


@overload
async def call_in_own_task(function: Callable[..., Awaitable[T]], *given: object, named: str = ...) -> T: ...
@overload
async def call_in_own_task(function: Callable[..., object], *given: object, named: str = ...) -> object: ...
async def call_in_own_task(function: Callable[..., object], *given: object, named: str = "it") -> object:
    """Call a function, sync or async, and return what it returns. Raises what it raises.

    A cancellation that no enclosing scope caused, such as that of a future that it awaits, is an error of the function:
    a RuntimeError.

    Args:
        function: The function.
        given: Its arguments.
        named: The function, as the text of such an error begins.
    """
    ends: list[object] = []
    errors: list[BaseException] = []

    async def call() -> None:
        try:
            returned = function(*given)
            ends.append(await cast("Awaitable[object]", returned) if isawaitable(returned) else returned)
        except BaseException as error:
            failures = (Exception, asyncio.CancelledError, anyio.get_cancelled_exc_class())
            if not all(isinstance(leaf, failures) for leaf in leaf_exceptions(error)):
                raise  # an interrupt, or an exit of the program
            errors.append(error)

    async def call_in_scope() -> None:
        scope = anyio.CancelScope()
        try:
            with scope:
                await call()
        except RuntimeError:  # of the scope: those of the function end in `call`
            close_left_scopes(scope)
            errors.append(RuntimeError(f"{named} left a cancel scope or a task group open: open one with `async with`"))

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call_in_scope)
    except BaseExceptionGroup as group:
        raise first_leaf_exception(group) from None
    await anyio.lowlevel.checkpoint_if_cancelled()
    if not errors:
        return ends[0]
    error = errors.pop()  # not kept in this frame's list, which its traceback refers to
    if isinstance(error, Exception):
        raise error
    kept = [leaf for leaf in leaf_exceptions(error) if isinstance(leaf, Exception)]
    if kept:
        raise kept[0] from error
    raise RuntimeError(f"{named} was cancelled, although nothing around it was") from error
