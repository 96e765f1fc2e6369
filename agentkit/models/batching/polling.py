"""Requests about a batch that change nothing when they are made twice: made again until they are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import anyio

from agentkit.errors import ModelError

T = TypeVar("T")

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 60.0
_GROWTH = 1.5
_UNREACHABLE_S = 3_600.0
"""Seconds without an answer of the server after which the results of a batch are given up."""


def growing_pauses() -> Iterator[float]:
    """Yield the seconds between two looks at a batch: short at first, then up to a minute."""
    pause_s = _FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)


async def until_answered(request: Callable[[], Awaitable[T]], about: str) -> T:
    """Make a request until it is answered: the batch works on meanwhile, and its results are paid for.

    Args:
        request: Makes the request.
        about: The batch, for the error.

    Raises:
        ModelError: The server refused the request, or was not reached for an hour.
    """
    give_up_at = anyio.current_time() + _UNREACHABLE_S
    for pause_s in growing_pauses():
        try:
            return await request()
        except ModelError as error:
            if not error.is_retryable:
                raise
            if anyio.current_time() > give_up_at:
                text = f"The server has not answered for {_UNREACHABLE_S:g} s about batch {about}: {error}"
                raise ModelError(text, kind=error.kind, status=error.status) from error
            await anyio.sleep(max(pause_s, error.retry_after_s or 0.0))
    raise AssertionError("the pauses do not end")
