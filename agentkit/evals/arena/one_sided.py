"""Battles that leave a strength without a bound: names that never met, never lost, or never won."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agentkit.evals.arena.davidson import PairCount


def groups_that_met(count: int, pairs: Sequence[PairCount]) -> list[list[int]]:
    """Return the names in groups that battles connect, the largest group first.

    Args:
        count: The number of names.
        pairs: The battles of each pair.
    """
    met: dict[int, set[int]] = {place: set() for place in range(count)}
    for pair in pairs:
        met[pair.first].add(pair.second)
        met[pair.second].add(pair.first)
    groups: list[list[int]] = []
    left = set(met)
    while left:
        group = _reached_from(min(left), met)
        groups.append(sorted(group))
        left -= group
    return sorted(groups, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class OpenEnds:
    """The names whose strength the battles do not bound."""

    above: set[int] = field(default_factory=set[int])
    """Those without a bound above."""
    below: set[int] = field(default_factory=set[int])
    """Those without a bound below."""
    groups: Mapping[int, int] = field(default_factory=dict[int, int])
    """The group of each name. Differences inside a group are bounded."""

    def __bool__(self) -> bool:
        return bool(self.above or self.below)

    def can_exceed(self, first: int, second: int) -> bool:
        """Tell if the first strength may be above the second by any amount."""
        return self.groups[first] != self.groups[second] and (first in self.above or second in self.below)


def find_open_ends(count: int, pairs: Sequence[PairCount]) -> OpenEnds:
    """Return the names whose strength the battles do not bound.

    A group of names that never lost to the rest, not even a tie, has none above (Zermelo, 1929; Ford, 1957). With ties
    there is a second way: if strengths can be given to names so that a winner is ahead of the loser by one at least,
    and those who tied are at most one apart, then no strengths are the best: larger ones, with more ties, fit better.

    Args:
        count: The number of names, which battles have to connect.
        pairs: The battles of each pair.
    """
    wins = _wins(count, pairs)
    tied = [(pair.first, pair.second) for pair in pairs if pair.weights[2]]
    not_lost = {place: set(losers) for place, losers in wins.items()}
    for first, second in tied:
        not_lost[first].add(second)
        not_lost[second].add(first)
    groups = _strong_groups(not_lost)
    apart = [(place, loser) for place, losers in wins.items() for loser in losers if groups[place] != groups[loser]]
    if not apart and tied and any(wins.values()) and _can_be_spread(count, wins, tied):
        apart = [(place, loser) for place, losers in wins.items() for loser in losers]
        groups = {place: place for place in range(count)}
    above, below = {groups[winner] for winner, _ in apart}, {groups[loser] for _, loser in apart}
    return OpenEnds(
        {place for place in range(count) if groups[place] in above},
        {place for place in range(count) if groups[place] in below},
        groups,
    )


def _wins(count: int, pairs: Sequence[PairCount]) -> dict[int, set[int]]:
    wins: dict[int, set[int]] = {place: set() for place in range(count)}
    for pair in pairs:
        if pair.weights[0]:
            wins[pair.first].add(pair.second)
        if pair.weights[1]:
            wins[pair.second].add(pair.first)
    return wins


def _can_be_spread(count: int, wins: Mapping[int, Iterable[int]], tied: Sequence[tuple[int, int]]) -> bool:
    """Tell if strengths exist that keep winners ahead by one and ties within one (Bellman and Ford)."""
    bounds = [(winner, loser, -1) for winner, losers in wins.items() for loser in losers]
    bounds += [(first, second, 1) for one, other in tied for first, second in ((one, other), (other, one))]
    strengths = [0] * count
    for _ in range(count):
        is_settled = True
        for start, end, most in bounds:  # the end is at most so far above the start
            if strengths[end] > strengths[start] + most:
                strengths[end], is_settled = strengths[start] + most, False
        if is_settled:
            return True
    return False


def _strong_groups(edges: Mapping[int, set[int]]) -> dict[int, int]:
    """Return for each name the smallest one that it leads to and that leads back to it."""
    reached = {place: _reached_from(place, edges) for place in edges}
    return {place: min(other for other in reached[place] if place in reached[other]) for place in edges}


def _reached_from(start: int, edges: Mapping[int, set[int]]) -> set[int]:
    reached, waiting = {start}, [start]
    while waiting:
        following = edges[waiting.pop()] - reached
        reached |= following
        waiting.extend(following)
    return reached
