"""Davidson's model of battles with ties (1970), and its fit by Newton's method.

With d the difference of two strengths, the first wins, the second wins, or they tie in the proportions
exp(d / 2) : exp(-d / 2) : exp(t). Without ties it is the model of Bradley and Terry (1952). A first place that helps
adds its advantage to d (Davidson and Beaver, 1977). The likelihood is concave: it has one maximum, where it has any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agentkit.evals.arena.battles import Battle
from agentkit.evals.arena.linear_algebra import Matrix, cholesky, dot, invert, solve

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_PRECISION = 1e-10
_OUTCOMES = ((0.5, 0.0), (-0.5, 0.0), (0.0, 1.0))
"""The share that d and t have in the exponent of each outcome: first, second, tie."""


@dataclass(slots=True)
class PairCount:
    """The battles of one pair, by outcome: the first won, the second won, tie."""

    first: int
    second: int
    weights: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    squares: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def without_ties(self) -> PairCount:
        """Return the pair with half a win for each in place of a tie."""
        first, second, tie = self.weights
        return PairCount(self.first, self.second, [first + tie / 2, second + tie / 2, 0.0], self.squares)


def count_pairs(names: Sequence[str], battles: Iterable[Battle], *, ordered: bool) -> list[PairCount]:
    """Return the battles of each pair, whose names become places in `names`.

    Args:
        names: All names.
        battles: The battles.
        ordered: True: a pair is another one with its names swapped.
    """
    places = {name: place for place, name in enumerate(names)}
    pairs: dict[tuple[int, int], PairCount] = {}
    for battle in battles:
        first, second = places[battle.a], places[battle.b]
        outcome = 2 if battle.is_tie else 0 if battle.winner == "a" else 1
        if first > second and not ordered:
            first, second, outcome = second, first, (1, 0, 2)[outcome]
        pair = pairs.get((first, second))
        if pair is None:
            pair = pairs[first, second] = PairCount(first, second)
        pair.weights[outcome] += battle.weight
        pair.squares[outcome] += battle.weight * battle.weight
    return list(pairs.values())


@dataclass(frozen=True, slots=True)
class Fit:
    """The maximum of the likelihood, and the covariance of the estimates."""

    strengths: list[float]
    """In the order of the names, with mean 0."""
    covariance: Matrix
    """Of the strengths, which sum to 0."""
    log_tie: float
    """The t of the model. Minus infinity: there are no ties."""
    advantage: tuple[float, float] | None
    """The advantage of the first place and its standard error. None: it was not fitted."""


class Davidson:
    """The likelihood of counted battles as a function of the strengths, then t, then the advantage of the first place.

    Args:
        count: The number of names.
        pairs: The battles of each pair.
        prior_deviation: The standard deviation of a normal prior of all unknowns, around 0. None: no prior.
        advantage: True: the advantage of the first place is fitted as well.
        has_tie_outcome: False: there is no t, and a tie is half a win for each.
    """

    def __init__(
        self,
        count: int,
        pairs: Sequence[PairCount],
        prior_deviation: float | None = None,
        *,
        advantage: bool = False,
        has_tie_outcome: bool = True,
    ) -> None:
        self._count, self._pairs = count, pairs
        has_ties = has_tie_outcome and any(pair.weights[2] for pair in pairs)
        self._tie = count if has_ties else None
        self._advantage = count + has_ties if advantage else None
        self._unknowns = count + has_ties + advantage
        self._pull = 0.0 if prior_deviation is None else prior_deviation**-2

    def fit(self) -> Fit:
        """Return the maximum; there has to be one."""
        at = [0.0] * self._unknowns
        height = self._likelihood(at)
        for _ in range(_MOST_STEPS):
            slope, curve = self._derivatives(at)
            step = solve(cholesky(curve), slope)
            found = self._climb(at, height, step)
            if found is None:
                break
            at, height = found
            if max(map(abs, step)) < _PRECISION:
                break
        return self._describe(at)

    def _climb(self, at: list[float], height: float, step: list[float]) -> tuple[list[float], float] | None:
        """Return the place behind a step, or behind half of it and so on, that is not lower. None: nothing is."""
        for halving in range(_MOST_HALVINGS):
            following = [value + change / 2**halving for value, change in zip(at, step, strict=True)]
            reached = self._likelihood(following)
            if reached >= height - _PRECISION * (1 + abs(height)):
                return following, reached
        return None

    def _describe(self, at: list[float]) -> Fit:
        _, curve = self._derivatives(at)
        covariance = invert(cholesky(curve))
        if any(pair.weights != pair.squares for pair in self._pairs):
            covariance = _sandwich(covariance, self._meat(at))
        mean = sum(at[: self._count]) / self._count
        last = self._advantage
        advantage = None if last is None else (at[last], math.sqrt(covariance[last][last]))
        return Fit(
            strengths=[value - mean for value in at[: self._count]],
            covariance=_center([row[: self._count] for row in covariance[: self._count]]),
            log_tie=-math.inf if self._tie is None else at[self._tie],
            advantage=advantage,
        )

    def _difference(self, at: Sequence[float], pair: PairCount) -> float:
        extra = 0.0 if self._advantage is None else at[self._advantage]
        return at[pair.first] - at[pair.second] + extra

    def _log_tie(self, at: Sequence[float]) -> float:
        return -math.inf if self._tie is None else at[self._tie]

    def _likelihood(self, at: Sequence[float]) -> float:
        total, log_tie = -self._pull / 2 * dot(at, at), self._log_tie(at)
        for pair in self._pairs:
            first, second, tie = log_chances(self._difference(at, pair), log_tie)
            chances = (first, second, (first + second) / 2 if self._tie is None else tie)
            total += sum(weight * chance for weight, chance in zip(pair.weights, chances, strict=True) if weight)
        return total

    def _derivatives(self, at: Sequence[float]) -> tuple[list[float], Matrix]:
        """Return the gradient of the likelihood, and its negative second derivatives; the mean is held at 0."""
        count, size, log_tie = self._count, self._unknowns, self._log_tie(at)
        held = 0.0 if self._pull else 1.0
        slope = [-self._pull * value for value in at]
        curve = [[held if row < count > column else 0.0 for column in range(size)] for row in range(size)]
        for place in range(size):
            curve[place][place] += self._pull
        for pair in self._pairs:
            first, second, tie = map(math.exp, log_chances(self._difference(at, pair), log_tie))
            battles, lead = sum(pair.weights), (first - second) / 2
            by_difference = (pair.weights[0] - pair.weights[1]) / 2 - battles * lead
            information = battles * ((first + second) / 4 - lead * lead)
            moved = self._moved(pair)
            for row, sign in moved:
                slope[row] += sign * by_difference
                for column, other in moved:
                    curve[row][column] += sign * other * information
            if self._tie is not None:
                slope[self._tie] += pair.weights[2] - battles * tie
                curve[self._tie][self._tie] += battles * tie * (1 - tie)
                for row, sign in moved:
                    curve[row][self._tie] -= sign * battles * tie * lead
                    curve[self._tie][row] -= sign * battles * tie * lead
        return slope, curve

    def _meat(self, at: Sequence[float]) -> Matrix:
        """Return the sum of squared scores, for weighted battles."""
        meat, log_tie = [[0.0] * self._unknowns for _ in range(self._unknowns)], self._log_tie(at)
        for pair in self._pairs:
            first, second, tie = map(math.exp, log_chances(self._difference(at, pair), log_tie))
            for square, (of_difference, of_tie) in zip(pair.squares, _OUTCOMES, strict=True):
                score = of_difference - (first - second) / 2
                scores = [(place, sign * score) for place, sign in self._moved(pair)]
                scores += [] if self._tie is None else [(self._tie, of_tie - tie)]
                for row, value in scores:
                    for column, other in scores:
                        meat[row][column] += square * value * other
        return meat

    def _moved(self, pair: PairCount) -> list[tuple[int, float]]:
        """Return the unknowns that make up the difference of a pair, with their signs."""
        moved = [(pair.first, 1.0), (pair.second, -1.0)]
        return moved if self._advantage is None else [*moved, (self._advantage, 1.0)]


def log_chances(difference: float, log_tie: float) -> tuple[float, float, float]:
    """Return the logarithms of the probabilities that the first wins, the second wins, and of a tie.

    Args:
        difference: The first strength less the second.
        log_tie: The t of the model.
    """
    if log_tie == math.inf:
        return -math.inf, -math.inf, 0.0
    half = difference / 2
    top = max(half, -half, log_tie)
    total = top + math.log(math.exp(half - top) + math.exp(-half - top) + math.exp(log_tie - top))
    return half - total, -half - total, log_tie - total


def _sandwich(bread: Matrix, meat: Matrix) -> Matrix:
    """Return the covariance that is right whatever the weights mean (Huber, 1967; White, 1980)."""
    half = [[dot(row, column) for column in meat] for row in bread]
    return [[dot(row, column) for column in bread] for row in half]


def _center(covariance: Matrix) -> Matrix:
    """Return the covariance of values less their mean."""
    means = [sum(row) / len(row) for row in covariance]
    mean = sum(means) / len(means)
    return [
        [value - of_row - of_column + mean for value, of_column in zip(row, means, strict=True)]
        for row, of_row in zip(covariance, means, strict=True)
    ]
