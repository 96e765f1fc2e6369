"""The runs of agents inside a pipeline are found by themselves, however they were started."""

from typing import Any

import pytest

from agentkit import Agent
from agentkit.evals import Case, called, evaluate
from agentkit.simulator import Reply
from agentkit.testing import script
from tests.evals.running.shop import asks_the_price, clerk

pytestmark = pytest.mark.anyio


async def test_runs_of_a_map_of_streams_and_of_sub_agents_count() -> None:
    manager = Agent("manager", model="claude-haiku-5-5", tools=[clerk.as_tool()])

    async def pipeline(question: str) -> str:
        await clerk.map([question, question])
        async with clerk.stream(question) as run:
            async for _ in run:
                pass
        return (await manager.run(question)).output

    def reply(request: dict[str, Any]) -> Reply:
        is_manager = "clerk" in str(request.get("tools"))
        if is_manager and "tool_result" not in str(request["messages"]):
            return Reply.tool("clerk", objective="What does tea cost?")
        return asks_the_price(request)

    with script(reply) as simulator:
        evaluation = await evaluate({"p": pipeline}, [Case("?", output=4.0, expect=[called("price").times(4)])])
    (trial,) = evaluation.trials
    assert trial.passed, trial.grades
    assert sorted(trial.sub_transcripts) == ["clerk#1", "clerk#2", "clerk#3", "manager#1", "manager/clerk#1"]
    assert len(simulator.requests) == 4 * 2 + 2
    assert trial.cost_usd == pytest.approx(evaluation.spent_usd)
    assert trial.transcript == ()
