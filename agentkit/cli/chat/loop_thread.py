"""An event loop in a thread of its own, so that waiting for the keyboard never holds it up.

The keyboard has the main thread because only there Python hears Ctrl-C, and only there a half-typed line can be
given up. The loop's thread is a daemon: whatever still runs in it, the process can end.
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

Opening: TypeAlias = "Callable[[], AbstractAsyncContextManager[object]]"
"""Opens what stays open as long as the loop runs."""

_CLOSE_S = 3.0
_HEARING_S = 0.1


class LoopThread:
    """Inside the block, coroutines run in the loop's thread; at its end what was opened is closed."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._is_ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._error: BaseException | None = None
        self.is_stuck = False
        """After the block: whether something that the loop waits for has not ended, and will keep the process."""
        context = copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._main,), name="agentkit loop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *error: object) -> None:
        self.call_soon(self._stop.set)
        self._thread.join(_CLOSE_S)
        self.is_stuck = self._thread.is_alive()

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine in the loop and wait for its value or its exception; signal handlers run meanwhile."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        # Where another thread takes a signal, nothing wakes this one, which alone runs the handler.
        while not wait([future], _HEARING_S).done:
            pass
        return future.result()

    def call_soon(self, function: Callable[[], object]) -> None:
        """Call a function in the loop's thread, soon."""
        self._loop.call_soon_threadsafe(function)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again where the block begins
            self._error = error
        finally:
            self._is_ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._opening():
            self._is_ready.set()
            await self._stop.wait()
