"""The plan of a reading: documents, calls, tokens, price and time, before anything is sent, and what it took then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentkit.budget.prices import prices_of
from agentkit.budget.reply_charges import BATCH_PRICE_FACTOR
from agentkit.budget.usage import usd_text
from agentkit.patterns.reading.packing import Pack, estimated_tokens
from agentkit.run.delegation_terms import model_id

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent
    from agentkit.budget.budget import Budget
    from agentkit.budget.prices import Price

_REQUEST_TOKENS = 1_200
"""Tokens of a request beside its documents: instructions, the output type, what the API adds."""
_READER_OUTPUT = (40, 400)
"""Tokens of a reader's reply where nothing is found, and beside the evidence where much is."""
_QUOTED_SHARE = 0.25
"""The part of the documents' tokens that readers report where much is found, claims included."""
_WRITER_OUTPUT = (300, 4_000)
_SECONDS_PER_CALL = 2.0
_OUTPUT_TOKENS_PER_S = 80
_SECONDS_PER_BATCH = 3_600.0
"""Seconds within which most batches end, as the API says. They may take a day."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The expected effort of a reading: estimates, from a few figures about typical replies."""

    documents: int
    """Documents to read."""
    calls: int
    """Model calls of readers and writer; those that put evidence together come on top where there is much."""
    input_tokens: int
    """Prompt tokens of all calls."""
    output_tokens: int
    """Tokens of all replies, where much is found."""
    min_cost_usd: float | None
    """The price in US dollars where next to nothing is found. None: a model has no known price."""
    max_cost_usd: float | None
    """The price in US dollars where each reader finds much. None: a model has no known price."""
    seconds: float
    """Seconds, at the concurrency that is given and without rate limits."""
    known: int = 0
    """Documents whose evidence is kept from an earlier reading; they are in `documents`, but cost nothing."""
    left_out: tuple[str, ...] = ()
    """Ids of documents that are not read: the pre-filter or the budget left them out, the least relevant ones."""

    def excess(self, budget: Budget) -> str:
        """Return what the plan takes beyond a budget, as the end of a sentence. Empty: it fits, but for its time."""
        if budget.max_cost_usd is not None and (self.max_cost_usd or 0.0) > budget.max_cost_usd:
            return f"may cost {usd_text(self.max_cost_usd or 0.0)}"
        for name, taken, limit in (
            ("requests", self.calls, budget.max_requests),
            ("input tokens", self.input_tokens, budget.max_input_tokens),
            ("output tokens", self.output_tokens, budget.max_output_tokens),
        ):
            if limit is not None and taken > limit:
                return f"may take {taken:,} {name}"
        return ""

    def __str__(self) -> str:
        if self.min_cost_usd is None or self.max_cost_usd is None:
            price = "price unknown"
        else:
            price = f"{usd_text(self.min_cost_usd)} to {usd_text(self.max_cost_usd)}"
        known = f" ({self.known} of them known)" if self.known else ""
        left_out = f", {len(self.left_out)} left out" if self.left_out else ""
        return (
            f"{self.documents:,} documents{known}{left_out}, {self.calls:,} calls, {self.input_tokens:,} tokens in, "
            f"up to {self.output_tokens:,} out, {price}, about {self.seconds:,.0f} s"
        )


@dataclass(frozen=True, slots=True)
class Actual:
    """The effort of a reading in the end."""

    documents: int
    """Documents that were read, those whose evidence was kept included."""
    calls: int
    """Requests that were answered."""
    input_tokens: int
    """Prompt tokens, those from the cache included."""
    output_tokens: int
    """Tokens of replies."""
    cost_usd: float | None
    """US dollars. None: a model has no known price."""
    seconds: float
    """Seconds from the first request to the last."""


@dataclass(frozen=True, slots=True)
class PlanRates:
    """The prices and the shape of a reading."""

    reader: tuple[Price, ...] | None
    writer: tuple[Price, ...] | None
    concurrency: int
    question_tokens: int
    most_evidence_tokens: int
    is_batched: bool = False
    """True if the readers' requests are made in message batches."""

    @classmethod
    def of(
        cls,
        reader: Agent[Any, Any, Any],
        writer: Agent[Any, Any, Any],
        question: str,
        concurrency: int,
        evidence: int,
        *,
        is_batched: bool = False,
    ) -> PlanRates:
        """Return the rates of two agents, for a question."""
        reader_prices, writer_prices = (one.own_prices or prices_of(model_id(one.model)) for one in (reader, writer))
        if is_batched and reader_prices is not None and reader.own_prices is None:
            reader_prices = tuple(price.times(BATCH_PRICE_FACTOR) for price in reader_prices)
        return cls(reader_prices, writer_prices, concurrency, estimated_tokens(question), evidence, is_batched)

    def plan(self, packs: Sequence[Pack], known: Sequence[Pack], left_out: tuple[str, ...] = ()) -> Plan:
        """Return the plan for packs to read, and for those whose evidence is known."""
        least, most = (self._totals(packs, known, case) for case in (0, 1))
        waves = math.ceil(len(packs) / self.concurrency)
        reply = sum(_reply_tokens(pack, 0) + _reply_tokens(pack, 1) for pack in packs) / 2 / max(1, len(packs))
        reply_s = _SECONDS_PER_BATCH if self.is_batched else _SECONDS_PER_CALL + reply / _OUTPUT_TOKENS_PER_S
        writing_s = _SECONDS_PER_CALL + sum(_WRITER_OUTPUT) / 2 / _OUTPUT_TOKENS_PER_S
        return Plan(
            documents=len(_documents(packs) | _documents(known)),
            calls=len(packs) + bool(packs or known),
            input_tokens=most[0],
            output_tokens=most[1],
            min_cost_usd=least[2],
            max_cost_usd=most[2],
            seconds=waves * reply_s + writing_s,
            known=len(_documents(known) - _documents(packs)),
            left_out=left_out,
        )

    def _totals(self, packs: Sequence[Pack], known: Sequence[Pack], case: int) -> tuple[int, int, float | None]:
        """Return tokens in, tokens out and US dollars, for the case that little (0) or much (1) is found."""
        beside = _REQUEST_TOKENS + self.question_tokens
        found = min(sum(_reply_tokens(pack, case) for pack in (*packs, *known)), self.most_evidence_tokens)
        reading = [_usd(self.reader, pack.tokens + beside, _reply_tokens(pack, case)) for pack in packs]
        costs = [*reading, _usd(self.writer, beside + found, _WRITER_OUTPUT[case])]
        usd = None if None in costs else sum(cost for cost in costs if cost is not None)
        tokens_in = sum(pack.tokens + beside for pack in packs) + beside + found
        return tokens_in, sum(_reply_tokens(pack, case) for pack in packs) + _WRITER_OUTPUT[case], usd


def _documents(packs: Sequence[Pack]) -> set[str]:
    return {part.document for pack in packs for part in pack.parts}


def _reply_tokens(pack: Pack, case: int) -> int:
    return _READER_OUTPUT[case] + int(case * _QUOTED_SHARE * pack.tokens)


def _usd(prices: tuple[Price, ...] | None, tokens_in: int, tokens_out: int) -> float | None:
    if prices is None:
        return None
    tier = next((tier for tier in reversed(prices) if tokens_in > tier.prompts_over), prices[0])
    return (tokens_in * tier.input + tokens_out * tier.output) / 1_000_000
