"""Run a classifier over texts in front of a terminal: a line shows how far it is, and Ctrl-C ends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from agentkit.cli.terminal.interrupts import handle_ctrl_c_in_loop, print_stopping_notice
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentkit.models.overriding_client import Client

T = TypeVar("T")


def run_with_client(work: Callable[[Callable[[int, int], None]], Awaitable[T]], client: Client | None) -> T:
    """Do the work to its end and return its value. Raises KeyboardInterrupt once Ctrl-C has stopped it.

    Args:
        work: Called in the event loop, with a function for the number of decisions so far, and that of all.
        client: The client that the command made, closed at the end. None: nothing to close.
    """
    import anyio

    async def follow() -> list[T]:
        done: list[T] = []
        try:
            with anyio.CancelScope() as scope, handle_ctrl_c_in_loop(scope.cancel, print_stopping_notice):
                done.append(await work(_show_count))
        finally:
            if sys.stderr.isatty():
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            if client is not None:
                with anyio.CancelScope(shield=True):
                    await client.close()
        return done

    done = anyio.run(follow)
    if not done:
        raise KeyboardInterrupt
    return done[0]


def _show_count(done: int, total: int) -> None:
    if sys.stderr.isatty():
        line = one_line(f"deciding: {done:,} of {total:,}", terminal_width(sys.stderr) - 1)
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
