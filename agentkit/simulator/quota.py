"""Rate limits as the API keeps them: buckets that fill up again all the time, told in headers, enforced by 429."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agentkit.simulator.wire import Headers

_MINUTE_S = 60.0


@dataclass(slots=True)
class Quota:
    """What one key may ask for in a minute. Without limits of your own nothing is ever refused."""

    requests: int = 1_000_000
    """Requests a minute."""
    input_tokens: int = 1_000_000_000
    """Tokens of prompts a minute, those read from the cache not counted."""
    output_tokens: int = 1_000_000_000
    """Tokens of replies a minute."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970; tests bring their own."""
    _used: dict[str, float] = field(default_factory=dict[str, float], init=False)
    """What is gone from each bucket, as of `_at`."""
    _at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._at = self.clock()
        self._used = dict.fromkeys(self._limits(), 0.0)

    def wait_s(self, input_tokens: int) -> tuple[str, float] | None:
        """Which limit a request would exceed and after how many seconds it would not. None: it may come now.

        What it needs is then taken.
        """
        self._refill()
        needs = {"requests": 1, "input-tokens": input_tokens, "output-tokens": 1}
        for name, need in needs.items():
            limit = self._limits()[name]
            missing = self._used[name] + min(need, limit) - limit  # a request over the whole limit waits for all of it
            if missing > 0:
                return name, missing * _MINUTE_S / limit
        self._used["requests"] += 1
        self._used["input-tokens"] += input_tokens
        return None

    def spend(self, output_tokens: int) -> None:
        """Take what a reply took."""
        self._used["output-tokens"] += output_tokens

    def headers(self) -> Headers:
        """The limits, what is left of them, and when they are whole again."""
        self._refill()
        told: dict[str, str] = {}
        for name, limit in self._limits().items():
            used = self._used[name]
            whole = datetime.fromtimestamp(math.ceil(self._at + used * _MINUTE_S / limit), UTC)
            told[f"anthropic-ratelimit-{name}-limit"] = str(limit)
            told[f"anthropic-ratelimit-{name}-remaining"] = str(max(0, math.floor(limit - used)))
            told[f"anthropic-ratelimit-{name}-reset"] = whole.strftime("%Y-%m-%dT%H:%M:%SZ")
        tokens = ("limit", "remaining", "reset")
        stricter = min(("input-tokens", "output-tokens"), key=lambda name: self._limits()[name] - self._used[name])
        return told | {
            f"anthropic-ratelimit-tokens-{what}": told[f"anthropic-ratelimit-{stricter}-{what}"] for what in tokens
        }

    def _limits(self) -> dict[str, int]:
        return {"requests": self.requests, "input-tokens": self.input_tokens, "output-tokens": self.output_tokens}

    def _refill(self) -> None:
        now = self.clock()
        for name, limit in self._limits().items():
            self._used[name] = max(0.0, self._used[name] - (now - self._at) * limit / _MINUTE_S)
        self._at = now
