"""Rate limits read from the response headers `anthropic-ratelimit-*`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from agentkit.models.rate_limiting.retry_after import parse_plain_number, server_time

REQUESTS, INPUT_TOKENS, OUTPUT_TOKENS = LIMIT_NAMES = ("requests", "input-tokens", "output-tokens")
"""The limits that are counted, as the headers name them. `tokens` only repeats the strictest of several."""
_FIELDS = ("limit", "remaining", "reset")
_HEADERS = {name: tuple(f"anthropic-ratelimit-{name}-{field}" for field in _FIELDS) for name in LIMIT_NAMES}
_MINUTE_S = 60.0
_MIN_RESET_S = 1.0
"""Resets are reported in whole seconds, so a nearer one may be up to a second away."""


@dataclass(frozen=True, slots=True)
class ReportedLimit:
    """One rate limit, as the headers of one response report it."""

    per_minute: float
    """The amount per minute; above 0."""
    remaining: float
    """The amount that is left of it, 0 to `per_minute`."""
    full_in_s: float
    """Seconds until all of it is available again, 1 to 60, since the limits are per minute."""


def parse_rate_limit(name: str, headers: Mapping[str, str], now: datetime) -> ReportedLimit | None:
    """Read the limit `name`, one of LIMIT_NAMES, from response headers. None: they report none, or an invalid one.

    Resets are counted from the response's own `date` header, without one from `now`. A reset that is past or invalid
    counts as a minute. Never raises.
    """
    limit_header, remaining_header, reset_header = _HEADERS[name]
    limit = parse_plain_number(headers.get(limit_header))
    remaining = parse_plain_number(headers.get(remaining_header))
    if not limit or remaining is None:
        return None
    reset = _parse_reset(headers.get(reset_header))
    full_in_s = (reset - server_time(headers, now)).total_seconds() if reset else 0.0
    if full_in_s <= 0:
        full_in_s = _MINUTE_S
    return ReportedLimit(limit, min(remaining, limit), min(max(full_in_s, _MIN_RESET_S), _MINUTE_S))


@lru_cache(maxsize=64)  # responses close to one another report the same reset
def _parse_reset(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
