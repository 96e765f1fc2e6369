"""Runs a function in an event loop of its own, in another thread that got a copy of the context."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from agentkit.event_loop import context_for

T = TypeVar("T")


async def in_other_loop(function: Callable[[], Awaitable[T]], backend: str = "asyncio") -> T:
    """Return the value of the function, or raise its exception."""
    run: Callable[[], T] = partial(anyio.run, function, backend=backend)
    return await anyio.to_thread.run_sync(lambda: context_for(None).run(run))
