"""Tasks that tell agents apart badly are flagged."""

from __future__ import annotations

from agentkit.evals.statistics import flag_tasks


def test_tasks_are_too_easy_too_hard_or_flaky() -> None:
    first = {"easy": [1] * 5, "hard": [0] * 5, "flaky": [1] + [0] * 9, "good": [1] * 5, "few": [1] * 3, "once": [0]}
    second = {"easy": [1] * 5, "hard": [0] * 5, "flaky": [0] * 9, "good": [0] * 5}
    assert flag_tasks(first, second) == {"easy": "too easy", "hard": "too hard", "flaky": "flaky"}


def test_what_disagrees_rarely_is_not_flaky() -> None:
    assert flag_tasks({"rare": [1] * 30 + [0], "half": [1, 0]}) == {"half": "flaky"}
