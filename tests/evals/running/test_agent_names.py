"""What is evaluated has a name: that of the agent or the function, or the one that it is given."""

from typing import Any

import pytest

from agentkit import Agent
from agentkit.errors import UsageError
from agentkit.evals import PerTask, Task
from agentkit.evals.running.agent_names import check_made_agents, name_agents
from agentkit.evals.task import AnyAgent, AnyTask

CLERK = Agent("clerk", model="m")


async def pipeline(question: str) -> str:
    return question


def test_agents_have_names() -> None:
    made = PerTask(lambda task: CLERK)
    assert list(name_agents(CLERK)) == ["clerk"]
    assert list(name_agents([CLERK, pipeline])) == ["clerk", "pipeline"]
    assert list(name_agents({"a": CLERK, "b": made})) == ["a", "b"]


def test_what_is_none_is_refused_by_name() -> None:
    refused: list[tuple[Any, str]] = [
        ([CLERK, Agent("clerk", model="n")], "same name"),
        ({}, "no agent"),
        ([], "no agent"),
        ({"x": "claude"}, "'x' is of type str"),
        ("claude", "'str' is of type str"),
    ]
    for agents, text in refused:
        with pytest.raises(UsageError, match=text):
            name_agents(agents)


def test_an_agent_that_cannot_be_made_for_a_task_is_named_before_anything_is_spent() -> None:
    def missing(task: AnyTask) -> AnyAgent:
        return {"coffee": CLERK}[task.name]

    def nothing(task: AnyTask) -> Any:
        return None

    tea = Task("What does tea cost?", None, [lambda trial: True], name="tea")

    refused: list[tuple[Any, str]] = [
        (missing, "'oracle', for the task 'tea' raised KeyError: 'tea'"),
        (nothing, "'oracle', for the task 'tea' returned None; it returns an Agent"),
    ]
    for make, text in refused:
        with pytest.raises(UsageError, match=text):
            check_made_agents({"clerk": CLERK, "oracle": PerTask(make)}, [tea])
