"""Tasks that tell agents apart badly: too easy, too hard, or flaky."""

from __future__ import annotations

from typing import Literal, TypeAlias

from agentkit.evals.statistics.trials import Trials, check_passes
from agentkit.patterns.classify.intervals import wilson

TaskFlag: TypeAlias = Literal["too easy", "too hard", "flaky"]
"""too easy, too hard: all tries of all agents passed, or none, and they are enough to say so. flaky: an agent's own
tries disagree."""

_SURE = 0.7
_ONE_OF_TEN = 2 * 0.1 * 0.9


def flag_tasks(*agents: Trials) -> dict[str, TaskFlag]:
    """Return the tasks worth a look, each with its flag.

    A task is too easy or too hard where the interval of the pass rate over all agents lies above 0.7 or below 0.3, and
    no try came out otherwise: nine tries at least. It is flaky where two tries of one agent would disagree as often as
    at a pass rate of one in ten, or oftener.

    Args:
        agents: For each agent: task -> the scores of its tries, 0 to 1; half and more is a pass.
    """
    tries = [
        (task, sum(score >= 0.5 for score in scores), len(scores))
        for trials in agents
        for task, scores in check_passes(trials).items()
    ]
    flags: dict[str, TaskFlag] = {}
    for task in dict.fromkeys(task for task, _, _ in tries):
        own = [(passed, count) for name, passed, count in tries if name == task]
        passed, count = sum(one for one, _ in own), sum(one for _, one in own)
        low, high = wilson(passed, count)
        if passed == count and low > _SURE:
            flags[task] = "too easy"
        elif passed == 0 and high < 1 - _SURE:
            flags[task] = "too hard"
        elif any(_disagreement(*one) >= _ONE_OF_TEN for one in own):
            flags[task] = "flaky"
    return flags


def _disagreement(passed: int, count: int) -> float:
    """Return the unbiased estimate of the probability that two tries come out differently."""
    return 2 * passed * (count - passed) / (count * (count - 1)) if count > 1 else 0.0
