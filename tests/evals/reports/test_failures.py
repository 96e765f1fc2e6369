"""Failed tries by agent and task, with their reasons by frequency."""

from __future__ import annotations

from agentkit.evals.grade import Grade
from agentkit.evals.reports.failures import failure_reasons, failures_of
from agentkit.run.outcome import Outcome
from tests.evals.reports.evaluations import evaluation, problem, trial


def test_failures_come_by_agent_and_task_without_problems() -> None:
    groups = failures_of(evaluation(extra=[problem()]))
    assert [(one.agent, one.task, len(one.trials), one.judged) for one in groups][:2] == [
        ("fair", "task 1", 2, 4),
        ("fair", "task 2", 3, 4),
    ]
    assert groups[0].reasons == [("expected 4.0, found 5", 2)]
    assert [one.number for one in groups[0].trials] == [3, 4]


def test_an_outcome_other_than_completed_is_a_reason() -> None:
    ended = trial("good", "t", 1, passed=False, outcome=Outcome.MAX_TURNS, reason="50 turns", grades=(Grade(False),))
    assert [*failure_reasons(ended)] == ["max_turns: 50 turns", "a grader failed it"]
