"""The plan of a funnel: calls, tokens, price and time from the sizes of threads, and what a budget leaves of them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.errors import BudgetExceeded
from agentkit.patterns.profile.queries import MOST_ROUNDS
from agentkit.patterns.profile.thread_prompts import FILTER_CHARS, MOST_THREAD_TOKENS
from agentkit.patterns.reading.packing import BYTES_PER_TOKEN, PACK_TOKENS
from agentkit.patterns.reading.plan import (
    EVIDENCE_PER_REPLY,
    OUTPUT_TOKENS_PER_S,
    QUOTED_SHARE,
    READER_OUTPUT,
    REQUEST_TOKENS,
    SECONDS_PER_BATCH,
    SECONDS_PER_CALL,
    Plan,
    PlanRates,
    dense,
    usd_of,
)
from agentkit.patterns.reading.reduction import GROUP_TOKENS

if TYPE_CHECKING:
    from agentkit.budget.budget import Amount, Budget
    from agentkit.budget.prices import Price
    from agentkit.patterns.mail.records import FoundThread

_CHARS_PER_TOKEN = 3.0
"""Of mail: fewer than of prose, since it has addresses, names and links."""
_TOKENS_PER_MESSAGE = 60
"""Tokens of the line about a message."""
_FILTER_OUTPUT = 40
_QUERY_TOKENS, _QUERY_OUTPUT = 1_500, (200, 800)
_SECTION_OUTPUT = (150, 2_000)
_SHORT_REQUEST_TOKENS = 400
"""Tokens of a request beside its evidence where instructions and the output type are short."""
_LEVELS = 2
"""Times that evidence which outgrows the writer is read again to be reduced: each level leaves at most half."""
_GROUP_OUTPUT = 200
_MOST_TOKENS_PER_CHAR = 4 / BYTES_PER_TOKEN
"""Of any script."""
_MOST_TOKENS_PER_MESSAGE = 600
"""Of the line about a message, whose fields are cut off."""
_MOST_FILTER_TOKENS = int(1.1 * FILTER_CHARS * _MOST_TOKENS_PER_CHAR)
_MOST_QUERY_TOKENS = 24_000
"""Of the names of the mailbox's people, and the longest queries with what is wrong with them."""


