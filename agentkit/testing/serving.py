"""Serve a simulator over HTTP from a thread: for sync tests, and for other programs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Protocol

from anyio.from_thread import start_blocking_portal


class CanServe(Protocol):
    """A `Simulator`, a `Replay`, a `RecordingProxy`, or anything else that serves HTTP like them."""

    def serve(self) -> AbstractAsyncContextManager[str]:
        """Serve inside the block and yield the base URL."""
        ...


@contextmanager
def served(server: CanServe) -> Generator[str]:
    """Serve over HTTP inside the block and yield the base URL: for sync code, subprocesses and other languages.

    In async code use `async with server.serve()`.

    Args:
        server: A simulator, a replay, or anything else that serves HTTP.
    """
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server.serve()) as base_url:
        yield base_url
