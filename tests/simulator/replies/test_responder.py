"""Any object that answers requests can be the responder of the server."""

from __future__ import annotations

import pytest

from agentkit import Agent
from agentkit import simulator as package
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Responder, Simulator, UnexpectedRequest

pytestmark = pytest.mark.anyio


class Echo:
    """Says what was said last."""

    async def answer(self, request: JSONObject) -> Reply:
        said = request["messages"][-1]["content"]
        if said == "nothing":
            raise UnexpectedRequest("There is no answer to nothing.")
        return Reply.text(said)


async def test_an_agent_talks_to_a_responder_of_ones_own() -> None:
    responder: Responder = Echo()
    agent = Agent("a", model="claude-opus-5-5", client=Simulator(responder).client())
    assert (await agent.run("Hello")).output == "Hello"


async def test_a_request_that_a_responder_has_no_answer_to_is_refused_with_its_reason() -> None:
    simulator = Simulator(Echo())
    result = await Agent("a", model="claude-opus-5-5", client=simulator.client()).run("nothing")
    assert "There is no answer to nothing." in str(result.error)
    assert simulator.failures == []


async def test_the_first_name_of_the_protocol_still_works() -> None:
    assert package.Mind is Responder
