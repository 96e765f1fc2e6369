"""A grade gives its points, and refuses a score that is none."""

import pytest

from agentkit.evals import Grade


def test_points_are_the_score_or_one_and_zero() -> None:
    assert [Grade(True).points, Grade(False).points, Grade(False, score=0.4).points] == [1.0, 0.0, 0.4]


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_score_is_from_0_to_1(score: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Grade(True, score=score)
