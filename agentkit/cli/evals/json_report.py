"""An evaluation as JSON, for programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentkit.evals.reports.figures import agent_figures, agent_pairs, recoveries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentkit.evals import Evaluation
    from agentkit.evals.domain import AnswerMeasures
    from agentkit.evals.reports.figures import AgentFigures, AgentPair
    from agentkit.messages.message import JSONObject
    from agentkit.patterns.classify.intervals import Interval


def evaluation_to_json(evaluation: Evaluation, plain: Evaluation | None = None) -> JSONObject:
    """Return the numbers of an evaluation; intervals are [value, low, high], and null where nothing is known.

    Args:
        evaluation: The evaluation.
        plain: The same without faults, for the recovery rates.
    """
    figures, flags = agent_figures(evaluation), evaluation.flags()
    scores = {agent: evaluation.scores(agent) for agent in evaluation.agents}
    return {
        "type": "evaluation",
        "suite": evaluation.suite,
        "started": evaluation.started.isoformat(),
        "seconds": evaluation.seconds,
        "tries": evaluation.tries,
        "seed": evaluation.seed,
        "faults": evaluation.faults,
        "stopped": evaluation.stopped,
        "trials": len(evaluation.trials),
        "cost_usd": evaluation.cost_usd,
        "spent_usd": evaluation.spent_usd,
        "agents": {one.name: _agent(one) for one in figures},
        "comparisons": [_pair(one) for one in agent_pairs(evaluation, figures)],
        "tasks": {
            task.name: {
                "category": task.category,
                "flag": flags.get(task.name),
                "passed": {agent: [round(sum(own[task.name])), len(own[task.name])] for agent, own in scores.items()},
            }
            for task in evaluation.tasks
        },
        "recovery": {
            name: None if isinstance(one, str) else [one.rate, one.low, one.high]
            for name, one in recoveries(evaluation, plain).items()
        },
        "problems": [
            {"agent": trial.agent, "task": trial.task, "try": trial.number, "reason": trial.problem}
            for trial in evaluation.problems
        ],
    }


def answers_to_json(measures: Mapping[str, AnswerMeasures]) -> JSONObject:
    """Return the measures of a suite of questions by agent: what abstaining saves, and what wrong answers cost.

    Args:
        measures: Agent -> its measures.
    """
    return {
        agent: {
            "points": _interval(one.points),
            "coverage": _interval(one.coverage),
            "risk": None if one.risk is None else _interval(one.risk),
        }
        for agent, one in measures.items()
    }


def _agent(one: AgentFigures) -> JSONObject:
    return {
        "model": one.model,
        "pass_rate": _interval(one.pass_rate),
        "pass_at": list(one.pass_at),
        "pass_hat": list(one.pass_hat),
        "cost_per_trial_usd": one.cost_per_trial_usd,
        "seconds": None if math.isnan(one.seconds) else one.seconds,
        "judged": one.judged,
        "problems": one.problems,
    }


def _pair(one: AgentPair) -> JSONObject:
    return {
        "candidate": one.candidate,
        "baseline": one.baseline,
        "difference": _interval(one.paired.difference),
        "p_value": one.paired.p_value,
        "p_value_holm": one.p_value,
        "better": one.paired.better,
        "worse": one.paired.worse,
        "tasks": one.paired.tasks,
    }


def _interval(interval: Interval) -> list[float] | None:
    return None if math.isnan(interval.value) else [interval.value, interval.low, interval.high]
