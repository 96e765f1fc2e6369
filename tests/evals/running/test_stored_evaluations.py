"""An evaluation of the history has the same fields as when it was made."""

import json
from datetime import UTC, datetime

from agentkit.evals import Evaluation, EvaluationRecord
from agentkit.evals.evaluation import TaskInfo
from agentkit.evals.running.stored_evaluations import evaluation_from_json, evaluation_to_json
from tests.evals.trials import trial


def test_an_evaluation_comes_back_from_json() -> None:
    made = Evaluation(
        suite="s",
        tasks=(TaskInfo("t", "c", ("x",)),),
        agents=("a",),
        models={"a": "m"},
        trials=(trial(),),
        tries=3,
        until_width=0.2,
        batch=4,
        started=datetime(2026, 1, 2, tzinfo=UTC),
        stopped="no money",
    )
    stored = json.loads(json.dumps(evaluation_to_json(made)))
    assert evaluation_from_json(stored, made.trials) == made
    record = EvaluationRecord.from_json(7, stored)
    assert (record.id, record.suite, record.started, record.stopped) == (7, "s", made.started, "no money")
