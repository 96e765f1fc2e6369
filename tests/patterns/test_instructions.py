import pytest

from agentkit import Agent, RunContext
from agentkit.patterns.instructions import with_more_instructions
from agentkit.testing import Reply, script


def plain(_: RunContext[None]) -> str:
    return "Write."


async def later(_: RunContext[None]) -> str:
    return "Write."


@pytest.mark.anyio
@pytest.mark.parametrize("given", ["Write.", plain, later])
async def test_a_text_stands_behind_instructions_of_every_kind(given: str) -> None:
    agent = with_more_instructions(Agent("writer", model="claude-haiku-5-5", instructions=given), "In verse.")
    with script(Reply.text("Tea")) as api:
        await agent.run("Go")
    assert api.requests[0]["system"] == "Write.\n\nIn verse."
    assert with_more_instructions(Agent("a", model="claude-haiku-5-5"), "In verse.").instructions == "In verse."
