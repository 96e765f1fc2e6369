"""Rate limits of the simulated API: token buckets that refill continuously, with rate-limit headers and status 429."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agentkit.simulator.http.wire import Headers

_MINUTE_S = 60.0


@dataclass(slots=True)
class Quota:
    """The rate limits of one API key. The defaults are too high to refuse anything."""

    requests: int = 1_000_000
    """Requests per minute."""
    input_tokens: int = 1_000_000_000
    """Prompt tokens per minute, without those that are read from the cache."""
    output_tokens: int = 1_000_000_000
    """Reply tokens per minute."""
    clock: Callable[[], float] = time.time
    """Returns seconds since 1970. Tests pass a clock of their own."""
    _used: dict[str, float] = field(default_factory=dict[str, float], init=False)
    """The amount taken from each bucket, as of the last refill."""
    _refilled_at_s: float = field(default=0.0, init=False)
    """The time of the last refill, by `clock`."""

    def __post_init__(self) -> None:
        self._refilled_at_s = self.clock()
        self._used = dict.fromkeys(self._limits(), 0.0)

    def take_request(self, input_tokens: int) -> tuple[str, float] | None:
        """Take a request and its prompt out of the buckets if there is room.

        Returns None when there was room; otherwise, with nothing taken, the name of the limit that would be exceeded
        and the seconds until there is room.
        """
        self._refill()
        needs = {"requests": 1, "input-tokens": input_tokens, "output-tokens": 1}
        for name, need in needs.items():
            limit = self._limits()[name]
            missing = self._used[name] + min(need, limit) - limit  # a need above the limit waits for a full bucket
            if missing > 0:
                return name, missing * _MINUTE_S / limit
        self._used["requests"] += 1
        self._used["input-tokens"] += input_tokens
        return None

    def take_output_tokens(self, output_tokens: int) -> None:
        """Take the tokens of a reply out of their bucket, below zero if need be."""
        self._used["output-tokens"] += output_tokens

    def rate_limit_headers(self) -> Headers:
        """Return the `anthropic-ratelimit-*` header fields: each limit, the rest of it, and when it is full again."""
        self._refill()
        fields: dict[str, str] = {}
        for name, limit in self._limits().items():
            used = self._used[name]
            whole = datetime.fromtimestamp(math.ceil(self._refilled_at_s + used * _MINUTE_S / limit), UTC)
            fields[f"anthropic-ratelimit-{name}-limit"] = str(limit)
            fields[f"anthropic-ratelimit-{name}-remaining"] = str(max(0, math.floor(limit - used)))
            fields[f"anthropic-ratelimit-{name}-reset"] = whole.strftime("%Y-%m-%dT%H:%M:%SZ")
        tokens = ("limit", "remaining", "reset")
        stricter = min(("input-tokens", "output-tokens"), key=lambda name: self._limits()[name] - self._used[name])
        return fields | {
            f"anthropic-ratelimit-tokens-{what}": fields[f"anthropic-ratelimit-{stricter}-{what}"] for what in tokens
        }

    def _limits(self) -> dict[str, int]:
        return {"requests": self.requests, "input-tokens": self.input_tokens, "output-tokens": self.output_tokens}

    def _refill(self) -> None:
        now = self.clock()
        for name, limit in self._limits().items():
            self._used[name] = max(0.0, self._used[name] - (now - self._refilled_at_s) * limit / _MINUTE_S)
        self._refilled_at_s = now
