"""Ratings recover planted strengths, with intervals that cover, and say what battles do not show."""

from __future__ import annotations

import math
import random

import pytest

from agentkit.errors import UsageError
from agentkit.evals.arena import Battle, DisconnectedBattles, Rating, bradley_terry, ratings_by_category
from benchmarks.coverage import Arena, cover_ratings

TURNED = str.maketrans("xyz", "zxy")
CIRCLE = [("x", "y", "a"), ("y", "z", "a"), ("z", "x", "a")]


def test_planted_strengths_are_recovered() -> None:
    arena = Arena(6, 20_000)
    found = bradley_terry(arena.play(0))
    assert list(found) == sorted(arena.strengths, key=arena.strengths.__getitem__, reverse=True)
    for name, strength in arena.strengths.items():
        assert found[name].strength == pytest.approx(strength, abs=0.08)
    assert sum(rating.strength for rating in found.values()) == pytest.approx(0, abs=1e-9)
    assert found.notes == ()
    assert sum(found.chances("agent0", "agent5")) == pytest.approx(1)
    assert found.chances("agent0", "agent5")[1] > 0.6


def test_intervals_cover_the_planted_strengths() -> None:
    assert 0.92 <= cover_ratings(Arena(5, 200), 60) <= 0.98


def test_a_difference_has_an_interval_of_its_own() -> None:
    found = bradley_terry([("x", "y", "a")] * 30 + [("x", "y", "b")] * 20 + CIRCLE * 2)
    difference = found.difference("x", "y")
    assert difference.strength == pytest.approx(found["x"].strength - found["y"].strength)
    assert difference.low < difference.strength < difference.high
    assert found.difference("y", "x").low == pytest.approx(-difference.high)
    assert str(Rating(0.5, -0.25, math.inf)) == "+0.50 (-0.25 to +inf)"


def test_both_bad_is_a_tie_and_rows_may_stand_either_way() -> None:
    rows = [*CIRCLE, ("x", "y", "tie"), ("x", "z", "b")]
    turned = [(b, a, {"a": "b", "b": "a"}.get(winner, "both_bad")) for a, b, winner in rows]
    for name, rating in bradley_terry(rows).items():
        assert bradley_terry(turned)[name].strength == pytest.approx(rating.strength, abs=1e-9)


def test_weights_count_battles_and_their_scale_does_not_narrow_intervals() -> None:
    draw = random.Random(1)
    rows = [(*draw.sample("xyz", 2), draw.choice(["a", "b", "tie"])) for _ in range(300)]
    plain = bradley_terry(rows)
    for weight in (0.01, 100):
        weighted = bradley_terry([(*row, weight) for row in rows])
        for name, rating in plain.items():
            assert weighted[name].strength == pytest.approx(rating.strength, abs=1e-6)
            assert weighted[name].high - weighted[name].low == pytest.approx(rating.high - rating.low, rel=0.1)
    twice = bradley_terry([*rows, *(Battle("x", "y", "a", None, 2.0) for _ in range(20))])
    again = bradley_terry([*rows, *(Battle("x", "y", "a") for _ in range(40))])
    assert twice["x"].strength == pytest.approx(again["x"].strength, abs=1e-6)
    assert twice["x"].high - twice["x"].low > again["x"].high - again["x"].low


def test_names_that_never_met_have_no_common_scale() -> None:
    with pytest.raises(
        DisconnectedBattles, match=r"not connected: they fall into 2 groups .*\(v, w, x; y, z\)"
    ) as caught:
        bradley_terry([("v", "w", "a"), ("w", "x", "b"), ("y", "z", "tie")])
    assert caught.value.groups == [["v", "w", "x"], ["y", "z"]]
    assert isinstance(caught.value, UsageError)
    with pytest.raises(ValueError, match="no battles"):
        bradley_terry([])


def test_a_name_that_never_lost_is_named_and_has_no_upper_end() -> None:
    found = bradley_terry([*CIRCLE * 5, *[("best", name, "a") for name in "xyz"] * 5])
    assert next(iter(found)) == "best"
    assert found["best"].high == math.inf
    assert 0 < found["best"].low < found["best"].strength < 10
    assert found["x"].low == -math.inf
    assert "best never lost: its strength has no upper bound" in found.notes[0]
    assert "best never lost" in repr(found)
    assert -2 < found.difference("x", "y").low < 0 < found.difference("x", "y").high < 2  # they beat one another
    assert found.difference("best", "x").low < found.difference("best", "x").high == math.inf
    worst = bradley_terry([*CIRCLE, ("x", "worst", "a"), ("y", "z", "tie")])
    assert worst["worst"].low == -math.inf
    assert any("worst never won" in note for note in worst.notes)
    assert not any(math.isnan(end) for one in worst.values() for end in (one.strength, one.low, one.high))


def test_a_tie_bounds_a_name_that_never_lost() -> None:
    found = bradley_terry([("x", "y", "a"), ("y", "z", "a"), ("x", "z", "tie")])
    assert found["x"].high < math.inf
    assert found.notes == ("x never lost.", "z never won.")


def test_ties_may_be_half_a_win_for_each_as_published_ratings_have_them() -> None:
    rows = [("x", "y", "a")] * 6 + [("x", "y", "tie")] * 4
    found = bradley_terry(rows, ties="half")
    assert found.difference("x", "y").strength == pytest.approx(math.log(8 / 2), abs=1e-6)
    assert found["x"].high < math.inf
    assert bradley_terry(rows)["x"].high == math.inf
    with pytest.raises(ValueError, match="ties='none'"):
        bradley_terry(rows, ties="none")  # type: ignore[arg-type]


def test_names_only_name() -> None:
    for rows in ([*CIRCLE, ("x", "y", "tie")], [("x", "y", "a"), ("y", "z", "a"), ("x", "z", "a")]):
        renamed = [(a.translate(TURNED), b.translate(TURNED), winner) for a, b, winner in rows]
        found, again = bradley_terry(rows), bradley_terry(renamed)
        for name, rating in found.items():
            assert again[name.translate(TURNED)].strength == pytest.approx(rating.strength, abs=1e-9)


def test_ties_alone_show_no_strength() -> None:
    found = bradley_terry([("x", "y", "tie"), ("y", "z", "both_bad")])
    assert {(one.strength, one.low, one.high) for one in found.values()} == {(0, -math.inf, math.inf)}
    assert "All battles are ties" in found.notes[0]
    assert found.chances("x", "y") == pytest.approx((0, 0, 1))


def test_each_category_has_ratings_or_says_why_not() -> None:
    rows = [(*row, "coding") for row in CIRCLE] + [("x", "y", "a", "writing"), ("z", "w", "a", "writing")] + CIRCLE
    found = ratings_by_category(rows)
    assert list(found) == ["coding", "writing"]
    assert not isinstance(found["coding"], DisconnectedBattles)
    assert found["coding"]["x"].strength == pytest.approx(0)
    assert isinstance(found["writing"], DisconnectedBattles)
    for none in (CIRCLE, []):
        with pytest.raises(ValueError, match=r"No battle has a category: put it behind the winner"):
            ratings_by_category(none)


def test_a_name_without_a_battle_is_named_beside_those_that_have_one() -> None:
    found = bradley_terry([("x", "y", "a"), ("y", "x", "a")])
    for ask in (found.difference, found.chances):
        with pytest.raises(UsageError, match=r"\('x', 'nobody'\): no battle has 'nobody'; the names are x, y\."):
            ask("x", "nobody")
    assert found.get("nobody") is None
