"""Evaluations for the tests of reports: agents that pass by number, with transcripts, problems and hostile texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agentkit.evals import Evaluation, Grade, Trial
from agentkit.evals.evaluation import TaskInfo
from agentkit.messages.message import JSONObject

HOSTILE = "<script>alert(1)</script>\x1b[2J"
PRICES = {"good": 0.02, "fair": 0.004, "idle": None}


def messages(answer: str = "Tea is 5 EUR.") -> list[JSONObject]:
    """A transcript with thinking, a call, a failed result and an answer."""
    call = {"type": "tool_use", "id": "t1", "name": "price", "input": {"item": "tea"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no such item"}
    return [
        {"role": "user", "content": "What is the price of tea?"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Look it up."}, call]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": [{"type": "text", "text": answer}]},
    ]


def trial(agent: str, task: str, number: int, *, passed: bool, **given: Any) -> Trial[Any]:
    """A judged trial."""
    grade = Grade(passed, "" if passed else "expected 4.0, found 5", grader="answers(4.0)")
    values: dict[str, Any] = {"input": task, "world": None, "output": "Tea is 5 EUR.", "transcript": messages()}
    values.update(task=task, agent=agent, number=number, grades=(grade,), cost_usd=PRICES.get(agent, 0.01))
    values.update({"seconds": 1.5, **given})
    return Trial(**values)


def evaluation(
    passes: Mapping[str, Sequence[int]] | None = None,
    tries: int = 4,
    categories: Sequence[str] = ("prices", "orders"),
    extra: Sequence[Trial[Any]] = (),
    **given: Any,
) -> Evaluation:
    """An evaluation in which each agent passes so many of the tries of each task."""
    chosen = passes or {"fair": [4, 2, 1, 0], "good": [4, 4, 4, 2], "idle": [0, 0, 0, 0]}
    count = max(map(len, chosen.values()))
    tasks = [TaskInfo(f"task {place}", categories[place % len(categories)]) for place in range(count)]
    trials = [
        trial(agent, tasks[place].name, number, passed=number <= passed, category=tasks[place].category)
        for agent, counts in chosen.items()
        for place, passed in enumerate(counts)
        for number in range(1, tries + 1)
    ]
    values: dict[str, Any] = {"suite": "shop", "models": {"good": "claude-opus-5-5"}, "tries": tries}
    values.update(tasks=tuple(tasks), agents=tuple(chosen), trials=(*trials, *extra))
    values.update(started=datetime(2026, 11, 29, 14, tzinfo=UTC))
    values.update(given)
    return Evaluation(**values)


def problem(agent: str = "good", task: str = "task 0") -> Trial[Any]:
    """A trial that says nothing about its agent."""
    return trial(agent, task, 9, passed=False, grades=(), problem=f"grader lowest raised KeyError: 'tea' {HOSTILE}")
