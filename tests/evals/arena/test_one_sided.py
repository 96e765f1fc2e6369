"""Battles that leave strengths without a bound are recognized, and no others."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentkit.evals.arena import Battle
from agentkit.evals.arena.davidson import Davidson, count_pairs
from agentkit.evals.arena.one_sided import find_open_ends, groups_that_met

NAMES = "abcd"


def open_ends(*rows: str) -> tuple[str, str]:
    """`ab` is a win of a over b, `a=b` a tie. The names without an upper bound, and those without a lower one."""
    battles = [Battle(row[0], row[-1], "tie" if "=" in row else "a") for row in rows]
    names = sorted({name for battle in battles for name in (battle.a, battle.b)})
    found = find_open_ends(len(names), count_pairs(names, battles, ordered=False))
    return "".join(names[place] for place in sorted(found.above)), "".join(
        names[place] for place in sorted(found.below)
    )


@pytest.mark.parametrize(
    ("rows", "above", "below"),
    [
        (["ab", "ba"], "", ""),
        (["ab", "bc", "ca"], "", ""),
        (["ab"], "a", "b"),
        (["ab", "bc"], "ab", "bc"),
        (["ab", "ba", "ac", "bc"], "ab", "c"),
        (["ab", "a=b"], "a", "b"),
        (["ab", "bc", "a=c"], "", ""),
        (["ab", "bc", "a=b", "b=c"], "ab", "bc"),
        (["ab", "a=c", "b=c"], "a", "b"),
        (["ab", "ba", "b=c"], "", ""),
        (["ab", "ba", "bc"], "ab", "c"),
    ],
    ids=" ".join,
)
def test_names_that_never_lost_or_never_won_have_no_bound(rows: list[str], above: str, below: str) -> None:
    assert open_ends(*rows) == (above, below)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.permutations(range(4)), st.booleans()), min_size=4, max_size=14))
def test_where_all_are_bounded_the_fit_ends_and_elsewhere_it_runs_away(drawn: list[tuple[list[int], bool]]) -> None:
    battles = [Battle(NAMES[order[0]], NAMES[order[1]], "tie" if is_tie else "a") for order, is_tie in drawn]
    pairs = count_pairs(NAMES, battles, ordered=False)
    assume(len(groups_that_met(4, pairs)) == 1 and not all(battle.is_tie for battle in battles))
    is_bounded = not find_open_ends(4, pairs)
    try:
        strengths = Davidson(4, pairs).fit().strengths
    except (ZeroDivisionError, OverflowError):
        strengths = [math.inf]
    assert (max(map(abs, strengths)) < 12) == is_bounded


def test_names_that_battles_connect_are_one_group() -> None:
    battles = [Battle("a", "b", "a"), Battle("c", "d", "tie"), Battle("b", "e", "b")]
    assert groups_that_met(5, count_pairs("abcde", battles, ordered=False)) == [[0, 1, 4], [2, 3]]
