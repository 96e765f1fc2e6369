"""The names that battle next: all against all, or those whose battle shows most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from agentkit.evals.arena.battles import BattleRow, as_battles
from agentkit.evals.arena.davidson import Davidson, Fit, count_pairs, log_chances
from agentkit.evals.arena.linear_algebra import Matrix

_PRIOR_DEVIATION = 2.0
"""Of strengths before any battle."""


def round_robin(names: Sequence[str], rounds: int = 1) -> list[tuple[str, str]]:
    """Return all pairs, each once a round, so that a name has its battles spread and stands first about half the time.

    In the next round each pair changes places, as the circle method of tournaments has it.

    Args:
        names: At least two different names.
        rounds: The battles of each pair.

    Raises:
        ValueError: A name occurs twice, or there is only one.
    """
    _check_names(names)
    circle: list[str | None] = [*names, *([None] if len(names) % 2 else [])]
    half, pairs = len(circle) // 2, list[tuple[str, str]]()
    for turn in range(len(circle) - 1):
        for place, (one, other) in enumerate(zip(circle[:half], circle[: half - 1 : -1], strict=True)):
            if one is not None and other is not None:
                is_swapped = turn % 2 if place == 0 else place % 2
                pairs.append((other, one) if is_swapped else (one, other))
        circle = [circle[0], circle[-1], *circle[1:-1]]
    return [(two, one) if turn % 2 else (one, two) for turn in range(rounds) for one, two in pairs]


def most_informative(names: Sequence[str], battles: Iterable[BattleRow] = (), count: int = 1) -> list[tuple[str, str]]:
    """Return the pairs whose battles would show most about the strengths, one after the other.

    Most is shown by a battle of names whose difference is uncertain and whose chances are even: the information of the
    battle times the variance of the difference (D-optimal design). The variance falls with each pair that is chosen, so
    that the next one may be another; names without battles are the most uncertain ones. The name that stood first less
    often in a pair stands first.

    Args:
        names: At least two different names; all that occur in `battles`.
        battles: The battles so far, as for `bradley_terry`.
        count: The number of pairs.

    Raises:
        ValueError: A name occurs twice, there is only one, or a battle has another name.
    """
    _check_names(names)
    checked = as_battles(battles)
    unknown = {name for battle in checked for name in (battle.a, battle.b)}.difference(names)
    if unknown:
        raise ValueError(f"most_informative: {', '.join(sorted(unknown))} battled, but is not among the names.")
    fit = Davidson(len(names), count_pairs(names, checked, ordered=False), _PRIOR_DEVIATION).fit()
    shown = {pair: _information(fit, *pair) for pair in combinations(range(len(names)), 2)}
    covariance, chosen = [list(row) for row in fit.covariance], list[tuple[int, int]]()
    for _ in range(count):
        first, second = max(shown, key=lambda pair: shown[pair] * _variance(covariance, *pair))
        chosen.append((first, second))
        covariance = _after(covariance, first, second, shown[first, second])
    stood_first = Counter((battle.a, battle.b) for battle in checked)
    return [_place(names[first], names[second], stood_first) for first, second in chosen]


def _information(fit: Fit, first: int, second: int) -> float:
    """Return the information of one battle on the difference of two strengths."""
    won, lost, _ = map(math.exp, log_chances(fit.strengths[first] - fit.strengths[second], fit.log_tie))
    return (won + lost) / 4 - ((won - lost) / 2) ** 2


def _variance(covariance: Matrix, first: int, second: int) -> float:
    return covariance[first][first] + covariance[second][second] - 2 * covariance[first][second]


def _after(covariance: Matrix, first: int, second: int, information: float) -> Matrix:
    """Return the covariance after one more battle (Sherman and Morrison, 1950)."""
    moved = [row[first] - row[second] for row in covariance]
    share = information / (1 + information * (moved[first] - moved[second]))
    return [
        [value - share * one * other for value, other in zip(row, moved, strict=True)]
        for row, one in zip(covariance, moved, strict=True)
    ]


def _place(first: str, second: str, stood_first: Counter[tuple[str, str]]) -> tuple[str, str]:
    pair = (second, first) if stood_first[first, second] > stood_first[second, first] else (first, second)
    stood_first[pair] += 1
    return pair


def _check_names(names: Sequence[str]) -> None:
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(f"A schedule needs two different names at least, each once, not {list(names)}.")
