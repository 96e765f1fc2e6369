"""Rate limits as servers tell them in headers, and the buckets in which we keep count of them.

A bucket holds what may still be sent, and fills up again all the time. It knows nothing until a server has spoken, and
then holds nothing back that the server would take, except what is on its way and may not have been counted yet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from agentkit.models.rate_limiting.retry_after import plain_number, server_now

REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS = LIMIT_NAMES = ("requests", "input-tokens", "output-tokens")
"""The limits that we keep, as the headers name them. `tokens` only tells the strictest of several again."""
_MINUTE_S = 60.0
_SHORTEST_RESET_S = 1.0
"""Resets are told in whole seconds: one that is nearer may as well be a second away."""


@dataclass(frozen=True, slots=True)
class ToldLimit:
    """What one answer says of one limit."""

    limit: float
    """How much there is a minute; more than 0."""
    remaining: float
    """How much of it is left, 0 to `limit`."""
    whole_in_s: float
    """After how many seconds all of it is there again, 1 to 60; the limits are by the minute."""


def told_limit(name: str, headers: Mapping[str, str], now: datetime) -> ToldLimit | None:
    """What an answer says of the limit `name`, one of LIMIT_NAMES. None: nothing that makes sense.

    Resets are counted from the answer's own `date`, without one from `now`. Those in the past or without sense count
    for a minute. Never raises.
    """
    prefix = f"anthropic-ratelimit-{name}"
    limit = plain_number(headers.get(f"{prefix}-limit"))
    remaining = plain_number(headers.get(f"{prefix}-remaining"))
    if not limit or remaining is None:
        return None
    reset = _moment(headers.get(f"{prefix}-reset"))
    whole_in_s = (reset - server_now(headers, now)).total_seconds() if reset else 0.0
    if whole_in_s <= 0:
        whole_in_s = _MINUTE_S
    return ToldLimit(limit, min(remaining, limit), min(max(whole_in_s, _SHORTEST_RESET_S), _MINUTE_S))


@lru_cache(maxsize=64)  # as answers close to one another tell the same
def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


class Bucket:
    """What may still be sent of one kind. Times are seconds of one steady clock."""

    __slots__ = ("_at", "_left", "_limit", "_per_s", "_untold")

    def __init__(self) -> None:
        self._limit = math.inf
        self._left = math.inf
        """What the server has left. May be below zero: a reply was longer than there was room for."""
        self._per_s = 0.0
        self._at = 0.0
        """When `_left` was so."""
        self._untold = 0.0
        """What requests in flight take, of which the server has not said yet that it counted them."""

    def wait_s(self, amount: float, now: float) -> float:
        """After how many seconds this much is there. What is over the whole limit waits for all of it."""
        if self._limit == math.inf:
            return 0.0
        self._refill(now)
        return max(0.0, (min(amount, self._limit) - self._left + self._untold) / self._per_s)

    def take(self, amount: float) -> None:
        """A request is on its way that will take this much. `settle` must follow."""
        self._untold += amount

    def settle(self, taken: float, counted: float) -> None:
        """What a request has `taken` is on its way no more; it counted for this much, unless the server tells that."""
        self._untold = max(0.0, self._untold - taken)  # 0.1 + 0.2 - 0.2 - 0.1 is not always 0
        self._left -= counted

    def learn(self, told: ToldLimit, now: float, *, is_news: bool) -> None:
        """The server's count goes before ours.

        Where it is no news it may be older than what was learned before, and can only say that less is left. The server
        is better informed where it says that all is there again sooner than by the limit a minute.
        """
        self._refill(now)
        self._limit = told.limit
        self._left = told.remaining if is_news else min(self._left, told.remaining)
        self._per_s = max(told.limit / _MINUTE_S, (told.limit - told.remaining) / told.whole_in_s)

    def _refill(self, now: float) -> None:
        self._left = min(self._limit, self._left + (now - self._at) * self._per_s)
        self._at = now
