"""The numbers that all reports show: each agent in sum, agents compared in pairs, and those worth their price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from agentkit.evals.faults.recovery_rate import Recovery, recovery
from agentkit.evals.reports.reported import Reported
from agentkit.evals.statistics.paired import PairedComparison
from agentkit.evals.statistics.significance import holm
from agentkit.patterns.classify.intervals import Interval

_MOST_AGENTS_IN_PAIRS = 5
"""Agents up to which each is compared with each; more are compared with the best one alone."""


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """The numbers of one agent."""

    name: str
    model: str
    """The id of its model. Empty: it has none of its own."""
    pass_rate: Interval
    """The mean over tasks. NaN: no trial was judged."""
    pass_at: tuple[float, ...]
    """pass@1, pass@2 and so on, as far as every task that was tried has the tries."""
    pass_hat: tuple[float, ...]
    """pass^1, pass^2 and so on, as far as every task that was tried has the tries."""
    cost_per_trial_usd: float | None
    """The mean cost of a trial in US dollars. None: the price of one is not known."""
    seconds: float
    """The median time of a trial."""
    judged: int
    """The trials that passed or failed."""
    problems: int
    """The trials that say nothing about it."""

    def at(self, k: int) -> float:
        """Return pass@k. NaN: a task has too few tries."""
        return self.pass_at[k - 1] if 0 < k <= len(self.pass_at) else math.nan

    def hat(self, k: int) -> float:
        """Return pass^k. NaN: a task has too few tries."""
        return self.pass_hat[k - 1] if 0 < k <= len(self.pass_hat) else math.nan


@dataclass(frozen=True, slots=True)
class AgentPair:
    """Two agents compared by the tasks that both tried."""

    baseline: str
    candidate: str
    paired: PairedComparison
    p_value: float
    """The p value, adjusted for all pairs of the report by Holm's method."""


def agent_figures(evaluation: Reported) -> list[AgentFigures]:
    """Return the numbers of each agent, the best first."""
    found = [_figures_of(evaluation, name) for name in evaluation.agents]
    return sorted(found, key=lambda one: -1 if math.isnan(one.pass_rate.value) else one.pass_rate.value, reverse=True)


def _figures_of(evaluation: Reported, name: str) -> AgentFigures:
    trials = evaluation.of(name)
    costs = [trial.cost_usd for trial in trials if trial.is_judged]
    known = [cost for cost in costs if cost is not None]
    ks = range(1, min((len(scores) for scores in evaluation.scores(name).values() if scores), default=0) + 1)
    return AgentFigures(
        name=name,
        model=evaluation.models.get(name, ""),
        pass_rate=evaluation.pass_rate(name),
        pass_at=tuple(evaluation.pass_at(k, name) for k in ks),
        pass_hat=tuple(evaluation.pass_hat(k, name) for k in ks),
        cost_per_trial_usd=fmean(known) if known and len(known) == len(costs) else None,
        seconds=median(trial.seconds for trial in trials) if trials else math.nan,
        judged=len(costs),
        problems=sum(bool(trial.problem) for trial in trials),
    )


def common_k(figures: Sequence[AgentFigures]) -> int:
    """Return the largest k for which pass@k and pass^k are known of all agents with judged trials; 0: there is none."""
    return min((min(len(one.pass_at), len(one.pass_hat)) for one in figures if one.judged), default=0)


def agent_pairs(evaluation: Reported, figures: Sequence[AgentFigures]) -> list[AgentPair]:
    """Return the agents compared in pairs, each better one with those behind it; of many, the best one with each.

    Args:
        evaluation: The evaluation.
        figures: The agents, the best first.
    """
    names = [one.name for one in figures if one.judged]
    pairs = list(combinations(names, 2))
    if len(names) > _MOST_AGENTS_IN_PAIRS:
        pairs = [pair for pair in pairs if pair[0] == names[0]]
    tried = {name: {task for task, scores in evaluation.scores(name).items() if scores} for name in names}
    found = {
        (worse, better): evaluation.compare(worse, better) for better, worse in pairs if tried[better] & tried[worse]
    }
    adjusted = holm({pair: paired.p_value for pair, paired in found.items()})
    return [AgentPair(*pair, paired, adjusted[pair]) for pair, paired in found.items()]


def on_frontier(figures: Sequence[AgentFigures]) -> list[AgentFigures]:
    """Return the agents that no other one is both cheaper and better than, the cheapest first."""
    priced = [one for one in figures if one.cost_per_trial_usd is not None and one.judged]
    best, kept = -1.0, list[AgentFigures]()
    for one in sorted(priced, key=lambda one: (one.cost_per_trial_usd or 0.0, -one.pass_rate.value)):
        if one.pass_rate.value > best:
            best = one.pass_rate.value
            kept.append(one)
    return kept


def recoveries(evaluation: Reported, without_faults: Reported | None) -> dict[str, Recovery | str]:
    """Return for each agent its recovery rate, or a sentence on why there is none.

    Args:
        evaluation: The evaluation under faults.
        without_faults: The one without. None: nobody has a rate.
    """
    if without_faults is None:
        return {}
    found: dict[str, Recovery | str] = {}
    for name in evaluation.agents:
        plain = without_faults.scores(name) if name in without_faults.agents else dict[str, list[float]]()
        try:
            found[name] = recovery(evaluation.scores(name), plain, seed=evaluation.seed)
        except ValueError:
            found[name] = "nothing to recover: no task was passed without faults"
    return found
