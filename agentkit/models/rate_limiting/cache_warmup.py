"""Cache warm-up: of many conversations with the same prompt prefix, the first writes the prompt cache for the others.

What a request writes to the prompt cache can be read once its reply begins, not before. Of a hundred conversations
that start at once with the same long system prompt and tools, each would pay for writing them. So the first one is
sent, and the others follow when its reply begins. Source: the API's guide to prompt caching.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio

from agentkit.budget.model_limits import ModelLimits, model_limits_of

if TYPE_CHECKING:
    from agentkit.messages.request import Request

MAX_WARMUP_WAIT_S = 15.0
"""Seconds to wait at the most for another request's reply to begin: the wait saves money, but nothing depends on it."""
_BYTES_PER_TOKEN = 4
_FIVE_MINUTES_S, _HOUR_S = 300.0, 3600.0
_LIFETIME_MARGIN_S = 30.0
"""Seconds by which an entry is taken to expire early, since the server's clock is not ours."""


class CacheWarmup:
    """The prompt prefixes of one client and model: those in the cache, and those that a request is writing."""

    def __init__(self) -> None:
        self._cached_until: dict[int, float] = {}
        """The time until which a prefix is in the cache, by the hash of its bytes."""
        self._writes_in_progress: dict[int, anyio.Event] = {}

    async def wait_for_write(self, request: Request) -> CacheWrite | None:
        """Wait while another request writes the same prefix.

        Returns the write that the caller has to do itself, and to release after the request. None: the prefix is in the
        cache, or nothing is gained by waiting for it.
        """
        lifetime_s = _cache_lifetime_s(request)
        if lifetime_s is None:
            return None
        key = hash(request.prefix.encoded)
        with anyio.move_on_after(MAX_WARMUP_WAIT_S):
            while (other := self._writes_in_progress.get(key)) is not None:
                await other.wait()
        if key in self._writes_in_progress or self._cached_until.get(key, 0.0) > time.monotonic():
            return None
        self._writes_in_progress[key] = anyio.Event()
        return CacheWrite(self, key, lifetime_s)

    def finish_write(self, key: int, lifetime_s: float | None) -> None:
        """Record the end of a write, and let those that wait for it go on.

        Args:
            key: The hash of the prefix.
            lifetime_s: Seconds for which the prefix is cached from now on. None: it was not written.
        """
        if lifetime_s is not None:
            now = time.monotonic()
            self._cached_until = {one: until for one, until in self._cached_until.items() if until > now}
            self._cached_until[key] = now + lifetime_s - _LIFETIME_MARGIN_S
        self._writes_in_progress.pop(key).set()


class CacheWrite:
    """One request that writes a prefix to the cache. After its `release` another request may write it."""

    __slots__ = ("_cache_warmup", "_is_over", "_key", "_lifetime_s")

    def __init__(self, cache_warmup: CacheWarmup, key: int, lifetime_s: float) -> None:
        self._cache_warmup, self._key, self._lifetime_s = cache_warmup, key, lifetime_s
        self._is_over = False

    def record_reply_started(self) -> None:
        """Record that the reply is coming, so that the prefix can be read from the cache."""
        self._finish(self._lifetime_s)

    def release(self) -> None:
        """Record the end of the request; without a reply, the prefix is not in the cache. Idempotent."""
        self._finish(None)

    def _finish(self, lifetime_s: float | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._cache_warmup.finish_write(self._key, lifetime_s)


def _cache_lifetime_s(request: Request) -> float | None:
    """Return the seconds that the prefix stays cached. None: it is too short, or the conversation is not new."""
    if len(request.messages) > 1 or not request.prefix.markers:
        return None
    limits = model_limits_of(str(request.options["model"])) or ModelLimits()
    if len(request.prefix.encoded) < _BYTES_PER_TOKEN * limits.min_cacheable_tokens:
        return None
    return _HOUR_S if b'"1h"' in request.prefix.encoded else _FIVE_MINUTES_S
