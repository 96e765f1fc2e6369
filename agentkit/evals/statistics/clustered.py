"""The mean over tasks with intervals that know that several tries of one task are no new tasks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev

from agentkit.evals.statistics.distributions import normal_cdf, student_t_quantile
from agentkit.evals.statistics.stopping import StoppingRule
from agentkit.evals.statistics.trials import Trials, check_passes, check_trials
from agentkit.patterns.classify.intervals import Interval, bootstrap, normal_quantile, score_interval


def clustered_interval(trials: Trials, level: float = 0.95, stopping: StoppingRule | None = None) -> Interval:
    """Return the mean pass rate over tasks, and its interval for tasks of the same kind.

    Each task counts the same, however many tries it has. The standard error is that of tasks, not of tries (Miller,
    2024, arXiv:2411.00640); the interval is Wilson's for the number of independent trials that have this standard
    error (Korn and Graubard, 1998), with the t distribution's allowance for few tasks. It stays between 0 and 1, and
    is no point where all passed.

    Args:
        trials: Task -> the scores of its tries, 0 to 1.
        level: The coverage.
        stopping: The rule by which the tries of a task were ended. A task that is stopped for what came out has a
            biased mean; each then counts with the rule's unbiased estimate. Its scores have to be passes and failures,
            in the order of the tries.
    """
    tasks = check_passes(trials)
    means = list(task_rates(tasks, stopping).values())
    z, mean, count = normal_quantile(level), fmean(means), len(means)
    if count == 1:
        return Interval(mean, 0.0, 1.0)
    squared_error = stdev(means) ** 2 / count
    most = sum(map(len, tasks.values()))
    effective = min(mean * (1 - mean) / squared_error, most) if squared_error > 0 else count
    allowance = (z / student_t_quantile((1 + level) / 2, count - 1)) ** 2
    return Interval(mean, *score_interval(mean, effective * allowance, z))


def task_rates(trials: Trials, stopping: StoppingRule | None = None) -> dict[str, float]:
    """Return the pass rate of each task that has tries: their mean, or the unbiased estimate of a stopping rule.

    Args:
        trials: Task -> the scores of its tries, 0 to 1.
        stopping: The rule by which the tries of a task were ended.

    Raises:
        ValueError: A score is not between 0 and 1, or it is between them where a stopping rule is given.
    """
    tasks = check_passes(trials)
    if stopping is None:
        return {task: fmean(scores) for task, scores in tasks.items()}
    for task, scores in tasks.items():
        if not {0, 1}.issuperset(scores):
            raise ValueError(f"Task {task!r} has a score between 0 and 1: a stopping rule knows passes and failures.")
    return {task: stopping.estimate(round(sum(scores)), len(scores)) for task, scores in tasks.items()}


def standard_error(trials: Trials) -> float:
    """Return the standard error of the mean over tasks, clustered by task (Liang and Zeger, 1986; Miller, 2024).

    Args:
        trials: Task -> the scores of its tries. NaN: there is one task only.
    """
    means = [fmean(scores) for scores in check_trials(trials).values()]
    return stdev(means) / math.sqrt(len(means)) if len(means) > 1 else math.nan


def clustered_bootstrap(
    trials: Trials,
    measure: Callable[[Sequence[Sequence[float]]], float] | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return any measure of the tasks with a bootstrap interval: whole tasks are drawn, with all their tries.

    Percentiles are widened for few tasks (Hesterberg, 2015, arXiv:1411.5279). For a mean pass rate,
    `clustered_interval` is better where tasks are few or nearly all pass: a sample in which all passed cannot show by
    being resampled that others might fail. One task alone shows no spread: its interval has no ends.

    Args:
        trials: Task -> the scores of its tries.
        measure: Computes the measure from the scores of each task. Default: the mean over tasks.
        level: The coverage.
        resamples: The number of samples drawn.
        seed: The same seed draws the same samples.
    """
    tasks = list(check_trials(trials).values())
    measured = measure or _mean_over_tasks
    if len(tasks) == 1:
        return Interval(measured(tasks), -math.inf, math.inf)
    return bootstrap(tasks, measured, resamples, level=widened(level, len(tasks)), seed=seed)


def widened(level: float, count: int) -> float:
    """Return the level of percentiles that cover as often as wanted when few things were resampled (Hesterberg, 2015).

    Args:
        level: The wanted coverage.
        count: The number of things that are resampled.
    """
    normal_quantile(level)  # checks the level
    if count < 2:
        return level
    return 2 * normal_cdf(student_t_quantile((1 + level) / 2, count - 1) * math.sqrt(count / (count - 1))) - 1


def _mean_over_tasks(tasks: Sequence[Sequence[float]]) -> float:
    return fmean(map(fmean, tasks))
