"""Tokens as the API counts them, and what they cost.

Two rules for this file: a price is a function of the whole prompt (some models have tiers by its length), so cost is
worked out per request and then added; and a model that the table does not know has no price, never the price zero.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.budget.model_limits import undated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentkit.messages.message import JSONObject

PRICES_AS_OF = "2026-11-23"
"""When the price table was last checked against the published prices."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and requests of one model call, one run, or a tree of runs. Add them with `+`."""

    requests: int = 0
    """Model calls that brought a reply."""
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
    """Searches that the server made for the model, each at a price of its own."""
    aborted_requests: int = 0
    """Requests, not among `requests`, whose reply broke off before the API said what it used: their tokens are our
    estimate, the whole prompt and what had come of the reply."""

    @classmethod
    def of(cls, reported: Mapping[str, object]) -> Usage:
        """Read the API's usage record of one request. Counters that it lacks are zero."""
        writes = _count(reported, "cache_creation_input_tokens")
        by_lifetime = reported.get("cache_creation")
        long = _count(cast("JSONObject", by_lifetime), "ephemeral_1h_input_tokens") if by_lifetime else 0
        by_server = cast("JSONObject", reported.get("server_tool_use") or {})
        return cls(
            requests=1,
            input_tokens=_count(reported, "input_tokens"),
            output_tokens=_count(reported, "output_tokens"),
            cache_read_tokens=_count(reported, "cache_read_input_tokens"),
            cache_write_5m_tokens=writes - long,
            cache_write_1h_tokens=long,
            web_searches=_count(by_server, "web_search_requests"),
        )

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt: plain, read from the cache and written to it."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(*map(operator.add, _counts(self), _counts(other)))

    def to_json(self) -> JSONObject:
        """The counts as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


_counts = operator.attrgetter(*Usage.__slots__)


def _count(record: Mapping[str, object], name: str) -> int:
    value = record.get(name)
    return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in US dollars. Add costs with `+`; an unknown price makes the sum unknown."""

    usd: float | None = 0.0
    """None: at least one reply came from a model whose price is not known."""
    estimated_usd: float = 0.0
    """The part of `usd` that is our estimate: replies that broke off before the API said what they used."""

    def __add__(self, other: Cost) -> Cost:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Cost(usd, self.estimated_usd + other.estimated_usd)

    def __str__(self) -> str:
        return "unknown" if self.usd is None else f"${self.usd:.4f}"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    prompts_over: int = 0
    """The tier holds for prompts of more than so many tokens."""

    def cost(self, usage: Usage) -> Cost:
        """The cost of one request at this price."""
        prompt = (
            usage.input_tokens
            + usage.cache_read_tokens * CACHE_READ_FACTOR
            + usage.cache_write_5m_tokens * CACHE_WRITE_5M_FACTOR
            + usage.cache_write_1h_tokens * CACHE_WRITE_1H_FACTOR
        )
        tokens_usd = (prompt * self.input + usage.output_tokens * self.output) / 1_000_000
        usd = tokens_usd + usage.web_searches * WEB_SEARCH_USD
        return Cost(usd, usd if usage.aborted_requests else 0.0)


WEB_SEARCH_USD = 0.01
"""One search of the API's own."""
CACHE_READ_FACTOR = 0.1
CACHE_WRITE_5M_FACTOR = 1.25
CACHE_WRITE_1H_FACTOR = 2.0

# Dearest tier last; a model without tiers has one row.
PRICES: Mapping[str, tuple[Price, ...]] = {
    "claude-fable-5-2": (Price(8, 40),),
    "claude-fable-5-1": (Price(10, 50),),
    "claude-fable-5": (Price(10, 50),),
    "claude-mythos-5-2": (Price(8, 40),),
    "claude-mythos-5-1": (Price(10, 50),),
    "claude-mythos-5": (Price(10, 50),),
    "claude-opus-5-5": (Price(4, 20),),
    "claude-opus-5": (Price(5, 25),),
    "claude-opus-4-8": (Price(5, 25),),
    "claude-opus-4-7": (Price(5, 25),),
    "claude-opus-4-6": (Price(5, 25),),
    "claude-opus-4-5": (Price(5, 25),),
    "claude-sonnet-5-5": (Price(2, 10),),
    "claude-sonnet-5": (Price(2, 10),),
    "claude-sonnet-4-6": (Price(3, 15),),
    "claude-sonnet-4-5": (Price(3, 15),),
    "claude-haiku-5-5": (Price(0.10, 0.50), Price(0.50, 2.50, prompts_over=100_000)),
    "claude-haiku-4-5": (Price(1, 5),),
}


def prices_of(model: str) -> tuple[Price, ...] | None:
    """The prices of a model, dearest tier last; ids with a date are the model. None: the table does not have it."""
    return PRICES.get(undated(model))


def price_of(model: str, usage: Usage, own: tuple[Price, ...] | None = None) -> Price | None:
    """The price of one request to `model` by the length of its prompt, of its `own` prices where they are given.

    None: the table does not have the model.
    """
    tiers = own or prices_of(model)
    if tiers is None:
        return None
    fitting = (tier for tier in reversed(tiers) if usage.prompt_tokens > tier.prompts_over)
    return next(fitting, tiers[0])


def cost_of(model: str, usage: Usage, own: tuple[Price, ...] | None = None) -> Cost:
    """What one request to `model` cost; unknown where its price is."""
    price = price_of(model, usage, own)
    return Cost(None) if price is None else price.cost(usage)
