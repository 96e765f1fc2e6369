"""A grade gives its points, and refuses a score that is none."""

from typing import Any

import pytest

from agentkit.evals import Grade


def test_points_are_the_score_or_one_and_zero() -> None:
    assert [Grade(True).points, Grade(False).points, Grade(False, score=0.4).points] == [1.0, 0.0, 0.4]


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_score_is_from_0_to_1(score: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Grade(True, score=score)


@pytest.mark.parametrize("passed", [0.3, float("nan"), "no", None, []])
def test_what_is_neither_true_nor_false_is_no_grade(passed: Any) -> None:
    with pytest.raises(ValueError, match="True or False; partial credit is the `score`"):
        Grade(passed)


def test_other_forms_of_true_and_false_and_a_reason_that_is_no_text() -> None:
    assert [Grade(1).passed, Grade(0).passed] == [True, False]  # type: ignore[arg-type]
    reason: Any = 5
    with pytest.raises(ValueError, match="a reason is a text"):
        Grade(False, reason)
