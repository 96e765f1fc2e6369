"""Ctrl-C: the first lets the run land, the second ends the process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

from agentkit.cli.terminal.exits import Exit

STOPPING = "Stopping; Ctrl-C again ends it at once."


def say_stopping() -> None:
    """Write it on stderr, unbuffered, because what was interrupted may be writing to the same stream."""
    with suppress(OSError):
        os.write(2, f"\n{STOPPING}\n".encode())


@contextmanager
def landing(land: Callable[[], None], say_so: Callable[[], None]) -> Generator[None]:
    """Inside, on the event loop's thread, the first Ctrl-C calls `say_so` and `land`, the second ends the process.

    `say_so` is called in the signal handler, in the middle of whatever was interrupted.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    with heard(lambda: loop.call_soon_threadsafe(land), say_so):
        yield


@contextmanager
def heard(land: Callable[[], object], say_so: Callable[[], None]) -> Generator[None]:
    """Inside, on the main thread, the first Ctrl-C calls `say_so` and `land` in the signal handler, the second ends
    the process.

    A signal handler of Python's own rather than the loop's: it also runs while a tool blocks the loop.
    """
    count = 0

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count > 1:
            os._exit(Exit.INTERRUPTED)
        say_so()
        land()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
