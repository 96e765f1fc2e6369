"""Token buckets, in which the rate limits of a server are counted.

A bucket holds what may still be sent, and refills all the time. It knows nothing until a server has reported a limit,
and then holds nothing back that the server would take, except what is in flight and may not have been counted yet.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.models.rate_limiting.headers import ReportedLimit

_MINUTE_S = 60.0


class TokenBucket:
    """A token bucket for one limit: requests, input or output tokens. Times are seconds of a monotonic clock."""

    __slots__ = ("_limit", "_per_s", "_remaining", "_uncounted", "_updated_at")

    def __init__(self) -> None:
        self._limit = math.inf
        self._remaining = math.inf
        """The amount that the server has left. Below zero after a reply that was longer than what was left."""
        self._per_s = 0.0
        self._updated_at = 0.0
        """The time for which `_remaining` holds."""
        self._uncounted = 0.0
        """The amounts of requests in flight that the server may not have counted yet."""

    def wait_s(self, amount: float, now: float) -> float:
        """Return the seconds until this amount is available. An amount above the limit waits for a full bucket."""
        if self._limit == math.inf:
            return 0.0
        self._refill(now)
        return max(0.0, (min(amount, self._limit) - self._remaining + self._uncounted) / self._per_s)

    def reserve(self, amount: float) -> None:
        """Reserve the amount of a request that is being sent. `settle` must follow."""
        self._uncounted += amount

    def settle(self, reserved: float, counted: float) -> None:
        """Replace what a request has reserved by what it counted for.

        Args:
            reserved: The amount that was passed to `reserve`.
            counted: The amount that it used; 0 where the server's next report includes it.
        """
        self._uncounted = max(0.0, self._uncounted - reserved)  # 0.1 + 0.2 - 0.2 - 0.1 is not always 0
        self._remaining -= counted

    def apply_reported_limit(self, reported: ReportedLimit, now: float, *, is_newest: bool) -> None:
        """Replace our count by the one that the server reported.

        A report that is not the newest may be older than the last one, so it can only lower what remains. Where the
        server says that the bucket is full sooner than the limit per minute implies, the server is right.
        """
        self._refill(now)
        self._limit = reported.per_minute
        self._remaining = reported.remaining if is_newest else min(self._remaining, reported.remaining)
        self._per_s = max(
            reported.per_minute / _MINUTE_S, (reported.per_minute - reported.remaining) / reported.full_in_s
        )

    def _refill(self, now: float) -> None:
        self._remaining = min(self._limit, self._remaining + (now - self._updated_at) * self._per_s)
        self._updated_at = now
