"""An agent whose models a function plays is the same agent otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import Agent, Tool, Toolset, tool
from agentkit.evals.scripted_model import played_by
from agentkit.messages.request import Request
from agentkit.testing import Reply, script


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def reply(request: Request) -> Reply:
    """Call every tool that is an agent once, then answer."""
    if len(request.messages) > 1:
        return Reply.text(str(request.options["model"]))
    names = [tool["name"] for tool in request.prefix.tools if "objective" in str(tool)]
    return sum((Reply.tool(name, objective="Add.") for name in names), Reply()) if names else Reply.text("5")


@pytest.mark.anyio
async def test_every_agent_of_the_tree_is_played_and_keeps_the_name_of_its_model() -> None:
    adder = Agent("adder", model="claude-haiku-5-5", tools=[add])
    checker = Agent("checker", model="claude-sonnet-5-5", tools=[add])
    tools: list[Tool[..., Any] | Toolset] = [
        adder.as_tool(models={"deep": "claude-opus-5-5"}),
        Toolset("checks", [checker.as_tool()]),
    ]
    lead = Agent("lead", model="claude-opus-5-5", instructions="Lead.", tools=tools, fallback="claude-haiku-5-5")
    played = played_by(lead, reply)
    result = await played.run("Add 2 and 3.")
    assert (result.ok, result.output) == (True, "claude-opus-5-5")
    assert [(child.agent, child.output) for child in result.children] == [("adder", "5"), ("checker", "5")]
    assert (played.instructions, list(played.agent_tools.tools)) == ("Lead.", list(lead.agent_tools.tools))


@pytest.mark.anyio
async def test_no_client_takes_its_place_neither_a_given_nor_an_overriding_one() -> None:
    played = played_by(Agent("adder", model="claude-haiku-5-5"), reply)
    with script(Reply.text("a server's answer")) as simulator:
        assert (await played.run("Add.")).output == "5"
        assert (await played.run("Add.", client=simulator.client())).output == "5"
        assert (await Agent("other", model="claude-haiku-5-5").run("Add.")).output == "a server's answer"
