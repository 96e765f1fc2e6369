"""The advantage that a judge gives to the answer that is shown first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agentkit.evals.arena.battles import BattleRow, as_battles
from agentkit.evals.arena.davidson import Davidson, count_pairs
from agentkit.evals.arena.ratings import Rating
from agentkit.patterns.classify.intervals import Interval, normal_quantile, proportion

_PRIOR_DEVIATION = 3.0


@dataclass(frozen=True, slots=True)
class PositionBias:
    """The help of being shown first."""

    advantage: Rating
    """The logits that the first place adds to a strength, with the names' own strengths taken out."""
    first_won: Interval
    """The share of the battles with a winner that the first one won, with its Wilson interval of 95%. It says the same
    only where each name stood first as often as second."""

    def __str__(self) -> str:
        return f"first place: {self.advantage} logits; it won {self.first_won} of the battles with a winner"


def position_bias(battles: Iterable[BattleRow], level: float = 0.95) -> PositionBias:
    """Return the advantage of the first place (Davidson and Beaver, 1977); its interval should hold 0.

    Strengths and advantage are fitted together, with a weak prior, so that neither names that never met nor a judge who
    always takes the first need be left out.

    Args:
        battles: As for `bradley_terry`, each in the order in which the judge saw it. Verdicts that were already put
            together from both orders have no position left.
        level: The coverage of the interval.

    Raises:
        ValueError: There is no battle, or a row is none.
    """
    checked, z = as_battles(battles), normal_quantile(level)
    if not checked:
        raise ValueError("There are no battles to see a position bias in.")
    decided = [battle.winner == "a" for battle in checked if not battle.is_tie]
    names = sorted({name for battle in checked for name in (battle.a, battle.b)})
    pairs = count_pairs(names, checked, ordered=True)
    value, error = Davidson(len(names), pairs, _PRIOR_DEVIATION, advantage=True).fit().advantage or (0.0, 0.0)
    return PositionBias(Rating(value, value - z * error, value + z * error), proportion(sum(decided), len(decided)))
