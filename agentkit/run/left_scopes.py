"""Cancel scopes and task groups that code of the user has left open: they are closed, and cost nobody else anything.

A scope that is left open would be in the way of every scope around it: each of them fails when it is exited, in the end
that of the task, and with it all tasks beside it. A task of its own for each call would keep that away, too, but costs
several percent of a turn; so the scopes are closed here, once the first exit has failed. This needs to know where anyio
and trio keep them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import sniffio

if TYPE_CHECKING:
    import anyio


def close_left_scopes(scope: anyio.CancelScope) -> None:
    """Cancel and close what was left open inside a scope, and the scope itself, whose exit has failed for that reason.

    Tasks in a task group that was left open are cancelled.
    """
    if sniffio.current_async_library() == "trio":
        _close_in_trio()
    else:
        _close_in_asyncio(scope)


def _close_in_trio() -> None:
    """Cancel and forget the nurseries that were left open. The failed exit has detached all scopes already."""
    import trio

    nurseries = trio.lowlevel.current_task()._child_nurseries  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    for nursery in list(nurseries):
        if nursery._cancel_status.abandoned_by_misnesting:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            nursery.cancel_scope.cancel()  # a shield between may have kept the cancellation from it
            nurseries.remove(nursery)


def _close_in_asyncio(scope: anyio.CancelScope) -> None:
    from anyio._backends import _asyncio as backend

    states = cast("Mapping[object, backend.TaskState]", getattr(backend, "_task_states"))  # noqa: B009 - private
    state = states[asyncio.current_task()]
    while (left := state.cancel_scope) is not None:
        if left is not scope:
            left.cancel("It was left open.")
        left.__exit__(None, None, None)
        if left is scope:
            return
