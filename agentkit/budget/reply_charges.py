"""The charges of one reply: from its whole usage record, by the models that worked on it, at the price that it names.

The top level of a record counts the requests of the conversation's own model. What the server asked other models on the
way (a compaction, an advisor, a model that declined) stands in its `iterations`, and what changed the price in `speed`,
`service_tier` and `inference_geo`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from agentkit.budget.charges import Charge, merge_charges
from agentkit.budget.model_limits import without_date
from agentkit.budget.prices import price_of, prices_of
from agentkit.budget.usage import Usage

if TYPE_CHECKING:
    from agentkit.budget.prices import Price
    from agentkit.messages.message import JSONObject

BATCH_PRICE_FACTOR = 0.5
"""The factor on the token prices of requests in message batches."""
PRICE_FACTORS: Mapping[str, Mapping[str, float]] = {
    "speed": {"standard": 1.0},
    "service_tier": {"standard": 1.0, "batch": BATCH_PRICE_FACTOR},
    "inference_geo": {"global": 1.0, "not_available": 1.0, "us": 1.1},
}
"""Factors on the token prices, by field of the usage record and its value. With any other value, the price is unknown:
that of fast replies differs by model, and that of the priority tier by contract."""

_COUNTERS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"
)  # fmt: skip
_OWN_KINDS = ("message", "fallback_message")
"""The kinds of iterations whose tokens the top level of a record may hold, too."""


@dataclass(frozen=True, slots=True)
class ReplyPrices:
    """The prices that hold for the replies to one model's requests."""

    asked: str
    """The model that was asked."""
    own_prices: tuple[Price, ...] | None = None
    """The agent's own price tiers for it, which hold as they are, without factors. None: those of the price table."""

    def charges_of(self, answering: str, reported: object) -> tuple[Charge, ...]:
        """Return the charges of a reply with this usage record; all together count one request."""
        usage, factor = Usage.from_api(reported), price_factor(reported)
        listed: object = cast("JSONObject", reported).get("iterations") if isinstance(reported, dict) else None
        iterations = list(_read_iterations(cast("list[object]", listed))) if isinstance(listed, list) else None
        if not iterations:
            return (self.charge_for(answering, usage, factor),)
        rest = _beyond(usage, sum((one.usage for one in iterations if one.kind in _OWN_KINDS), Usage()))
        if not rest.prompt_tokens and not rest.output_tokens:  # nothing is left but the request itself
            iterations[-1] = replace(iterations[-1], usage=iterations[-1].usage + rest)
            rest = Usage()
        has_fallen_back = any(one.kind == "fallback_message" for one in iterations)
        unnamed = self.asked if has_fallen_back else answering
        charges = [self.charge_for(one.model or unnamed, one.usage, factor) for one in iterations]
        return merge_charges((*charges, self.charge_for(answering, rest, factor)))

    def charge_for(self, answering: str, usage: Usage, factor: float | None = 1.0) -> Charge:
        """Return the charge of this usage by the model that answered, where its price is known, else by the one asked.

        Args:
            answering: The model that the server names. Empty: it named none.
            usage: The usage to charge.
            factor: The factor on the price. None: it is not known, and so neither is the price.
        """
        if answering == self.asked:
            return self._charge_asked(usage, factor)
        if without_date(answering) == without_date(self.asked) or prices_of(answering) is None:
            return self._charge_asked(usage, factor)
        if self.own_prices is not None and prices_of(self.asked) is None:  # its server may name any model
            return self._charge_asked(usage, factor)
        return Charge(answering, _times(price_of(answering, usage), factor), usage)

    def _charge_asked(self, usage: Usage, factor: float | None) -> Charge:
        price = price_of(self.asked, usage, self.own_prices)
        return Charge(self.asked, price if self.own_prices is not None else _times(price, factor), usage)


def price_factor(reported: object) -> float | None:
    """Return the factor that a usage record puts on the token prices. None: it is not known."""
    factor = 1.0
    if not isinstance(reported, dict):
        return factor
    record = cast("JSONObject", reported)
    for name, factors in PRICE_FACTORS.items():
        value: object = record.get(name)
        if value is None:
            continue
        found = factors.get(value) if isinstance(value, str) else None
        if found is None:
            return None
        factor *= found
    return factor


def _times(price: Price | None, factor: float | None) -> Price | None:
    return None if price is None or factor is None else price.times(factor)


@dataclass(frozen=True, slots=True)
class _Iteration:
    """One request that the server made to a model for a reply."""

    kind: str
    model: str
    """Empty: the record does not name it."""
    usage: Usage
    """It counts no request, since the reply is the only one that was sent."""


def _read_iterations(listed: Sequence[object]) -> Iterator[_Iteration]:
    for entry in listed:
        if isinstance(entry, dict):
            found = cast("JSONObject", entry)
            model: object = found.get("model")
            usage = replace(Usage.from_api(found), requests=0, web_searches=0)
            yield _Iteration(str(found.get("type")), model if isinstance(model, str) else "", usage)


def _beyond(usage: Usage, counted: Usage) -> Usage:
    """Return what is left of the usage without what is counted already; no counter falls below zero."""
    left = {name: max(0, getattr(usage, name) - getattr(counted, name)) for name in _COUNTERS}
    return replace(usage, **left)
