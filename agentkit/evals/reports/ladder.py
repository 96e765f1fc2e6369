"""Ratings of agents from their trials: each try of a task is a battle of all who made it."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from agentkit.evals.arena.battles import Battle, Winner
from agentkit.evals.arena.ratings import DisconnectedBattles, Rating, bradley_terry
from agentkit.evals.reports.reported import Reported
from agentkit.evals.statistics.clustered import widened
from agentkit.patterns.classify.intervals import percentile

_RESAMPLES = 200
_LEVEL = 0.95
_OUTCOMES: dict[tuple[bool, bool], Winner] = {
    (True, False): "a",
    (False, True): "b",
    (True, True): "tie",
    (False, False): "both_bad",
}


@dataclass(frozen=True, slots=True)
class Ladder:
    """The ratings of agents on tasks of one category."""

    category: str
    """The category. Empty: all tasks."""
    tasks: int
    """The number of tasks that two agents or more tried."""
    ratings: Mapping[str, Rating]
    """Agent -> its rating, the strongest first."""
    notes: Sequence[str]
    """Sentences on what the trials do not show."""


def rating_ladders(evaluation: Reported) -> list[Ladder]:
    """Return the ratings over all tasks, then those of each category, where there are several.

    The strengths are those of `bradley_terry`. The intervals come from drawing whole tasks again, since several tries
    of one task are no new tasks.
    """
    battles = task_battles(evaluation)
    categories = list(dict.fromkeys(task.category for task in evaluation.tasks))
    parts = {"": battles}
    if len(categories) > 1:
        names = {one: {task.name for task in evaluation.tasks if task.category == one} for one in categories if one}
        parts |= {one: {name: rows for name, rows in battles.items() if name in names[one]} for one in names}
    ladders = (_ladder(category, rows, evaluation.seed) for category, rows in parts.items() if rows)
    return [ladder for ladder in ladders if ladder is not None]


def task_battles(evaluation: Reported) -> dict[str, list[Battle]]:
    """Return task -> the battles of its tries: of two agents, the one that passes where the other fails has won.

    Tries of the same number meet. Battles with the same names and outcome are one, with their number as its weight.
    """
    tries: dict[str, dict[int, dict[str, bool]]] = {}
    for trial in evaluation.trials:
        if trial.is_judged:
            tries.setdefault(trial.task, {}).setdefault(trial.number, {})[trial.agent] = trial.passed
    found: dict[str, list[Battle]] = {}
    for task, by_number in tries.items():
        counts: Counter[tuple[str, str, Winner]] = Counter()
        for passed in by_number.values():
            for a, b in combinations((name for name in evaluation.agents if name in passed), 2):
                counts[a, b, _OUTCOMES[passed[a], passed[b]]] += 1
        if counts:
            found[task] = [Battle(*battle, weight=count) for battle, count in counts.items()]
    return found


def _ladder(category: str, battles: Mapping[str, Sequence[Battle]], seed: int) -> Ladder | None:
    try:
        ratings = bradley_terry([battle for rows in battles.values() for battle in rows], _LEVEL)
    except DisconnectedBattles:
        return None
    drawn = _draw(list(battles.values()), seed)
    level = widened(_LEVEL, len(battles))
    intervals = {name: _with_interval(ratings[name], drawn.get(name, []), level) for name in ratings}
    return Ladder(category, len(battles), intervals, ratings.notes)


def _draw(tasks: Sequence[Sequence[Battle]], seed: int) -> dict[str, list[float]]:
    """Return the strengths of each name in samples of tasks drawn with replacement."""
    drawn: dict[str, list[float]] = {}
    if len(tasks) < 2:
        return drawn
    source = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(_RESAMPLES):
        sample = source.choices(tasks, k=len(tasks))
        try:
            ratings = bradley_terry([battle for rows in sample for battle in rows], _LEVEL)
        except DisconnectedBattles:
            continue
        for name, rating in ratings.items():
            drawn.setdefault(name, []).append(rating.strength)
    return drawn


def _with_interval(rating: Rating, drawn: Sequence[float], level: float) -> Rating:
    if len(drawn) < _RESAMPLES / 2:
        return Rating(rating.strength, -math.inf, math.inf)
    ordered = sorted(drawn)
    low, high = percentile(ordered, (1 - level) / 2), percentile(ordered, (1 + level) / 2)
    return Rating(
        rating.strength,
        -math.inf if math.isinf(rating.low) else min(low, rating.strength),
        math.inf if math.isinf(rating.high) else max(high, rating.strength),
    )
