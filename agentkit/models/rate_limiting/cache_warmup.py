"""Which prefixes the server has in its cache: of many conversations with the same one, the first goes ahead.

What a request writes to the prompt cache can be read as soon as its reply begins to come, not before. Of a hundred
conversations that begin at once with the same long system prompt and tools, each would pay for writing them. So the
first one is sent, the others follow when its reply begins. Source: the API's guide to prompt caching.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio

from agentkit.budget.model_limits import ModelLimits, limits_of

if TYPE_CHECKING:
    from types import TracebackType

    from agentkit.messages.request import Request

LONGEST_WAIT_S = 15.0
"""Nobody waits longer for another's reply to begin: it is about money, not about being right."""
_BYTES_PER_TOKEN = 4
_FIVE_MINUTES_S, _HOUR_S = 300.0, 3600.0
_MARGIN_S = 30.0


class Warmth:
    """The prefixes that one client has written with one model, and those that it is writing."""

    def __init__(self) -> None:
        self._written: dict[int, float] = {}
        """Until when they are in the cache, by the hash of their bytes."""
        self._writing: dict[int, anyio.Event] = {}

    async def wait(self, request: Request) -> Writing | None:
        """Wait while another request writes the same prefix. None: it is there, or nothing is gained by waiting."""
        lifetime_s = _lifetime_s(request)
        if lifetime_s is None:
            return None
        key = hash(request.prefix.encoded)
        with anyio.move_on_after(LONGEST_WAIT_S):
            while (other := self._writing.get(key)) is not None:
                await other.wait()
        if key in self._writing or self._written.get(key, 0.0) > time.monotonic():
            return None
        self._writing[key] = anyio.Event()
        return Writing(self, key, lifetime_s)

    def ended(self, key: int, lifetime_s: float | None) -> None:
        """A request that was to write a prefix has done so, for so many seconds; None: it has not."""
        if lifetime_s is not None:
            now = time.monotonic()
            self._written = {one: until for one, until in self._written.items() if until > now}
            self._written[key] = now + lifetime_s - _MARGIN_S
        self._writing.pop(key).set()


class Writing:
    """The request that writes a prefix. A context manager: when it is left, another one may write it."""

    __slots__ = ("_is_over", "_key", "_lifetime_s", "_warmth")

    def __init__(self, warmth: Warmth, key: int, lifetime_s: float) -> None:
        self._warmth, self._key, self._lifetime_s = warmth, key, lifetime_s
        self._is_over = False

    def is_answered(self) -> None:
        """The reply begins to come: what was written can be read."""
        self._end(self._lifetime_s)

    def __enter__(self) -> Writing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(None)

    def _end(self, lifetime_s: float | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._warmth.ended(self._key, lifetime_s)


def _lifetime_s(request: Request) -> float | None:
    """How long the prefix stays in the cache. None: it is too short for it, or others are not about to write it."""
    if len(request.messages) > 1 or not request.prefix.markers:
        return None
    limits = limits_of(str(request.options["model"])) or ModelLimits()
    if len(request.prefix.encoded) < _BYTES_PER_TOKEN * limits.min_cacheable_tokens:
        return None
    return _HOUR_S if b'"1h"' in request.prefix.encoded else _FIVE_MINUTES_S
