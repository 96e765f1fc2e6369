"""The fit of strengths and ties agrees with closed forms, choix and SciPy's minimizer."""

from __future__ import annotations

import math
import random

import choix
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize

from agentkit.evals.arena import Battle, Winner
from agentkit.evals.arena.davidson import Davidson, Fit, count_pairs, log_chances
from agentkit.evals.arena.one_sided import find_open_ends, groups_that_met

COUNTS = st.integers(1, 200)


def fit(battles: list[Battle], *, advantage: bool = False) -> Fit:
    names = sorted({name for battle in battles for name in (battle.a, battle.b)})
    return Davidson(len(names), count_pairs(names, battles, ordered=advantage), advantage=advantage).fit()


@given(COUNTS, COUNTS, COUNTS)
def test_two_names_have_the_strengths_of_their_shares(won: int, lost: int, tied: int) -> None:
    battles = [Battle("x", "y", "a", None, won), Battle("y", "x", "a", None, lost), Battle("x", "y", "tie", None, tied)]
    found = fit(battles)
    assert found.strengths[0] - found.strengths[1] == pytest.approx(math.log(won / lost), abs=1e-6)
    assert found.log_tie == pytest.approx(math.log(tied / math.sqrt(won * lost)), abs=1e-6)
    assert np.exp(log_chances(math.log(won / lost), found.log_tie)) == pytest.approx(
        np.array([won, lost, tied]) / (won + lost + tied), abs=1e-6
    )


@settings(max_examples=30)
@given(st.integers(2, 6), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=8, max_size=60))
def test_without_ties_the_strengths_are_those_of_choix(count: int, drawn: list[tuple[int, int]]) -> None:
    won = [(winner, loser) for winner, loser in drawn if winner != loser and max(winner, loser) < count]
    battles = [Battle(str(winner), str(loser), "a") for winner, loser in won]
    pairs = count_pairs([str(place) for place in range(count)], battles, ordered=False)
    assume(len(groups_that_met(count, pairs)) == 1 and not find_open_ends(count, pairs))
    reference = choix.opt_pairwise(count, won, method="Newton-CG")
    assert Davidson(count, pairs).fit().strengths == pytest.approx(list(reference - reference.mean()), abs=2e-5)


def test_half_a_win_for_each_is_what_choix_finds_with_all_wins_doubled() -> None:
    draw = random.Random(5)
    winners: list[Winner] = ["a", "a", "tie"]
    drawn = [(draw.sample(range(4), 2), draw.choice(winners)) for _ in range(120)]
    pairs = count_pairs("0123", [Battle(str(a), str(b), winner) for (a, b), winner in drawn], ordered=False)
    doubled = [(a, b) if winner == "a" or way else (b, a) for (a, b), winner in drawn for way in (0, 1)]
    reference = choix.opt_pairwise(4, doubled, method="Newton-CG")
    found = Davidson(4, pairs, has_tie_outcome=False).fit()
    assert found.strengths == pytest.approx(list(reference - reference.mean()), abs=2e-5)
    assert found.log_tie == -math.inf


@settings(max_examples=30)
@given(st.lists(st.tuples(st.permutations("wxyz"), st.sampled_from(["a", "b", "tie"])), min_size=12, max_size=60))
def test_each_name_won_as_often_as_its_strength_expects(drawn: list[tuple[list[str], Winner]]) -> None:
    battles = [Battle(order[0], order[1], winner) for order, winner in drawn]
    pairs = count_pairs("wxyz", battles, ordered=False)
    assume(len(groups_that_met(4, pairs)) == 1 and not find_open_ends(4, pairs))
    assume(not all(battle.is_tie for battle in battles))
    found = Davidson(4, pairs).fit()
    surplus = dict.fromkeys("wxyz", 0.0)
    for battle in battles:
        at, other = ("wxyz".index(name) for name in (battle.a, battle.b))
        won, lost, _ = np.exp(log_chances(found.strengths[at] - found.strengths[other], found.log_tie))
        lead = {"a": 1, "b": -1}.get(battle.winner, 0) - (won - lost)
        surplus[battle.a] += lead
        surplus[battle.b] -= lead
    assert max(map(abs, surplus.values())) < 1e-6
    assert sum(found.strengths) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("advantage", [False, True])
def test_with_ties_no_minimizer_finds_better_strengths(advantage: bool) -> None:
    draw = random.Random(3)
    names = ["w", "x", "y", "z"]
    winners: list[Winner] = ["a", "a", "b", "tie"]
    drawn = [draw.sample(names, 2) for _ in range(150)]
    battles = [Battle(a, b, draw.choice(winners), None, draw.choice([1.0, 2.5])) for a, b in drawn]
    found = fit(battles, advantage=advantage)

    def loss(at: NDArray[np.float64]) -> float:
        total = 0.0
        for battle in battles:
            difference = float(at[names.index(battle.a)] - at[names.index(battle.b)]) + float(at[5]) * advantage
            chances = log_chances(difference, float(at[4]))
            total -= battle.weight * chances[2 if battle.is_tie else "ab".index(battle.winner)]
        return total + float(at[:4].sum()) ** 2 + (0.0 if advantage else float(at[5]) ** 2)

    reference = optimize.minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-7}).x
    assert found.strengths == pytest.approx(list(reference[:4]), abs=1e-5)
    assert found.log_tie == pytest.approx(float(reference[4]), abs=1e-5)
    if found.advantage is not None:
        assert found.advantage[0] == pytest.approx(float(reference[5]), abs=1e-5)
    assert (found.advantage is not None) == advantage


def test_the_errors_are_those_of_the_textbooks() -> None:
    found = fit([Battle("x", "y", "a")] * 30 + [Battle("x", "y", "b")] * 20)
    covariance = found.covariance
    of_difference = covariance[0][0] + covariance[1][1] - 2 * covariance[0][1]
    assert of_difference == pytest.approx(1 / 30 + 1 / 20, abs=1e-9)
    assert sum(covariance[0]) == pytest.approx(0, abs=1e-12)
