"""Measures: counted as by hand, an abstention is a miss, and a threshold has the recall that was wanted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.budget.usage import Cost
from agentkit.patterns import Decision
from agentkit.patterns.classify.measures import Judged, Measures


def judged(
    wanted: str, got: str | None, score: float = 1.0, cost: float | None = 0.001, latency_s: float = 1.0
) -> Judged:
    scores = {} if got is None else {got: score}
    return Judged("text", wanted, Decision(label=got, scores=scores, cost=Cost(cost), latency_s=latency_s))


BY_HAND = Measures(
    ("a", "b", "c"),
    (
        judged("a", "a", 0.9), judged("a", "a", 0.4), judged("a", "b", 0.8), judged("a", None),
        judged("b", "b", 0.7), judged("b", "a", 0.5), judged("b", "b", 0.6, latency_s=3.0),
    ),
)  # fmt: skip


def test_labels_are_measured_as_by_hand() -> None:
    a, b = BY_HAND.by_label["a"], BY_HAND.by_label["b"]
    assert (a.count, b.count) == (4, 3)
    assert [a.precision.value, a.recall.value, a.f1] == pytest.approx([2 / 3, 0.5, 4 / 7])
    assert [b.precision.value, b.recall.value, b.f1] == pytest.approx([2 / 3] * 3)
    assert "c" not in BY_HAND.by_label, "nothing is known of a label that no text has"
    assert BY_HAND.confusion == {("a", "a"): 2, ("a", "b"): 1, ("a", None): 1, ("b", "b"): 2, ("b", "a"): 1}
    assert BY_HAND.accuracy.value == pytest.approx(4 / 7)
    assert BY_HAND.macro_f1.value == pytest.approx((4 / 7 + 2 / 3) / 2)
    assert BY_HAND.macro_f1.low < BY_HAND.macro_f1.value < BY_HAND.macro_f1.high
    assert BY_HAND.abstained == 1
    assert BY_HAND.cost_per_1000.usd == pytest.approx(1.0)
    assert (BY_HAND.latency_s(0.5), BY_HAND.latency_s(1)) == (1.0, 3.0)
    assert Measures(("a",), (judged("a", "a", cost=None),)).cost_per_1000.usd is None


def test_a_label_that_no_text_rightly_got_has_no_f1() -> None:
    wrong = Measures(("a", "b"), (judged("a", "b"), judged("a", None))).by_label
    assert (wrong["a"].f1, wrong["b"].f1) == (0.0, 0.0)
    assert math.isnan(wrong["a"].precision.value)
    assert math.isnan(wrong["b"].recall.value)


def test_the_curve_has_a_point_for_each_score_and_a_threshold_the_wanted_recall() -> None:
    curve = BY_HAND.curve("a")
    assert [(one.threshold, one.precision.value, one.recall.value) for one in curve] == [
        (0.9, 1.0, 0.25), (0.5, 0.5, 0.25), (0.4, pytest.approx(2 / 3), 0.5),
    ]  # fmt: skip
    found = BY_HAND.threshold("a", 0.5)
    assert found is not None
    assert found.threshold == 0.4
    assert BY_HAND.threshold("a", 0.75) is None, "texts without a score for it are beyond every threshold"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["a", "b", None]), st.sampled_from([0.2, 0.5, 0.9]))))
def test_a_curve_ends_at_all_that_got_the_label(rows: list[tuple[str, str | None, float]]) -> None:
    measures = Measures(("a", "b"), tuple(judged(*row) for row in rows))
    curve = measures.curve("a")
    assert [one.threshold for one in curve] == sorted({score for _, got, score in rows if got == "a"}, reverse=True)
    recalls = [one.recall.value for one in curve]
    assert recalls == sorted(recalls) or all(map(math.isnan, recalls))
    if curve:
        assert curve[-1].precision == measures.by_label["a"].precision
