"""An agent does a task in one run, or in a conversation with an agent that plays the user."""

from typing import Any

import pytest

from agentkit import Agent
from agentkit.evals import Case, Task, Trial, called, evaluate
from agentkit.evals.grader import Grader
from agentkit.simulator import Reply
from agentkit.testing import script
from tests.evals.running.shop import Stock, buyer, is_first_turn

pytestmark = pytest.mark.anyio


def is_user(request: dict[str, Any]) -> bool:
    return "You want tea" in str(request.get("system", ""))


def talk(request: dict[str, Any]) -> Reply:
    """The user names the item, and ends the conversation once it is ordered."""
    last = str(request["messages"][-1]["content"])
    if is_user(request):
        return Reply.text("###STOP###" if "Ordered" in last else "Green tea, please.")
    if "Green tea" in last and is_first_turn(request):
        return Reply.tool("order", item="green tea")
    return Reply.text("Ordered." if "tool_result" in last else "Which one?")


user = Agent("user", model="claude-haiku-5-5", instructions="You want tea; green, if asked.")


async def test_a_user_answers_until_the_conversation_is_over() -> None:
    def was_ordered(trial: Trial[Stock]) -> bool:
        return trial.world.orders == ["green tea"]

    graders: list[Grader] = [was_ordered, called("order").times(1)]
    task = Task("I want tea.", Stock, graders, user=user)
    with script(talk) as simulator:
        evaluation = await evaluate(buyer, [task])
    (trial,) = evaluation.trials
    assert [grade.reason for grade in trial.grades if not grade.passed] == []
    assert (trial.passed, trial.output) == (True, "Ordered.")
    assert [message["role"] for message in trial.transcript] == ["user", "assistant"] * 3
    assert len(simulator.requests) == 5
    assert evaluation.spent_usd > (trial.cost_usd or 0) > 0
    first = next(str(request["messages"][-1]["content"]) for request in simulator.requests if is_user(request))
    assert "I want tea." in first
    assert "Which one?" in first


async def test_a_conversation_has_a_most_of_exchanges() -> None:
    task = Task("I want tea.", graders=[called("order")], user=user, max_exchanges=3)
    with script(lambda _: Reply.text("What do you mean?")) as simulator:
        evaluation = await evaluate(Agent("clerk", model="claude-haiku-5-5"), [task])
    assert len(simulator.requests) == 3 + 2
    assert len(evaluation.trials[0].transcript) == 6


async def test_code_of_an_agent_that_raises_fails_the_trial() -> None:
    def instructions(_: object) -> str:
        raise LookupError("no template")

    agent = Agent("clerk", model="claude-haiku-5-5", instructions=instructions)
    with script():
        evaluation = await evaluate(agent, [Case("?", output="4")])
    assert [trial.passed for trial in evaluation.trials] == [False]
    assert evaluation.trials[0].reason == "LookupError: no template"
