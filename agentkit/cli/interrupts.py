"""Ctrl-C: the first lets the run land, the second ends the process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from agentkit.cli.exits import Exit


@contextmanager
def landing(land: Callable[[], None]) -> Generator[None]:
    """Inside, on the event loop's thread, the first Ctrl-C calls `land` and the second ends the process.

    A signal handler of Python's own rather than the loop's: it also runs while a tool blocks the loop.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    count = 0

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count > 1:
            os._exit(Exit.INTERRUPTED)
        # Unbuffered, because what was interrupted may be in the middle of writing to the same stream.
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"\nStopping; Ctrl-C again ends it at once.\n")
        loop.call_soon_threadsafe(land)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
