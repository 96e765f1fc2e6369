"""The plan of a reading: documents, calls, tokens, price and time, before anything is sent, and what it took then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agentkit.budget.prices import prices_of
from agentkit.budget.reply_charges import BATCH_PRICE_FACTOR
from agentkit.budget.usage import usd_text
from agentkit.messages.message import encode
from agentkit.messages.printable import plural
from agentkit.patterns.reading.packing import Pack, estimated_tokens
from agentkit.patterns.reading.reduction import GROUP_TOKENS, SELECTION_TOKENS
from agentkit.run.delegation_terms import model_id

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent
    from agentkit.budget.budget import Budget
    from agentkit.budget.prices import Price

_API_TOKENS = 600
"""Tokens that the API adds to a request, and those around documents."""
REQUEST_TOKENS = 1_200
"""Tokens of a request beside its documents: instructions, the output type, what the API adds."""
READER_OUTPUT = (40, 400)
"""Tokens of a reader's reply where nothing is found, and beside the evidence where much is."""
QUOTED_SHARE = 1 / 3
"""The part of the documents' tokens that readers report where much is found, claims included."""
_WRITER_OUTPUT = (300, 4_000)
_DENSE_TEXT = 1.5
"""The factor on estimated tokens in the worst case: tables, code and some scripts have more of them."""
EVIDENCE_PER_REPLY = 2
"""Tokens of evidence as the writer reads it, for each token of a reader's reply, in the worst case."""
SECONDS_PER_CALL = 2.0
OUTPUT_TOKENS_PER_S = 80
SECONDS_PER_BATCH = 3_600.0
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
    """The price in US dollars where each reader reports a third of what it reads: an estimate, to which a budget trims,
    and no bound (that is `worst_case_usd`). None: a model has no known price."""
    seconds: float
    """Seconds, at the concurrency that is given and without rate limits."""
    known: int = 0
    """Documents whose evidence is kept from an earlier reading; they are in `documents`, but cost nothing."""
    worst_case_usd: float | None = None
    """The price in US dollars where every reply is as long as `max_tokens` allows; with a budget, its limit at most.
    Only requests that have to be repeated come on top. None: a model has no known price, or an agent has tools, a
    fallback model or instructions from a function, so that nobody knows how much it sends."""
    left_out: tuple[str, ...] = ()
    """Ids of documents that are not read: the pre-filter or the budget left them out, the least relevant ones."""
    sampled: int = 0
    """Documents that were read to price the rest; then the prices are an interval of 95%. 0: sizes were counted."""
    not_sampled: int = 0
    """Documents of the sample that could not be read: they are left out of its prices."""

    def within(self, budget: Budget | None) -> Plan:
        """Return the plan under a budget, whose limit holds whatever the replies are."""
        limits = [] if budget is None or budget.max_cost_usd is None else [budget.max_cost_usd]
        limits += [] if self.worst_case_usd is None else [self.worst_case_usd]
        return replace(self, worst_case_usd=min(limits, default=None))

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
            price += "" if self.worst_case_usd is None else f" (at most {usd_text(self.worst_case_usd)})"
        known = f" ({self.known} of them known)" if self.known else ""
        left_out = f", {len(self.left_out)} left out" if self.left_out else ""
        failed = f" ({self.not_sampled:,} more could not be read)" if self.not_sampled else ""
        sampled = f", by a sample of {self.sampled:,}{failed}" if self.sampled else ""
        return (
            f"{plural(self.documents, 'document')}{known}{left_out}, {plural(self.calls, 'call')}, "
            f"{self.input_tokens:,} tokens in, "
            f"up to {self.output_tokens:,} out, {price}{sampled}, about {self.seconds:,.0f} s"
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
    selector: tuple[Price, ...] | None
    """The reader's prices, without batches."""
    writer: tuple[Price, ...] | None
    concurrency: int
    question_tokens: int
    beside: tuple[int, int]
    """Tokens of the prompts of reader and writer beside documents and evidence."""
    most_evidence_tokens: int
    is_batched: bool = False
    """True if the readers' requests are made in message batches."""
    max_tokens: tuple[int, int] = (16_000, 16_000)
    """The longest replies of reader and writer."""
    is_bounded: bool = True
    """False: an agent may make further requests."""

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
        selector_prices = reader_prices
        if is_batched and reader_prices is not None and reader.own_prices is None:
            reader_prices = tuple(price.times(BATCH_PRICE_FACTOR) for price in reader_prices)
        is_bounded = all(_is_bounded(one) for one in (reader, writer))
        beside = (tokens_beside(reader, question), tokens_beside(writer, question))
        longest = (reader.settings.max_tokens, writer.settings.max_tokens)
        prices = (reader_prices, selector_prices, writer_prices)
        return cls(*prices, concurrency, estimated_tokens(question), beside, evidence, is_batched, longest, is_bounded)

    def plan(self, packs: Sequence[Pack], known: Sequence[Pack], left_out: tuple[str, ...] = ()) -> Plan:
        """Return the plan for packs to read, and for those whose evidence is known."""
        least, most = (self._totals(packs, known, case) for case in (0, 1))
        waves = math.ceil(len(packs) / self.concurrency)
        reply = (
            sum(self._reply_tokens(pack, 0) + self._reply_tokens(pack, 1) for pack in packs) / 2 / max(1, len(packs))
        )
        reply_s = SECONDS_PER_BATCH if self.is_batched else SECONDS_PER_CALL + reply / OUTPUT_TOKENS_PER_S
        writing_s = SECONDS_PER_CALL + sum(_WRITER_OUTPUT) / 2 / OUTPUT_TOKENS_PER_S
        return Plan(
            documents=len(_documents(packs) | _documents(known)),
            calls=len(packs) + bool(packs or known),
            input_tokens=most[0],
            output_tokens=most[1],
            min_cost_usd=least[2],
            max_cost_usd=most[2],
            seconds=waves * reply_s + writing_s,
            known=len(_documents(known) - _documents(packs)),
            worst_case_usd=self._worst_case(packs, known),
            left_out=left_out,
        )

    def _totals(self, packs: Sequence[Pack], known: Sequence[Pack], case: int) -> tuple[int, int, float | None]:
        """Return tokens in, tokens out and US dollars, for the case that little (0) or much (1) is found."""
        beside, beside_evidence = self.beside
        replies = [self._reply_tokens(pack, case) for pack in packs]
        found = sum(replies) + sum(self._reply_tokens(pack, case) for pack in known)
        found, answer = min(found, self.most_evidence_tokens), min(_WRITER_OUTPUT[case], self.max_tokens[1])
        reading = [usd_of(self.reader, pack.tokens + beside, reply) for pack, reply in zip(packs, replies, strict=True)]
        costs = [*reading, usd_of(self.writer, beside_evidence + found, answer)]
        usd = None if None in costs else sum(cost for cost in costs if cost is not None)
        return sum(pack.tokens + beside for pack in packs) + beside_evidence + found, sum(replies) + answer, usd

    def _reply_tokens(self, pack: Pack, case: int) -> int:
        return min(READER_OUTPUT[case] + int(case * QUOTED_SHARE * pack.tokens), self.max_tokens[0])

    def _worst_case(self, packs: Sequence[Pack], known: Sequence[Pack]) -> float | None:
        if not self.is_bounded:
            return None
        (reply, answer), (beside, beside_evidence) = self.max_tokens, self.beside
        evidence = sum(EVIDENCE_PER_REPLY * reply for _ in packs) + sum(pack.tokens + reply for pack in known)
        written_from = min(evidence, self.most_evidence_tokens)
        costs = [usd_of(self.reader, dense(pack.tokens + beside), reply) for pack in packs]
        costs.append(usd_of(self.writer, dense(beside_evidence + written_from), answer))
        if evidence > self.most_evidence_tokens:  # each level of the reduction leaves half
            groups = 2 * evidence // GROUP_TOKENS + 2
            costs += [usd_of(self.selector, dense(GROUP_TOKENS + beside), SELECTION_TOKENS)] * groups
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def tokens_beside(agent: Agent[Any, Any, Any], question: str) -> int:
    """Return the tokens of a request beside documents and evidence: more than usual where instructions are long."""
    schema = "" if agent.output_spec.is_text else encode(agent.output_spec.form.schema).decode()
    instructions = agent.instructions if isinstance(agent.instructions, str) else ""
    own = _API_TOKENS + estimated_tokens(instructions) + estimated_tokens(schema)
    return max(REQUEST_TOKENS, own) + estimated_tokens(question)


def _is_bounded(agent: Agent[Any, Any, Any]) -> bool:
    """Return True if the number of requests and the length of the instructions are known before."""
    return not agent.tools and agent.fallback is None and isinstance(agent.instructions, str)


def dense(tokens: int) -> int:
    """Return so many estimated tokens as they are in the worst case."""
    return int(_DENSE_TEXT * tokens)


def _documents(packs: Sequence[Pack]) -> set[str]:
    return {part.document for pack in packs for part in pack.parts}


def usd_of(prices: tuple[Price, ...] | None, tokens_in: int, tokens_out: int) -> float | None:
    """Return the price of a request in US dollars. None: it is not known."""
    if prices is None:
        return None
    tier = next((tier for tier in reversed(prices) if tokens_in > tier.prompts_over), prices[0])
    return (tokens_in * tier.input + tokens_out * tier.output) / 1_000_000
