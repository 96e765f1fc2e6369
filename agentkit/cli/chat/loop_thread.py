"""An event loop in a thread of its own, so that waiting for the keyboard never blocks it.

The keyboard is read in the main thread because only there Python runs signal handlers, so only there Ctrl-C can cancel
a half-typed line. The loop's thread is a daemon, so that it never keeps the process from ending.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import wait
from contextlib import AbstractAsyncContextManager
from contextvars import copy_context
from typing import Self, TypeAlias, TypeVar

T = TypeVar("T")

ResourceFactory: TypeAlias = "Callable[[], AbstractAsyncContextManager[object]]"
"""Makes the context manager that is entered in the loop when it starts, and left when it stops."""

_CLOSE_TIMEOUT_S = 3.0
_SIGNAL_POLL_S = 0.1


class LoopThread:
    """A context manager that runs an event loop in a daemon thread, with its resources open meanwhile."""

    def __init__(self, open_resources: ResourceFactory) -> None:
        self._open_resources = open_resources
        self._ready_event = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop_event: asyncio.Event
        self._error: BaseException | None = None
        self.is_stuck = False
        """After the block: True if the loop has not ended in time, so that a normal exit would wait for it."""
        context = copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run_loop,), name="agentkit loop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready_event.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *error: object) -> None:
        self.call_soon(self._stop_event.set)
        self._thread.join(_CLOSE_TIMEOUT_S)
        self.is_stuck = self._thread.is_alive()

    def run_coroutine(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine in the loop and return its value or raise its exception; signal handlers run meanwhile."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        # Polls: a signal that another thread receives does not wake this one, and only this one runs Python's handlers.
        while not wait([future], _SIGNAL_POLL_S).done:
            pass
        return future.result()

    def call_soon(self, function: Callable[[], object]) -> None:
        """Schedule a function in the loop's thread."""
        self._loop.call_soon_threadsafe(function)

    def _run_loop(self) -> None:
        try:
            asyncio.run(self._run_until_stopped())
        except BaseException as error:  # noqa: BLE001 - raised again in `__enter__`
            self._error = error
        finally:
            self._ready_event.set()

    async def _run_until_stopped(self) -> None:
        self._loop, self._stop_event = asyncio.get_running_loop(), asyncio.Event()
        async with self._open_resources():
            self._ready_event.set()
            await self._stop_event.wait()
