"""Scores of tries, checked before anything is computed from them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from agentkit.evals.statistics.trials import check_passes, check_trials


def test_scores_of_any_kind_of_number_are_taken() -> None:
    scores: list[Any] = [[True, 0, 0.5, Decimal("0.25")], np.array([1.0, 0.0]), np.array([True])]
    checked = check_trials({"a": scores[0], "b": scores[1], "c": scores[2], "not tried": []})
    assert checked == {"a": [1, 0, 0.5, 0.25], "b": [1, 0], "c": [1]}


@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), "1"])
def test_what_is_no_score_is_refused_by_the_name_of_its_task(score: Any) -> None:
    with pytest.raises(ValueError, match=r"Task 'book a table' has the score .* infrastructure failure"):
        check_trials({"fine": [1], "book a table": [1, score]})


def test_a_pass_rate_needs_scores_from_0_to_1_and_one_try() -> None:
    with pytest.raises(ValueError, match=r"'cost' has scores outside 0 to 1.*clustered_bootstrap"):
        check_passes({"cost": [3.5]})
    with pytest.raises(ValueError, match="No task has a try"):
        check_trials({"a": []})
