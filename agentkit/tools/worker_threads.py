"""Run synchronous tools in daemon threads, so that they never block a run or the exit of the process.

A Python thread cannot be killed. When a run stops waiting for one, the thread is abandoned: it may finish its work, its
late result is dropped, and it does not keep the process from exiting. The worker threads of anyio do so on asyncio.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

import anyio.lowlevel

from agentkit.event_loop import EventLoop, context_for
from agentkit.log import log

T = TypeVar("T")

_UNRAISABLE = (StopIteration, StopAsyncIteration, asyncio.CancelledError)
"""Exceptions of a function that cannot be raised in a coroutine, or would cancel it there."""

_abandoned_threads: set[threading.Thread] = set()
_reported_names: set[str] = set()
"""Names of the threads that were logged as abandoned: each name is logged once per process."""


class _ThreadCall(Generic[T]):
    """A function that runs in a thread; its value or error is read on the event loop's thread."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self.done = anyio.Event()
        self.value: T | None = None
        self.error: BaseException | None = None

    def run(self, loop: EventLoop) -> None:
        try:
            self.value = self._function()
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting task, SystemExit included
            self.error = error
        loop.post(self.done.set)


async def run_in_thread(function: Callable[[], T], *, name: str = "agentkit tool") -> T:
    """Run a function in a thread of its own and return its value or raise its exception.

    The function sees the caller's context variables. A cancellation returns at once and abandons the thread. A new
    thread costs some 50 microseconds per call; a pool would have to cope with threads that never return.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()  # a call that is cancelled already does not start
    loop = EventLoop.current()
    work = _ThreadCall(function)
    context = context_for(None)  # the function may run an event loop of its own
    thread = threading.Thread(target=context.run, args=(work.run, loop), name=name, daemon=True)
    thread.start()
    try:
        await work.done.wait()
    except BaseException:
        _abandon_thread(thread)
        raise
    error, work.error = work.error, None  # an exception and the frame that holds it would form a reference cycle
    try:
        if isinstance(error, (*_UNRAISABLE, anyio.get_cancelled_exc_class())):
            raise RuntimeError(f"the function raised {type(error).__name__}") from error
        if error is not None:
            raise error
        return cast("T", work.value)
    finally:
        del error


def _abandon_thread(thread: threading.Thread) -> None:
    _abandoned_threads.add(thread)
    _abandoned_threads.difference_update([one for one in tuple(_abandoned_threads) if not one.is_alive()])
    if thread.name not in _reported_names and thread.is_alive():
        _reported_names.add(thread.name)
        log().warning("a thread is abandoned and runs on", function=thread.name, abandoned=len(_abandoned_threads))


def abandoned_threads() -> int:
    """Return the number of abandoned threads that still run."""
    return sum(thread.is_alive() for thread in list(_abandoned_threads))
