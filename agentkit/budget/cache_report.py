"""The cache report of a run: how much of its prompts came from the prompt cache, and the reasons for cache misses.

A request begins with the bytes of the one before it, so it should read all that the earlier one read from the cache or
wrote to it. Where it reads less, the cache was broken, mostly for one of the reasons known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentkit.budget.usage import Usage

CACHE_LIFETIMES_S = {"5m": 300.0, "1h": 3600.0}
"""Seconds that the server keeps an entry after its last use, by the value of `Settings(cache=)`."""


@dataclass(frozen=True, slots=True)
class CacheBreak:
    """A request that did not read all that the one before it had left in the cache."""

    agent: str
    """The agent that sent the request."""
    turn: int
    """The turn of the run, counted from 1."""
    missed_tokens: int
    """Tokens that it should have read from the cache and did not."""
    reason: str
    """The reason for the miss, as far as it is known."""

    def __str__(self) -> str:
        return f"{self.agent}, turn {self.turn}: {self.missed_tokens:,} tokens were not found. {self.reason}"


@dataclass(slots=True)
class CacheMonitor:
    """Detects cache breaks: compares each request of a run with the one before it."""

    agent: str
    lifetime: str | None
    """The value of `Settings(cache=)`: `5m` or `1h`. None: nothing is cached."""
    clock: Callable[[], float] = time.monotonic
    breaks: tuple[CacheBreak, ...] = ()
    _expected_tokens: int = 0
    _last_reply_at: float = 0.0
    _expected_reason: str = ""

    def expect_break(self, reason: str) -> None:
        """Expect the next request to miss the cache, for this reason: it does not begin as the one before it."""
        self._expected_reason = reason

    def record_reply(self, turn: int, usage: Usage) -> None:
        """Record the usage of a reply, and a cache break if its request read less than expected."""
        now = self.clock()
        missed = self._expected_tokens - usage.cache_read_tokens
        if missed > 0:
            reason = self._break_reason(now - self._last_reply_at)
            self.breaks += (CacheBreak(self.agent, turn, missed, reason),)
        self._expected_tokens = usage.cache_read_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
        self._last_reply_at, self._expected_reason = now, ""

    def _break_reason(self, pause_s: float) -> str:
        if self._expected_reason:
            return self._expected_reason
        lifetime_s = CACHE_LIFETIMES_S.get(self.lifetime or "", 0.0)
        if lifetime_s and pause_s > lifetime_s:
            return (
                f"The request before it was made {pause_s:,.0f} s earlier, and the server keeps a prefix for "
                f"{lifetime_s:,.0f} s: Settings(cache=...) takes '1h', too."
            )
        return "The request began with the same bytes as the one before it: the server had let go of them."


@dataclass(frozen=True, slots=True)
class CacheReport:
    """The use of the prompt cache in a run and everything below it. `str()` is a summary of a few lines."""

    usage: Usage
    """The tokens of the run and everything below it."""
    breaks: Sequence[CacheBreak] = ()
    """The requests that missed the cache."""

    @property
    def read_share(self) -> float:
        """The share of all prompt tokens that were read from the cache, 0 to 1."""
        return self.usage.cache_read_tokens / self.usage.prompt_tokens if self.usage.prompt_tokens else 0.0

    def __str__(self) -> str:
        total = self.usage.prompt_tokens
        written = self.usage.cache_write_5m_tokens + self.usage.cache_write_1h_tokens
        written_share = written / total if total else 0.0
        head = (
            f"Of {total:,} prompt tokens {self.read_share:.0%} were read from the cache and {written_share:.0%} "
            "written to it."
        )
        return "\n".join([head, *(map(str, self.breaks) if self.breaks else ["Nothing broke the prefix."])])
