"""Timers that see no context variable: a call after some time, and the deadline of a cancel scope.

asyncio keeps a timer that was called off until its time, with the context in which it was set: what a service keeps in
context variables for one request would be held that long after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

import anyio

from agentkit.event_loop import running_library, start_root_task


def call_later(seconds: float, function: Callable[[], object]) -> Callable[[], object]:
    """Call a function in this event loop after so many seconds; return the function that calls it off.

    It must raise nothing, sees no context variable, and is not called if the event loop ends before.
    """
    if running_library() != "trio":
        return asyncio.get_running_loop().call_later(seconds, function, context=Context()).cancel
    import trio

    scope = trio.CancelScope()

    async def wait_and_call() -> None:
        with scope:
            await trio.sleep(seconds)
            function()

    start_root_task(wait_and_call, "agentkit waits to drop connections", Context())
    return scope.cancel


def set_deadline(scope: anyio.CancelScope, seconds: float | None) -> None:
    """Let a cancel scope end after so many seconds. None: without a limit."""
    if seconds is not None:
        Context().run(setattr, scope, "deadline", anyio.current_time() + seconds)
