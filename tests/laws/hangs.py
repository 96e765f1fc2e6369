"""No scene may hang: each has a limit, and what hangs is named."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, label: str, running: Sequence[str], function: Callable[[], T]) -> T:
    """Call a function in a thread of its own, and raise AssertionError if it takes longer.

    Args:
        seconds: The limit, generous: the machine may be busy.
        label: Who hangs.
        running: What has begun and not ended, kept up to date by others.
        function: The function.
    """
    values: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            values.append(function())
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    thread = threading.Thread(target=call, name=label, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise AssertionError(f"{label} hangs for {seconds} s. It runs {list(running)}.\n{stacks()}")
    for error in errors:
        raise error
    return values[0]


def stacks() -> str:
    """The innermost lines of every thread."""
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage] - the one way to see other threads
    found = [(one.name, frames.get(one.ident or 0)) for one in threading.enumerate()]
    return "\n".join(f"-- {name}\n{''.join(traceback.format_stack(frame)[-8:])}" for name, frame in found)
