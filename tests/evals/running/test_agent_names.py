"""What is evaluated has a name: that of the agent or the function, or the one that it is given."""

from typing import Any

import pytest

from agentkit import Agent
from agentkit.errors import UsageError
from agentkit.evals import PerTask
from agentkit.evals.running.agent_names import name_agents

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
