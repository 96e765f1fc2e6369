"""Who is next."""

from __future__ import annotations

import time

import pytest

from agentkit.models.rate_limiting.fair_queue import FairQueue


def drained(queue: FairQueue[str]) -> list[str]:
    order: list[str] = []
    while (item := queue.first()) is not None:
        order.append(item)
        queue.pop()
    return order


def filled(*items: str) -> FairQueue[str]:
    queue = FairQueue[str]()
    for item in items:
        queue.add(item[0], item)
    return queue


def test_senders_take_turns_and_each_ones_own_keep_their_order() -> None:
    assert drained(filled("a1", "a2", "a3", "a4", "b1", "b2", "c1")) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


def test_a_sender_that_comes_late_is_not_last_for_long() -> None:
    queue = filled(*(f"a{n}" for n in range(100)))
    queue.pop()
    queue.add("b", "b1")
    assert drained(queue)[:3] == ["a1", "b1", "a2"]


def test_what_is_removed_is_nobodys_turn() -> None:
    queue = filled("a1", "a2", "b1", "c1")
    queue.remove("a", "a1")
    queue.remove("b", "b1")
    assert len(queue) == 2
    assert drained(queue) == ["a2", "c1"]
    assert len(queue) == 0
    assert queue.first() is None


def test_what_is_not_there_cannot_be_taken_away() -> None:
    queue = filled("a1")
    with pytest.raises(KeyError):
        queue.remove("b", "a1")
    queue.pop()
    with pytest.raises(StopIteration):
        queue.pop()


def test_a_long_queue_is_as_quick_as_a_short_one() -> None:
    queue = filled(*(f"{'ab'[n % 2]}{n}" for n in range(100_000)))
    began = time.perf_counter()
    assert len(drained(queue)) == 100_000
    assert time.perf_counter() - began < 10  # it is a tenth of a second; in quadratic time it would be minutes


def test_one_that_goes_first_comes_before_all_senders_and_behind_its_own() -> None:
    queue = filled("a1", "a2", "b1")
    queue.add_first("c", "c1")
    queue.add_first("b", "b2")
    assert drained(queue) == ["b1", "c1", "a1", "b2", "a2"]
