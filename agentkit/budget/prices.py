"""The price of each Claude model, in one table, and the cost of a request at that price.

Two rules for this file: a price is a function of the whole prompt (some models have tiers by its length), so cost is
computed per request and then added; and a model that is not in the table has no price, never the price zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.budget.model_limits import without_date
from agentkit.budget.usage import Cost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentkit.budget.usage import Usage

PRICES_AS_OF = "2026-11-23"
"""The date of the last comparison of the price table with the published prices."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model, or one of its tiers: US dollars per million tokens."""

    input: float
    """Prompt tokens that are neither read from the cache nor written to it."""
    output: float
    """Tokens of replies, thinking included."""
    prompts_over: int = 0
    """The tier applies to prompts of more than so many tokens. 0: to all."""

    def times(self, factor: float) -> Price:
        """Return this price times a factor."""
        return self if factor == 1 else Price(self.input * factor, self.output * factor, self.prompts_over)

    def cost(self, usage: Usage) -> Cost:
        """Return the cost of one request at this price."""
        usd = self.usd(usage)
        return Cost(usd, usd if usage.aborted_requests else 0.0)

    def usd(self, usage: Usage) -> float:
        """Return the US dollars of one request at this price."""
        prompt = (
            usage.input_tokens
            + usage.cache_read_tokens * CACHE_READ_FACTOR
            + usage.cache_write_5m_tokens * CACHE_WRITE_5M_FACTOR
            + usage.cache_write_1h_tokens * CACHE_WRITE_1H_FACTOR
        )
        tokens_usd = (prompt * self.input + usage.output_tokens * self.output) / 1_000_000
        return tokens_usd + usage.web_searches * WEB_SEARCH_USD


WEB_SEARCH_USD = 0.01
"""US dollars for one web search by the server."""
CACHE_READ_FACTOR = 0.1
CACHE_WRITE_5M_FACTOR = 1.25
CACHE_WRITE_1H_FACTOR = 2.0

# The most expensive tier comes last; a model without tiers has one row.
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
    """Return the tiers of a model, the most expensive last; a date in its id is ignored. None: not in the table."""
    return PRICES.get(without_date(model))


def price_of(model: str, usage: Usage, own_prices: tuple[Price, ...] | None = None) -> Price | None:
    """Return the price tier of one request to `model`, by the length of its prompt. None: it is not in the table.

    Args:
        own_prices: Tiers to use instead of the table. None: the table.
    """
    tiers = own_prices or prices_of(model)
    if tiers is None:
        return None
    fitting = (tier for tier in reversed(tiers) if usage.prompt_tokens > tier.prompts_over)
    return next(fitting, tiers[0])


def cost_of(model: str, usage: Usage, own_prices: tuple[Price, ...] | None = None) -> Cost:
    """Return the cost of one request to `model`; unknown if its price is. `own_prices` as in `price_of`."""
    price = price_of(model, usage, own_prices)
    return Cost(None) if price is None else price.cost(usage)
