"""Trials as statistics take them: the scores of a task's tries, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import SupportsFloat, TypeAlias

Trials: TypeAlias = Mapping[str, Sequence[float]]
"""Task -> the scores of its tries: True and False, or numbers. A try that an infrastructure failure ended has none."""


def check_trials(trials: Trials) -> dict[str, list[float]]:
    """Return the scores of each task as numbers, without the tasks that have no try.

    Args:
        trials: Task -> the scores of its tries.

    Raises:
        ValueError: A score is not a finite number, or no task has a try.
    """
    checked = {task: [_check_score(task, score) for score in scores] for task, scores in trials.items() if len(scores)}
    if not checked:
        raise ValueError("No task has a try: there is nothing to estimate.")
    return checked


def check_passes(trials: Trials) -> dict[str, list[float]]:
    """Return the scores of each task, all of them from 0 to 1, without the tasks that have no try.

    Args:
        trials: Task -> the scores of its tries.

    Raises:
        ValueError: A score is not between 0 and 1, or no task has a try.
    """
    checked = check_trials(trials)
    for task, scores in checked.items():
        if not all(0 <= score <= 1 for score in scores):
            raise ValueError(
                f"Task {task!r} has scores outside 0 to 1: scale them, or use clustered_bootstrap, which takes any."
            )
    return checked


def _check_score(task: str, score: object) -> float:
    if isinstance(score, int | float | SupportsFloat):  # in this order: the protocol takes long to check
        number = float(score)
        if math.isfinite(number):
            return number
    raise ValueError(
        f"Task {task!r} has the score {score!r}: a score is True, False or a finite number. Leave out a try that an "
        "infrastructure failure ended, and report it apart: it says nothing about the agent."
    )
