"""Handle Ctrl-C during a run: the first one cancels the run, the second one ends the process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

from agentkit.cli.terminal.exit_codes import ExitCode

STOPPING_NOTICE = "Stopping; Ctrl-C again ends it at once."


def print_stopping_notice() -> None:
    """Write the notice to stderr unbuffered, because the interrupted code may be writing to the same stream."""
    with suppress(OSError):
        os.write(2, f"\n{STOPPING_NOTICE}\n".encode())


@contextmanager
def handle_ctrl_c_in_loop(stop_run: Callable[[], None], announce_stop: Callable[[], None]) -> Generator[None]:
    """Handle Ctrl-C inside the block, where the event loop runs in the main thread: see `handle_ctrl_c`.

    Args:
        stop_run: Called in the event loop.
        announce_stop: Called in the signal handler, between two instructions of the interrupted code.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    with handle_ctrl_c(lambda: loop.call_soon_threadsafe(stop_run), announce_stop):
        yield


@contextmanager
def handle_ctrl_c(stop_run: Callable[[], object], announce_stop: Callable[[], None]) -> Generator[None]:
    """Handle Ctrl-C inside the block, in the main thread: the first one stops the run, the second ends the process.

    It sets a signal handler of Python rather than one of the loop, because it also runs while a tool blocks the loop.

    Args:
        stop_run: Stops the run. Called in the signal handler, after `announce_stop`.
        announce_stop: Shows that the run is stopping. Called in the signal handler.
    """
    count = 0

    def on_sigint(_number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count > 1:
            os._exit(ExitCode.INTERRUPTED)
        announce_stop()
        stop_run()

    previous_handler = signal.signal(signal.SIGINT, on_sigint)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous_handler)
