"""Evaluations as the history keeps them, apart from their trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agentkit.evals.evaluation import Evaluation, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentkit.evals.trial import AnyTrial
    from agentkit.messages.message import JSONObject

_PLAIN_FIELDS = (
    "suite",
    "description",
    "seed",
    "tries",
    "until_width",
    "batch",
    "seconds",
    "spent_usd",
    "faults",
    "stopped",
)


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """An evaluation of the history."""

    id: int
    """The number by which `EvalStore.load` finds it."""
    suite: str
    """The name of the suite."""
    started: datetime
    """The time of its start, in UTC."""
    agents: tuple[str, ...]
    """The names of the agents."""
    models: Mapping[str, str]
    """The model id of each agent. Empty: a pipeline, or an agent for each task."""
    tries: int
    """The tries of each agent at each task."""
    seed: int
    """The seed."""
    faults: str
    """The faults under which the agents ran. Empty: none."""
    stopped: str
    """The reason why trials are missing. Empty: it is complete."""

    @classmethod
    def from_json(cls, number: int, stored: JSONObject) -> EvaluationRecord:
        """Return the record of an evaluation as it is stored.

        Args:
            number: Its number.
            stored: As `evaluation_to_json` returned it.
        """
        return cls(
            id=number,
            suite=stored["suite"],
            started=datetime.fromisoformat(stored["started"]),
            agents=tuple(stored["agents"]),
            models=stored["models"],
            tries=stored["tries"],
            seed=stored["seed"],
            faults=stored["faults"],
            stopped=stored["stopped"],
        )


def evaluation_to_json(evaluation: Evaluation) -> JSONObject:
    """Return an evaluation as JSON, without its trials.

    Args:
        evaluation: The evaluation.
    """
    return {
        **{name: getattr(evaluation, name) for name in _PLAIN_FIELDS},
        "agents": list(evaluation.agents),
        "models": dict(evaluation.models),
        "started": evaluation.started.isoformat(),
        "tasks": [asdict(task) for task in evaluation.tasks],
    }


def evaluation_from_json(stored: JSONObject, trials: Iterable[AnyTrial]) -> Evaluation:
    """Return an evaluation again.

    Args:
        stored: As `evaluation_to_json` returned it.
        trials: Its trials.
    """
    plain: JSONObject = {name: stored[name] for name in _PLAIN_FIELDS}
    return Evaluation(
        **plain,
        agents=tuple(stored["agents"]),
        models=stored["models"],
        started=datetime.fromisoformat(stored["started"]),
        tasks=tuple(TaskInfo(task["name"], task["category"], tuple(task["tags"])) for task in stored["tasks"]),
        trials=tuple(trials),
    )
