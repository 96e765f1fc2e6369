"""Root tasks: they belong to the event loop, not to a caller's task group or cancel scope."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context

import sniffio

_running_tasks: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks only weakly


def start_root_task(main: Callable[[], Coroutine[object, None, None]], name: str) -> None:
    """Start `main` as a root task. It must raise nothing but its own cancellation: nothing would catch an error."""
    if sniffio.current_async_library() == "trio":
        import trio

        trio.lowlevel.spawn_system_task(main, name=name, context=copy_context())
        return
    task = asyncio.get_running_loop().create_task(main(), name=name)
    _running_tasks.add(task)
    task.add_done_callback(_running_tasks.discard)
