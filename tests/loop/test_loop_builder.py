"""What the loop of a run is built from: a prompt prefix, rendered with the deps of the run."""

from __future__ import annotations

import pytest

from agentkit import Agent, RunContext, tool
from agentkit.simulator import Reply
from agentkit.testing import script

pytestmark = pytest.mark.anyio

TOO_COMPLEX = Reply.failure(400, "invalid_request_error", "Schema is too complex.")


@tool(effect="read")
def look(word: str) -> str:
    """Look a word up."""
    return word


def instructions(ctx: RunContext[str]) -> str:
    return f"You work for {ctx.deps}."


async def test_a_prefix_that_is_too_complex_is_rendered_again_without_strict_schemas() -> None:
    agent = Agent(
        "a", model="claude-opus-5-5", instructions=instructions, tools=[look], output=dict[str, int], deps=str
    )
    with script(TOO_COMPLEX, Reply.tool("give_answer", tea=4)) as s:
        result = await agent.run("Go", deps="Ann")
    refused, sent = s.requests
    assert result.output == {"tea": 4}
    assert [any(one.get("strict") for one in request["tools"]) for request in (refused, sent)] == [True, False]
    assert refused["system"] == sent["system"]
    assert "You work for Ann." in str(sent["system"])
