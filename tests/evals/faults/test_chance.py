"""The same event of the same trial has the same luck, in whatever order things happen."""

from itertools import islice
from statistics import fmean

from agentkit.evals.faults.chance import Chance


def first(chance: Chance, *event: str) -> float:
    return next(chance.draw(*event))


def test_luck_depends_on_the_event_and_its_occurrence_alone() -> None:
    one, other = Chance(7, "task", 1), Chance(7, "task", 1)
    in_order = [first(one, "a"), first(one, "b"), first(one, "a")]
    assert [first(other, "b"), first(other, "a"), first(other, "a")] == [in_order[1], in_order[0], in_order[2]]
    assert len(set(in_order)) == 3
    assert (one.times("a"), one.times("c")) == (2, 0)
    assert first(Chance(8, "task", 1), "a") != in_order[0]


def test_numbers_are_spread_evenly() -> None:
    numbers = [*islice(Chance("t").draw("x"), 2_000)]
    assert 0.45 < fmean(numbers) < 0.55
    assert 0 <= min(numbers) < 0.01
    assert 0.99 < max(numbers) < 1
