"""Usage and cost: tokens as the API counts them, and US dollars. Both add up with `+`.

The price table is in `budget/prices.py`.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

MAX_COUNT = 10**12
"""A count above it is no count of one request: the server is mistaken."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and requests of one model call, one run, or a tree of runs. Add them with `+`."""

    requests: int = 0
    """Model calls whose reply reported its usage, as it does shortly before its end."""
    input_tokens: int = 0
    """Prompt tokens that were neither read from nor written to the cache."""
    output_tokens: int = 0
    """Tokens of the replies, thinking included."""
    cache_read_tokens: int = 0
    """Prompt tokens read from the cache, at a tenth of the price."""
    cache_write_5m_tokens: int = 0
    """Prompt tokens written to the cache for five minutes, at 1.25 times the price."""
    cache_write_1h_tokens: int = 0
    """Prompt tokens written to the cache for an hour, at twice the price."""
    web_searches: int = 0
    """Web searches by the server, each at a fixed price."""
    aborted_requests: int = 0
    """Requests, not among `requests`, whose reply broke off before the API reported its usage: their tokens are our
    estimate, of the whole prompt and the received part of the reply."""

    @classmethod
    def from_api(cls, reported: object) -> Usage:
        """Read the API's usage record of one request, whatever it holds.

        A counter that it lacks is zero, and so is one that is no count: of another type, below zero, or beyond what a
        request can use. Tokens that stand only in `iterations` are not in it; `charges_of_reply` counts those, too.
        """
        if not isinstance(reported, dict):
            return cls(requests=1)
        record = cast("JSONObject", reported)
        writes, writes_1h = _read_count(record, "cache_creation_input_tokens"), 0
        by_lifetime, by_server = record.get("cache_creation"), record.get("server_tool_use")
        if by_lifetime and isinstance(by_lifetime, dict):
            lifetimes = cast("JSONObject", by_lifetime)
            writes_1h = _read_count(lifetimes, "ephemeral_1h_input_tokens")
            if writes < writes_1h:
                writes = writes_1h + _read_count(lifetimes, "ephemeral_5m_input_tokens")
        searches = by_server and isinstance(by_server, dict)
        return cls(
            requests=1,
            input_tokens=_read_count(record, "input_tokens"),
            output_tokens=_read_count(record, "output_tokens"),
            cache_read_tokens=_read_count(record, "cache_read_input_tokens"),
            cache_write_5m_tokens=writes - writes_1h,
            cache_write_1h_tokens=writes_1h,
            web_searches=_read_count(cast("JSONObject", by_server), "web_search_requests") if searches else 0,
        )

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt: plain, read from the cache and written to it."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(*map(operator.add, _counts(self), _counts(other)))

    def to_json(self) -> JSONObject:
        """Return the counts as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


_counts = operator.attrgetter(*Usage.__slots__)


def output_tokens_of(reported: object) -> int:
    """Return the output tokens of a usage record, as `Usage.from_api` reads them."""
    return _read_count(cast("JSONObject", reported), "output_tokens") if isinstance(reported, dict) else 0


def _read_count(record: JSONObject, name: str) -> int:
    value: object = record.get(name)
    if type(value) is int and 0 <= value <= MAX_COUNT:
        return value
    if type(value) is float and value.is_integer() and 0 <= value <= MAX_COUNT:
        return int(value)  # some servers write every number as a float
    return 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in US dollars. Add costs with `+`; an unknown price makes the sum unknown."""

    usd: float | None = 0.0
    """None: at least one reply came from a model whose price is not known."""
    estimated_usd: float = 0.0
    """The part of `usd` that is our estimate: replies that broke off before the API reported their usage."""

    def __add__(self, other: Cost) -> Cost:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Cost(usd, self.estimated_usd + other.estimated_usd)

    def __str__(self) -> str:
        return "unknown" if self.usd is None else usd_text(self.usd)


_DECIMALS = 4
"""Decimals of an amount of US dollars that is not tiny."""
_MAX_DECIMALS = 10


def usd_text(usd: float, digits: int = 2) -> str:
    """Return an amount as people read it: `$0.7500`, `$1,234.5000`, and of a tiny one its first digits: `$0.000024`."""
    decimals = usd_decimals(usd, digits)
    text = f"{usd:,.{decimals}f}"
    if decimals > _DECIMALS:
        text = text.rstrip("0")
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def usd_decimals(usd: float, digits: int) -> int:
    """Return the number of decimals that shows so many digits of an amount: four, or more for a tiny one."""
    if not usd or not math.isfinite(usd):
        return _DECIMALS
    return min(max(_DECIMALS, digits - 1 - math.floor(math.log10(abs(usd)))), _MAX_DECIMALS)
