"""Charges: the tokens of one model at one price. Every cost is a sum of charges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentkit.budget.prices import (
    CACHE_READ_FACTOR,
    CACHE_WRITE_1H_FACTOR,
    CACHE_WRITE_5M_FACTOR,
    WEB_SEARCH_USD,
    Price,
)
from agentkit.budget.usage import Cost, Usage
from agentkit.messages.message import JSONObject

_NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Charge:
    """The usage of one or more requests to a model, all at the same price and all reported, or all estimated.

    A price is linear within its tier, so nothing is lost when charges of the same kind are added up.
    """

    model: str
    """The id of the model."""
    price: Price | None
    """The price tier of the prompts. None: the price is not known."""
    usage: Usage
    """The tokens and requests."""

    @property
    def is_estimated(self) -> bool:
        """True if the replies broke off before the API reported their usage."""
        return self.usage.aborted_requests > 0

    @property
    def usd(self) -> float | None:
        """The cost in US dollars. None: it is not known, since something was used at no known price."""
        if self.price is None:
            return 0.0 if self.usage == _NO_USAGE else None
        return self.price.usd(self.usage)

    @property
    def cost(self) -> Cost:
        """The cost of the usage; unknown without a price, unless nothing was used."""
        usd = self.usd
        return Cost(usd, usd or 0.0) if self.is_estimated else Cost(usd)

    def by_class(self) -> Iterator[tuple[str, Usage, Cost]]:
        """Yield the token classes with a price of their own, their usage and cost; no empty ones."""
        price = self.price or Price(0, 0)
        per_token = price.input / 1_000_000
        for name, counter, usd in (
            ("output", "output_tokens", price.output / 1_000_000),
            ("input", "input_tokens", per_token),
            ("cache read", "cache_read_tokens", per_token * CACHE_READ_FACTOR),
            ("cache write 5m", "cache_write_5m_tokens", per_token * CACHE_WRITE_5M_FACTOR),
            ("cache write 1h", "cache_write_1h_tokens", per_token * CACHE_WRITE_1H_FACTOR),
            ("web search", "web_searches", WEB_SEARCH_USD),
        ):
            count: int = getattr(self.usage, counter)
            spent = None if self.price is None else count * usd
            if count:
                yield name, Usage(**{counter: count}), Cost(spent, (spent or 0.0) if self.is_estimated else 0.0)

    def to_json(self) -> JSONObject:
        """Return it as JSON, to be stored by a journal."""
        price = None if self.price is None else [self.price.input, self.price.output, self.price.prompts_over]
        return {"model": self.model, "price": price, "usage": self.usage.to_json()}

    @classmethod
    def from_json(cls, value: JSONObject) -> Charge:
        """Restore a charge from the JSON of `to_json`."""
        price = value["price"]
        return cls(value["model"], None if price is None else Price(*price), Usage(**value["usage"]))


def merge_charges(charges: Iterable[Charge]) -> tuple[Charge, ...]:
    """Merge charges of the same model, price and kind, in the order of their first occurrence; drop empty ones."""
    kinds: dict[tuple[str, Price | None, bool], Usage] = {}
    for charge in charges:
        if charge.usage != _NO_USAGE:
            kind = charge.model, charge.price, charge.is_estimated
            kinds[kind] = kinds.get(kind, _NO_USAGE) + charge.usage
    return tuple(Charge(model, price, usage) for (model, price, _), usage in kinds.items())


def total_usage(charges: Iterable[Charge]) -> Usage:
    """Return the usage of all charges together."""
    total: Usage | None = None
    for charge in charges:  # most calls have one
        total = charge.usage if total is None else total + charge.usage
    return total or _NO_USAGE


def total_cost(charges: Iterable[Charge]) -> Cost:
    """Return the cost of all charges together."""
    total: Cost | None = None
    for charge in charges:
        total = charge.cost if total is None else total + charge.cost
    return total or Cost()


def total_usd(charges: Iterable[Charge]) -> float | None:
    """Return the US dollars of all charges together. None: that of one is not known."""
    total = 0.0
    for charge in charges:
        usd = charge.usd
        if usd is None:
            return None
        total += usd
    return total
