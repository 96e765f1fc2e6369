"""The results of a cascade for many items, in order, with share solved, cost and time by level; printed, a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import fmean, stdev
from typing import Generic, overload

from agentkit.budget.usage import Cost, usd_text
from agentkit.messages.printable import plural
from agentkit.patterns.classify.intervals import Interval, bootstrap, normal_quantile, proportion
from agentkit.patterns.escalation.result import CascadeResult, Out_co
from agentkit.run.agent_spec import Out

_NAME_WIDTH = 30
_SHOWN_GAPS = 3
_MOST_RESAMPLED = 2_000
"""Values of which a bootstrap takes less than a second."""


@dataclass(frozen=True)
class LevelMeasures:
    """The measures of one level over many items."""

    tried: int
    """Items that came to it; those that a budget cut off are left out."""
    solved: int
    """Items that it solved."""
    gaps: int
    """Attempts on which a check gave no verdict."""
    share: Interval
    """The share of the items it was tried on that it solved, with its Wilson interval."""
    cost: Cost
    """The price of its answers to all items."""
    check_cost: Cost
    """The price of the checks of these."""
    usd: tuple[float, ...] = field(default=(), repr=False)
    """US dollars of each attempt, with its checks, but for those that are estimated. NaN: a price is not known."""
    seconds: tuple[float, ...] = field(default=(), repr=False)
    """Seconds of the same attempts, with their checks."""

    @cached_property
    def cost_each(self) -> Interval:
        """US dollars of one attempt, with its checks."""
        return mean_interval(self.usd)

    @cached_property
    def seconds_each(self) -> Interval:
        """Seconds of one attempt, with its checks."""
        return mean_interval(self.seconds)


@dataclass(frozen=True)
class CascadeResults(Sequence[CascadeResult[Out_co]], Generic[Out_co]):
    """The results of a cascade for many items, in order. Printed, it is a table by level."""

    results: tuple[CascadeResult[Out_co], ...]
    """One result for each item."""
    levels: tuple[str, ...]
    """The names of the levels, the cheapest first."""
    unreadable: str = ""
    """The error that ended the items. Empty: all were read."""

    @overload
    def __getitem__(self, index: int) -> CascadeResult[Out_co]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CascadeResult[Out_co]]: ...
    def __getitem__(self, index: int | slice) -> CascadeResult[Out_co] | Sequence[CascadeResult[Out_co]]:
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[CascadeResult[Out_co]]:
        return iter(self.results)

    @property
    def ok(self) -> bool:
        """True if every item was read and solved."""
        return not self.unreadable and all(one.solved for one in self.results)

    @cached_property
    def finished(self) -> tuple[CascadeResult[Out_co], ...]:
        """The results that say something about the levels: no budget cut them off."""
        return tuple(one for one in self.results if not one.is_cut_off and not one.error)

    @cached_property
    def tried(self) -> tuple[CascadeResult[Out_co], ...]:
        """The finished results, and those that a budget or an error ended after something was sent."""
        return tuple(one for one in self.results if one.is_partial or not (one.is_cut_off or one.error))

    @property
    def unsolved(self) -> tuple[CascadeResult[Out_co], ...]:
        """The results without an accepted answer."""
        return tuple(one for one in self.results if not one.solved)

    @property
    def gaps(self) -> tuple[str, ...]:
        """The checks that gave no verdict, each with the item and the level."""
        return tuple(f"item {one.index}, {gap}" for one in self.results for gap in one.gaps)

    @cached_property
    def share_solved(self) -> Interval:
        """The share of the tried items that are solved, with its interval; one cut off on the way is not solved."""
        return share_interval(sum(one.solved for one in self.tried), self.tried)

    @cached_property
    def by_level(self) -> Mapping[str, LevelMeasures]:
        """The measures of each level."""
        return {level: self._measure(level) for level in self.levels}

    @property
    def cost(self) -> Cost:
        """The price of all attempts, with their checks."""
        return sum((one.cost for one in self.results), Cost())

    def _measure(self, level: str) -> LevelMeasures:
        attempts = [one for result in self.results for one in result.attempts if one.level == level]
        counted = [one for one in attempts if not one.is_cut_off]
        priced = [one for one in counted if not one.is_estimated]
        solved = sum(one.accepted for one in counted)
        return LevelMeasures(
            tried=len(counted),
            solved=solved,
            gaps=sum(bool(one.gap) for one in counted),
            share=proportion(solved, len(counted)),
            cost=sum((one.cost for one in attempts), Cost()),
            check_cost=sum((one.check_cost for one in attempts), Cost()),
            usd=tuple(math.nan if one.total_cost.usd is None else one.total_cost.usd for one in priced),
            seconds=tuple(one.seconds for one in priced),
        )

    def __str__(self) -> str:
        return "\n".join(_table(self))


def _table(results: CascadeResults[Out]) -> Iterator[str]:
    tried = results.tried
    solved, untried = sum(one.solved for one in tried), len(results) - len(tried)
    among = f" of the {len(tried):,} that were tried" if untried else ""
    yield f"{solved:,} of {plural(len(results), 'item')} solved: {results.share_solved}{among}, cost {results.cost}"
    if partial := sum(one.is_partial for one in tried):
        yield f"{_items(partial)} counted as not solved: a budget was used up on the way, or an error ended them"
    if untried:
        yield f"{_items(untried)} not counted: a budget was used up before, or an error ended them"
    if estimated := results.cost.estimated_usd:
        yield f"{usd_text(estimated)} of the cost is an estimate, of replies that broke off: it is in no cost each"
    if results.unreadable:
        yield results.unreadable
    yield ""
    yield f"{'level':{_NAME_WIDTH}}{'tried':>6}{'solved':>7}  share"
    for level, one in results.by_level.items():
        share = str(one.share) if one.tried else "-"
        yield f"{level[: _NAME_WIDTH - 1]:{_NAME_WIDTH}}{one.tried:>6,}{one.solved:>7,}  {share}"
        if one.tried:
            yield f"    cost each {usd_interval(one.cost_each)}, seconds each {one.seconds_each}"
    yield from first_gaps(results.gaps)


def first_gaps(gaps: Sequence[str]) -> Iterator[str]:
    """Yield the first gaps as lines, and the number of the others."""
    yield from (f"gap: {gap}" for gap in gaps[:_SHOWN_GAPS])
    if len(gaps) > _SHOWN_GAPS:
        yield f"and {len(gaps) - _SHOWN_GAPS:,} gaps more"


def _items(count: int) -> str:
    return "1 item is" if count == 1 else f"{count:,} items are"


def usd_interval(one: Interval) -> str:
    """Return an amount of US dollars with its interval, as people read it."""
    return "-" if math.isnan(one.value) else f"{usd_text(one.value)} ({usd_text(one.low)}-{usd_text(one.high)})"


def share_interval(count: int, tried: Sequence[CascadeResult[Out]]) -> Interval:
    """Return the share of the tried items that are counted, with its Wilson interval.

    It reaches up to where it would be if all that were cut off on the way were counted, too: nobody knows.
    """
    share, partial = proportion(count, len(tried)), sum(one.is_partial for one in tried)
    return replace(share, high=proportion(count + partial, len(tried)).high)


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean with its interval: by a bootstrap, and of very many values by the normal distribution.

    Args:
        values: The values. NaN among them, or none at all: nothing is known.
    """
    if not values or math.isnan(mean := fmean(values)):
        return Interval(math.nan, 0.0, math.inf)
    if len(values) <= _MOST_RESAMPLED:
        return bootstrap(values, fmean)
    half = normal_quantile(0.95) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)
