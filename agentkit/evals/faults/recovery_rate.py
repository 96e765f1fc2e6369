"""The recovery rate: what is left of an agent's success under faults."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.evals.statistics.trials import Trials

_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Recovery:
    """Success under faults over success without them, of the same tasks."""

    rate: float
    """The ratio of the mean pass rates; above 1 where chance, or the faults, helped."""
    low: float
    """The lower end of its interval."""
    high: float
    """The upper end of its interval."""
    by_task: Mapping[str, tuple[float, float]]
    """Task -> its pass rate under faults and without them."""

    def __str__(self) -> str:
        return f"{self.rate:.0%} ({self.low:.0%} to {self.high:.0%}) of the success without faults"


def recovery(faulty: Trials, plain: Trials, *, level: float = 0.95, seed: int = 0) -> Recovery:
    """Return the recovery rate, paired by task, with an interval by bootstrap over the tasks.

    Tasks that were not judged both ways are left out.

    Args:
        faulty: Task -> the scores of its tries under faults.
        plain: Task -> the scores of its tries without faults.
        level: The coverage of the interval.
        seed: The seed of the bootstrap.

    Raises:
        ValueError: No task was tried both ways, or none was ever passed without faults: there is nothing to recover.
    """
    rates = {task: (fmean(faulty[task]), fmean(plain[task])) for task in plain if plain[task] and faulty.get(task)}
    if not any(without for _, without in rates.values()):
        raise ValueError("recovery: no task that was tried both ways was passed without faults.")
    pairs, chosen = list(rates.values()), random.Random(seed)  # noqa: S311 - a bootstrap
    ratios = [_ratio(chosen.choices(pairs, k=len(pairs))) for _ in range(_RESAMPLES)]
    known = sorted(ratio for ratio in ratios if ratio is not None)
    tail = int(len(known) * (1 - level) / 2)
    rate = _ratio(pairs)
    assert rate is not None  # noqa: S101 - for the type checkers: one was passed
    return Recovery(rate, known[tail], known[-1 - tail], rates)


def _ratio(pairs: list[tuple[float, float]]) -> float | None:
    without = sum(plain for _, plain in pairs)
    return sum(faulty for faulty, _ in pairs) / without if without else None
