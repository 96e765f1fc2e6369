"""Ratings of names from their battles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agentkit.errors import UsageError
from agentkit.evals.arena.battles import Battle, BattleRow, as_battles
from agentkit.evals.arena.davidson import Davidson, Fit, PairCount, count_pairs, log_chances
from agentkit.evals.arena.one_sided import OpenEnds, find_open_ends, groups_that_met
from agentkit.patterns.classify.intervals import normal_quantile

_PRIOR_DEVIATION = 3.0
"""Of strengths that the battles do not bound: e to the power of 3 is 20 wins to 1."""


class DisconnectedBattles(UsageError, ValueError):
    """Some names never met the others, not even through third ones: no common scale exists.

    Attributes:
        groups: The names in groups that battles connect.
    """

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        self.groups = [list(group) for group in groups]
        shown = "; ".join(", ".join(group) for group in self.groups)
        super().__init__(
            f"The battles are not connected: they fall into {len(groups)} groups that never met ({shown}). Let a name "
            "of one group battle against one of another, or rate the groups apart."
        )


@dataclass(frozen=True, slots=True)
class Rating:
    """The strength of a name with its interval, in natural logits; the mean of all names is 0.

    Of two names that are 1 apart, the stronger wins e times as often as the weaker. For points as chess has them, take
    400 / ln 10 = 173.7 a logit.
    """

    strength: float
    """The estimate."""
    low: float
    """The lower end of the interval. Minus infinity: the battles do not bound it, as where the name never won."""
    high: float
    """The upper end of the interval. Infinity: the battles do not bound it, as where the name never lost."""

    def __str__(self) -> str:
        return f"{self.strength:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


class Ratings(Mapping[str, Rating]):
    """Name -> its `Rating`, the strongest first. Made only by `bradley_terry`."""

    def __init__(self, names: Sequence[str], fit: Fit, level: float, notes: Sequence[str], open_ends: OpenEnds) -> None:
        self._fit, self._z, self._open_ends = fit, normal_quantile(level), open_ends
        self._places = {name: place for place, name in enumerate(names)}
        self.notes = tuple(notes)
        """Sentences on what the battles do not show: names that never lost or never won."""
        ranked = sorted(names, key=lambda name: -fit.strengths[self._places[name]])
        self._ratings = {name: self._rate(self._places[name]) for name in ranked}

    def __getitem__(self, name: str) -> Rating:
        return self._ratings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ratings)

    def __len__(self) -> int:
        return len(self._ratings)

    def __repr__(self) -> str:
        rows = [f"{name}: {rating}" for name, rating in self.items()]
        return "\n".join([*rows, *self.notes])

    def difference(self, first: str, second: str) -> Rating:
        """Return the first strength less the second with its interval, which the single intervals do not tell.

        Args:
            first: A name.
            second: Another name.

        Raises:
            UsageError: No battle has one of these names.
        """
        self._check_names("difference", first, second)
        one, other, covariance = self._places[first], self._places[second], self._fit.covariance
        variance = covariance[one][one] + covariance[other][other] - 2 * covariance[one][other]
        half, value = self._z * math.sqrt(max(0.0, variance)), self[first].strength - self[second].strength
        low = -math.inf if self._open_ends.can_exceed(other, one) else value - half
        return Rating(value, low, math.inf if self._open_ends.can_exceed(one, other) else value + half)

    def chances(self, first: str, second: str) -> tuple[float, float, float]:
        """Return the probabilities that the first wins, that the second wins, and of a tie.

        Args:
            first: A name.
            second: Another name.

        Raises:
            UsageError: No battle has one of these names.
        """
        self._check_names("chances", first, second)
        difference = self[first].strength - self[second].strength
        won, lost, tied = map(math.exp, log_chances(difference, self._fit.log_tie))
        return won, lost, tied

    def _check_names(self, method: str, *names: str) -> None:
        for name in names:
            if name not in self._ratings:
                raise UsageError(f"{method}{names!r}: no battle has {name!r}; the names are {', '.join(self)}.")

    def _rate(self, place: int) -> Rating:
        strength, half = self._fit.strengths[place], self._z * math.sqrt(max(0.0, self._fit.covariance[place][place]))
        low = -math.inf if place in self._open_ends.below else strength - half
        return Rating(strength, low, math.inf if place in self._open_ends.above else strength + half)


def bradley_terry(
    battles: Iterable[BattleRow], level: float = 0.95, ties: Literal["outcome", "half"] = "outcome"
) -> Ratings:
    """Return the ratings of all names, by the model of Bradley and Terry (1952) with Davidson's ties (1970).

    Battles with both bad count as ties: they say that neither is stronger. Where all weights are 1, the intervals come
    from the information of the battles, otherwise from the sandwich of Huber and White, so that weights may be on any
    scale. Where a name never lost, no strength is the best one: it gets a finite one by a weak prior, an upper end of
    infinity, and a sentence in `notes`.

    Args:
        battles: Battles, or rows `(name, name, "a" | "b" | "tie" | "both_bad")`, then a category, a weight or both.
        level: The coverage of the intervals.
        ties: `outcome`: a tie is a third outcome, whose frequency is fitted. `half`: half a win for each, as arenas
            count it that publish ratings.

    Raises:
        DisconnectedBattles: Some names never met the others, not even through third ones.
        ValueError: There is no battle, a row is none, or `ties` is none of the two.
    """
    checked = as_battles(battles)
    if not checked:
        raise ValueError("There are no battles to rate from.")
    if ties not in {"outcome", "half"}:
        raise ValueError(f"bradley_terry(ties={ties!r}): ties are 'outcome' or 'half'.")
    names = sorted({name for battle in checked for name in (battle.a, battle.b)})
    pairs = count_pairs(names, checked, ordered=False)
    groups = groups_that_met(len(names), pairs)
    if len(groups) > 1:
        raise DisconnectedBattles([[names[place] for place in group] for group in groups])
    if all(battle.is_tie for battle in checked):
        return _all_tied(names, level)
    has_tie_outcome = ties == "outcome"
    open_ends = find_open_ends(len(names), pairs if has_tie_outcome else [pair.without_ties() for pair in pairs])
    prior = _PRIOR_DEVIATION if open_ends else None
    fit = Davidson(len(names), pairs, prior, has_tie_outcome=has_tie_outcome).fit()
    return Ratings(names, fit, level, list(_notes(names, pairs, open_ends.above | open_ends.below)), open_ends)


def ratings_by_category(
    battles: Iterable[BattleRow], level: float = 0.95, ties: Literal["outcome", "half"] = "outcome"
) -> dict[str, Ratings | DisconnectedBattles]:
    """Return the ratings of each category. One whose battles are not connected has the error as its value.

    Args:
        battles: As for `bradley_terry`; those without a category are left out.
        level: The coverage of the intervals.
        ties: As for `bradley_terry`.

    Raises:
        ValueError: No battle has a category, or a row is none.
    """
    sorted_out: dict[str, list[Battle]] = {}
    for battle in as_battles(battles):
        if battle.category is not None:
            sorted_out.setdefault(battle.category, []).append(battle)
    if not sorted_out:
        raise ValueError(
            "No battle has a category: put it behind the winner, ('opus', 'haiku', 'a', 'code'), or rate all battles "
            "together by bradley_terry."
        )
    found: dict[str, Ratings | DisconnectedBattles] = {}
    for category, own in sorted_out.items():
        try:
            found[category] = bradley_terry(own, level, ties)
        except DisconnectedBattles as error:
            found[category] = error
    return found


def _notes(names: Sequence[str], pairs: Sequence[PairCount], open_places: set[int]) -> Iterator[str]:
    lost = {place for pair in pairs for place, outcome in ((pair.first, 1), (pair.second, 0)) if pair.weights[outcome]}
    won = {place for pair in pairs for place, outcome in ((pair.first, 0), (pair.second, 1)) if pair.weights[outcome]}
    for place, name in enumerate(names):
        if place not in lost and place in won:
            yield f"{name} never lost: " + _UNBOUNDED.format("upper") if place in open_places else f"{name} never lost."
        if place not in won and place in lost:
            yield f"{name} never won: " + _UNBOUNDED.format("lower") if place in open_places else f"{name} never won."
    sided = [names[place] for place in sorted(open_places) if place in lost and place in won]
    if sided:
        yield (
            f"Some names lost to none of another group, or won against none: the battles do not bound all strengths "
            f"({', '.join(sided)}), and a weak prior keeps them finite."
        )


_UNBOUNDED = "its strength has no {} bound, and a weak prior keeps it finite. Let it battle more."


def _all_tied(names: Sequence[str], level: float) -> Ratings:
    nobody = Fit([0.0] * len(names), [[0.0] * len(names) for _ in names], math.inf, None)
    everybody = set(range(len(names)))
    note = "All battles are ties: they show no strength, and do not bound it."
    apart = {place: place for place in everybody}
    return Ratings(names, nobody, level, [note], OpenEnds(everybody, everybody, apart))
