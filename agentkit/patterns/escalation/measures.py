"""The measures of a cascade against its strong model: savings, shares solved, what checks let pass; as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic

from agentkit.messages.printable import plural
from agentkit.patterns.classify.intervals import Interval, proportion
from agentkit.patterns.escalation.comparison import (
    Pair,
    cost_parts,
    paired_difference,
    saving_interval,
    time_parts,
    usd_or_nan,
)
from agentkit.patterns.escalation.result import CascadeResult, Out_co
from agentkit.patterns.escalation.results import CascadeResults, first_gaps, mean_interval, share_interval, usd_interval

_WIDTH = 36
"""Characters of a column: an amount of US dollars with its interval."""


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer of which it is known whether it is right."""

    index: int
    """The item's place."""
    level: str
    """The level that gave it."""
    accepted: bool
    """True if the checks let it pass."""
    right: bool | None
    """True if it is right. None: `is_right` gave no verdict."""
    gap: str = ""
    """The reason why `is_right` gave none."""


@dataclass(frozen=True)
class CascadeMeasurement(Generic[Out_co]):
    """A cascade over many items, and its strong model alone on a sample of them. Printed, it is a table."""

    results: CascadeResults[Out_co]
    """The results of the cascade for all items."""
    strong: str
    """The name of the level that was also used alone."""
    pairs: tuple[Pair[Out_co], ...]
    """The items of the sample that both have finished."""
    sampled: int
    """Items of the sample; some may be no pair, because a budget was used up."""
    seed: int
    """The seed of the sample."""
    rated: tuple[Rated, ...] = ()
    """The answers of the cascade, where it is known what is right."""
    rated_strong: tuple[Rated, ...] = ()
    """The answers of the strong model alone, where it is known what is right."""
    partial: int = 0
    """Items of the sample that a budget or an error ended on the way. Where there is one, nothing is compared: items
    that need more are cut off first, and the others alone look cheaper and better than all are."""

    @cached_property
    def saving(self) -> Interval:
        """The share of the strong model's price that the cascade saves, with its checks. NaN: it is not known."""
        return saving_interval([cost_parts(pair) for pair in self._priced])

    @cached_property
    def time_saving(self) -> Interval:
        """The share of the strong model's seconds that the cascade saves for one item; it is often below 0."""
        return saving_interval([time_parts(pair) for pair in self._priced])

    @cached_property
    def cost_each(self) -> Interval:
        """US dollars for one item, over all that were tried. NaN: some were cut off on the way."""
        if any(one.is_partial for one in self.results):
            return mean_interval([])
        return mean_interval([usd_or_nan(one.cost.usd) for one in self.results.finished if not one.is_estimated])

    @cached_property
    def strong_cost_each(self) -> Interval:
        """US dollars for one item of the strong model alone, without checks."""
        return mean_interval([cost_parts(pair).strong for pair in self._priced])

    @cached_property
    def solved(self) -> Interval:
        """The share of the tried items that the cascade solves; one that was cut off on the way is not solved."""
        return self.results.share_solved

    @cached_property
    def strong_solved(self) -> Interval:
        """The share of the sample that the strong model alone solves, by the same checks."""
        return proportion(sum(pair.strong.solved for pair in self._compared), len(self._compared))

    @cached_property
    def solved_difference(self) -> Interval:
        """The share that the cascade solves less that of the strong model, on the same items."""
        return paired_difference([(pair.cascade.solved, pair.strong.solved) for pair in self._compared])

    @cached_property
    def right(self) -> Interval | None:
        """The share of the tried items with a right answer that was accepted. None: nobody knows what is right."""
        return _share_right([one for one in self.rated if one.accepted], self.results.tried) if self._is_rated else None

    @cached_property
    def strong_right(self) -> Interval | None:
        """The share of the sample that the strong model alone answers rightly. None: nobody knows what is right."""
        strong = [pair.cascade for pair in self._compared]
        return _share_right(self.rated_strong, strong) if self._is_rated else None

    @cached_property
    def false_accepts(self) -> Mapping[str, Interval]:
        """Level -> the share of its wrong answers that the checks let pass. Empty: nobody knows what is right."""
        return self._shares(lambda one: one.right is False, lambda one: one.accepted)

    @cached_property
    def false_rejects(self) -> Mapping[str, Interval]:
        """Level -> the share of its right answers that the checks do not let pass."""
        return self._shares(lambda one: one.right is True, lambda one: not one.accepted)

    @property
    def gaps(self) -> tuple[str, ...]:
        """The answers on which `is_right` gave no verdict, each with the reason: they count nowhere."""
        return tuple(f"item {one.index}, {one.level}: {one.gap}" for one in self.rated + self.rated_strong if one.gap)

    @property
    def estimated(self) -> int:
        """Items of the sample that are left out of price and time: a reply broke off, and its price is our estimate."""
        return sum(pair.is_estimated for pair in self.pairs)

    @property
    def pays(self) -> bool:
        """True if the whole interval of the saving lies above 0. It says nothing about the answers."""
        return self.saving.low > 0

    @property
    def verdict(self) -> str:
        """The outcome in words: that it pays, or why it does not, and whether it solves fewer."""
        saving, parts = self.saving, list[str]()
        if math.isnan(saving.value):
            parts.append("It is not known whether it pays: " + self._unknown())
        elif saving.low > 0:
            parts.append(f"It pays: it saves {_percent(saving)} of the price.")
        elif saving.high < 0:
            parts.append(f"It does not pay: it costs {_percent(_negated(saving))} more.")
        else:
            parts.append(f"It does not pay for certain: the interval of the saving, {_percent(saving)}, includes 0.")
        if self.estimated and not self.partial:
            parts.append(
                f"Price and time leave out {self.estimated:,} of the sample, where a reply broke off, or the process "
                "died before it came: their price is an estimate. Under another run_id they are measured anew."
            )
        difference = self.solved_difference
        if difference.high < 0:
            parts.append(f"It solves fewer: {_percent(_negated(difference))} of the items.")
        return " ".join(parts)

    def __str__(self) -> str:
        return "\n".join(_table(self))

    @property
    def _is_rated(self) -> bool:
        return bool(self.rated or self.rated_strong)

    @property
    def _compared(self) -> tuple[Pair[Out_co], ...]:
        return () if self.partial else self.pairs

    @property
    def _priced(self) -> list[Pair[Out_co]]:
        return [pair for pair in self._compared if not pair.is_estimated]

    def _unknown(self) -> str:
        if self.partial:
            return (
                f"a budget or an error ended {self.partial:,} of the sample on the way, first of all items that need "
                "the strong model. Give a larger budget; with the same journal= nothing is paid twice."
            )
        if self._priced or not self.pairs:
            return "the price of a model is not known." if self.pairs else "no item was finished by both."
        return "no item has a price without an estimate."

    def _shares(self, among: Callable[[Rated], bool], counted: Callable[[Rated], bool]) -> Mapping[str, Interval]:
        shares: dict[str, Interval] = {}
        for level in self.results.levels if self._is_rated else ():
            own = [one for one in self.rated if one.level == level and among(one)]
            shares[level] = proportion(sum(map(counted, own)), len(own))
        return shares


