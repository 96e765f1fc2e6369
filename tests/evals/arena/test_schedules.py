"""Schedules: all against all, and the battle that tells most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest

from agentkit.evals.arena import BattleRow, bradley_terry, most_informative, round_robin
from benchmarks.coverage import Arena


@pytest.mark.parametrize("count", [2, 3, 4, 7, 10])
def test_each_pair_battles_once_a_round_and_changes_places(count: int) -> None:
    names = [f"agent{place}" for place in range(count)]
    once, twice = round_robin(names), round_robin(names, 2)
    assert len(once) == len({frozenset(pair) for pair in once}) == count * (count - 1) // 2
    assert len(set(twice)) == count * (count - 1)
    stood_first = Counter(first for first, _ in once)
    assert all(abs(2 * stood_first[name] - (count - 1)) <= 2 for name in names)
    assert Counter(first for first, _ in twice) == dict.fromkeys(names, count - 1)


def test_new_names_and_close_ones_come_first() -> None:
    assert len({name for pair in most_informative("abcd", count=2) for name in pair}) == 4
    known = [("a", "b", "a"), ("b", "a", "a")] * 20
    assert "c" in most_informative("abc", known)[0]
    far_apart = [("a", "b", "a")] * 190 + [("a", "b", "b")] * 10 + [("b", "c", "a"), ("c", "b", "a")]
    assert set(most_informative("abc", far_apart)[0]) == {"b", "c"}
    assert most_informative("ab", [("a", "b", "tie")], 3) == [("b", "a"), ("a", "b"), ("b", "a")]


def test_informative_battles_show_more_than_random_ones() -> None:
    arena, informed, at_random = Arena(8, 60), 0.0, 0.0
    for seed in (1, 2, 3, 4):
        rows = arena.play(seed)
        at_random += width(rows + Arena(8, 120).play(seed + 1_000))
        for step in range(12):
            rows += arena.judge(most_informative(sorted(arena.strengths), rows, 10), 100 * seed + step)
        informed += width(rows)
    assert informed < at_random


def width(rows: Sequence[BattleRow]) -> float:
    found = bradley_terry(rows)
    return sum(found.difference(*pair).high - found.difference(*pair).low for pair in combinations(found, 2))


def test_names_that_cannot_be_scheduled_are_refused() -> None:
    for names in (["a"], ["a", "a"]):
        with pytest.raises(ValueError, match="two different names"):
            round_robin(names)
    with pytest.raises(ValueError, match="z battled, but is not among the names"):
        most_informative(["a", "b"], [("a", "z", "a")])