@dataclass(frozen=True, slots=True)
class FunnelRates:
    """The prices and the shape of a funnel."""

    rates: PlanRates
    sections: tuple[int, ...]
    """Tokens of the request for each section beside its evidence."""
    has_queries: bool
    """True if the queries are there already."""

    def plan(self, threads: Sequence[FoundThread], known: Collection[str] = (), left_out: tuple[str, ...] = ()) -> Plan:
        """Return the plan for threads, from the case that none of them matters to the one that all do.

        Args:
            threads: The threads to read.
            known: The ids of those among them whose results are kept.
            left_out: The ids of threads that are not read.
        """
        return replace(self.expected(threads, known, left_out), worst_case_usd=self.worst_case_usd(threads, known))

    def expected(
        self,
        threads: Sequence[FoundThread],
        known: Collection[str] = (),
        left_out: tuple[str, ...] = (),
        evidence_tokens: int = 0,
    ) -> Plan:
        """Return the plan without its worst case, where so many tokens of evidence are there already."""
        sizes = [tokens_of(thread) for thread in threads if thread.id not in known]
        found = evidence_tokens + sum(map(_evidence_tokens, map(tokens_of, threads)))
        least = self._totals(sizes, 0, is_much=False)
        most = self._totals(sizes, found, is_much=True)
        packs = sum(map(_packs, sizes))
        reading_s = SECONDS_PER_CALL + READER_OUTPUT[1] / OUTPUT_TOKENS_PER_S
        waves = math.ceil(len(sizes) / self.rates.concurrency) + math.ceil(packs / self.rates.concurrency)
        alone = len(self.sections) + self.query_rounds
        return Plan(
            documents=len(threads),
            calls=most.calls,
            input_tokens=most.tokens_in,
            output_tokens=most.tokens_out,
            min_cost_usd=least.usd,
            max_cost_usd=most.usd,
            seconds=(2 * SECONDS_PER_BATCH if self.rates.is_batched else waves * reading_s) + alone * 2 * reading_s,
            known=len(threads) - len(sizes),
            left_out=left_out,
        )

    @property
    def query_rounds(self) -> int:
        """The fewest requests in which queries are written."""
        return 0 if self.has_queries else 2

    def writing_usd(self, found: int, *, is_much: bool) -> float | None:
        """Return the price of the sections from so many tokens of evidence, and of its reduction. None: not known."""
        total, tokens = _Totals(), found if is_much else found // 2  # estimates are on the side of more
        saved = 0 if is_much else REQUEST_TOKENS - _SHORT_REQUEST_TOKENS
        self._add_writing(total, tokens, _SECTION_OUTPUT[is_much], saved)
        return total.usd

    def worst_case_usd(self, threads: Sequence[FoundThread], known: Collection[str] = ()) -> float | None:
        """Return the price where every reply is as long as `max_tokens` allows. None: it is not known."""
        rates, total = self.rates, _Totals()
        if not rates.is_bounded:
            return None
        (reply, answer), (beside, beside_queries) = rates.max_tokens, rates.beside
        if not self.has_queries:
            total.add(rates.writer, MOST_ROUNDS, dense(beside_queries + _MOST_QUERY_TOKENS), answer)
        packs = 0
        for thread in threads:
            size = most_tokens_of(thread)
            each = _packs(size)
            packs += each
            if thread.id not in known:
                total.add(rates.reader, 1, dense(beside + min(size, _MOST_FILTER_TOKENS)), reply)
                total.add(rates.reader, each, dense(beside + size // each), reply)
        found = packs * EVIDENCE_PER_REPLY * reply
        if found > rates.most_evidence_tokens:  # each level of the reduction leaves half
            total.add(rates.selector, 2 * found // GROUP_TOKENS + 2, dense(beside + GROUP_TOKENS), reply)
        for section in self.sections:
            total.add(rates.writer, 1, dense(section + min(found, rates.most_evidence_tokens)), answer)
        return total.usd

    def _totals(self, sizes: Sequence[int], found: int, *, is_much: bool) -> _Totals:
        rates, total = self.rates, _Totals()
        beside, beside_queries = rates.beside
        if not self.has_queries:
            rounds = MOST_ROUNDS if is_much else 2
            total.add(rates.writer, rounds, _QUERY_TOKENS + beside_queries, _QUERY_OUTPUT[is_much])
        for size in sizes:
            total.add(rates.reader, 1, beside + min(size, int(FILTER_CHARS / _CHARS_PER_TOKEN)), _FILTER_OUTPUT)
            if is_much:
                each = _packs(size)
                total.add(rates.reader, each, beside + size // each, _evidence_tokens(size) // each)
        if is_much:
            self._add_writing(total, found, _SECTION_OUTPUT[1])
        return total

    def _add_writing(self, total: _Totals, found: int, output: int, saved: int = 0) -> None:
        """Add the reduction and the sections, each request less what short instructions and output types save."""
        rates = self.rates
        if found > rates.most_evidence_tokens:
            groups = _LEVELS * math.ceil(found / GROUP_TOKENS)
            total.add(rates.selector, groups, rates.beside[0] - saved + GROUP_TOKENS, _GROUP_OUTPUT)
        for section in self.sections:
            total.add(rates.writer, 1, section - saved + min(found, rates.most_evidence_tokens), output)

    def within(
        self, threads: Sequence[FoundThread], known: Collection[str], budget: Budget | None, left_out: tuple[str, ...]
    ) -> tuple[list[FoundThread], Plan]:
        """Return the threads that a budget covers, the most relevant first, and the plan for them.

        Raises BudgetExceeded where it does not cover one thread and the profile.
        """
        if budget is None:
            return [*threads], self.plan(threads, known, left_out)
        new = [thread for thread in threads if thread.id not in known]
        old = [thread for thread in threads if thread.id in known]
        least = _most_that_fit(len(new), lambda count: not self.expected([*old, *new[:count]], known).excess(budget))
        if (least == 0 and not old) or self.plan([*old, *new[:least]], known).excess(budget):
            self.refuse(budget, new[:1])
        over = {thread.id for thread in new[least:]}
        plan = self.plan([*old, *new[:least]], known, (*left_out, *(thread.id for thread in new[least:])))
        return [one for one in threads if one.id not in over], plan.within(budget)

    def affordable(
        self, threads: Sequence[FoundThread], evidence_tokens: int, spent: Amount, budget: Budget
    ) -> Sequence[FoundThread]:
        """Return those of more threads, the most relevant first, that a budget covers once a part of it is spent.

        Args:
            threads: Threads that are not read yet.
            evidence_tokens: Tokens of the evidence in those that are.
            spent: What queries and readers have used.
            budget: The budget.
        """
        rates = replace(self, has_queries=True)

        def fits(count: int) -> bool:
            rest = rates.expected(threads[:count], evidence_tokens=evidence_tokens)
            whole = replace(
                rest,
                calls=rest.calls + int(spent.requests),
                input_tokens=rest.input_tokens + int(spent.input_tokens),
                output_tokens=rest.output_tokens + int(spent.output_tokens),
                max_cost_usd=(rest.max_cost_usd or 0.0) + spent.cost_usd,
            )
            return not whole.excess(budget)

        return threads[: _most_that_fit(len(threads), fits)]

    def refuse(self, budget: Budget | None, threads: Sequence[FoundThread]) -> None:
        """Raise BudgetExceeded if a budget does not cover some threads and the profile."""
        if budget is not None and (excess := self.plan(threads).excess(budget)):
            raise BudgetExceeded(
                f"funnel(budget={budget}): reading one thread and writing the profile {excess}, and a budget is held "
                "against the upper figures of the plan. "
                "Give at least that, a cheaper reader or writer, or an outline of fewer sections."
            )


@dataclass(slots=True)
class _Totals:
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0

    def add(self, prices: tuple[Price, ...] | None, calls: int, tokens_in: int, tokens_out: int) -> None:
        """Add some calls that are alike."""
        self.calls += calls
        self.tokens_in += calls * tokens_in
        self.tokens_out += calls * tokens_out
        usd = usd_of(prices, tokens_in, tokens_out)
        self.usd = None if usd is None or self.usd is None else self.usd + calls * usd


def _most_that_fit(count: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number up to `count` that fits; 0 is not asked."""
    return bisect_left(range(1, count + 1), True, key=lambda number: not fits(number))


def tokens_of(thread: FoundThread) -> int:
    """Return an estimate of the tokens of a thread that are read."""
    tokens = int(thread.chars / _CHARS_PER_TOKEN) + thread.messages * _TOKENS_PER_MESSAGE
    return min(tokens, MOST_THREAD_TOKENS)


def most_tokens_of(thread: FoundThread) -> int:
    """Return the most estimated tokens of a thread that are read."""
    tokens = int(thread.chars * _MOST_TOKENS_PER_CHAR) + thread.messages * _MOST_TOKENS_PER_MESSAGE
    return min(tokens, MOST_THREAD_TOKENS + PACK_TOKENS)


def _packs(tokens: int) -> int:
    return max(1, math.ceil(tokens / PACK_TOKENS))


def _evidence_tokens(tokens: int) -> int:
    return _packs(tokens) * READER_OUTPUT[1] + int(QUOTED_SHARE * tokens)