def _share_right(rated: Sequence[Rated], items: Sequence[CascadeResult[Out_co]]) -> Interval:
    right, unknown = ({one.index for one in rated if one.right is known} for known in (True, None))
    known = [one for one in items if one.index not in unknown]
    return share_interval(sum(one.index in right for one in known), known)


def _negated(one: Interval) -> Interval:
    return Interval(-one.value, -one.high, -one.low)


def _percent(one: Interval) -> str:
    return f"{one.value:.0%} ({one.low:.0%} to {one.high:.0%})"


def _table(measured: CascadeMeasurement[Out_co]) -> Iterator[str]:
    yield f"always {measured.strong}: measured on {len(measured.pairs)} of {plural(len(measured.results), 'item')}"
    if missing := measured.sampled - len(measured.pairs):
        yield f"{missing} of the sample were not finished{'' if measured.partial else ', and count nowhere'}"
    yield f"{'':18}{'cascade':{_WIDTH}} always strong"
    yield f"{'solved':18}{measured.solved!s:{_WIDTH}} {measured.strong_solved}"
    if measured.right is not None:
        yield f"{'right':18}{measured.right!s:{_WIDTH}} {measured.strong_right}"
    yield f"{'cost each':18}{usd_interval(measured.cost_each):{_WIDTH}} {usd_interval(measured.strong_cost_each)}"
    yield f"{'saving':18}{_percent_or_dash(measured.saving)}"
    yield f"{'saving in time':18}{_percent_or_dash(measured.time_saving)}"
    yield f"{'solved, difference':18} {measured.solved_difference}"
    for level, share in measured.false_accepts.items():
        if not math.isnan(share.value):
            yield f"wrong answers of {level} that the check let pass: {share}"
    yield from first_gaps(measured.gaps)
    yield measured.verdict
    yield ""
    yield str(measured.results)


def _percent_or_dash(one: Interval) -> str:
    return "-" if math.isnan(one.value) else _percent(one)
