"""The offline responder of a simulator."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, field_validator

from agentkit import Agent, Document, Outcome
from agentkit.simulator import Simulator, offline
from agentkit.simulator.offline import OfflineResponder
from tests.simulator.offline.offline_requests import BRIEF, document, request

pytestmark = pytest.mark.anyio


async def test_the_same_request_gets_the_same_reply() -> None:
    body = request(
        [document("tea", "Green tea is steeped at 80 degrees."), {"type": "text", "text": "How hot is green tea?"}]
    )
    assert await OfflineResponder().answer(body) == await OfflineResponder().answer(json.loads(json.dumps(body)))


async def test_it_leaves_the_request_alone() -> None:
    body = request('{"question": "How hot?", "sources": ["tea"]}', BRIEF)
    before = json.dumps(body)
    await OfflineResponder().answer(body)
    assert json.dumps(body) == before


async def test_it_works_in_any_task() -> None:
    reply = await OfflineResponder(allowed_tools={"ask"}).answer(
        request('{"question": "How hot?", "sources": ["tea"]}', BRIEF)
    )
    assert [part["type"] for part in reply.parts if isinstance(part, dict)] == ["text", "tool_use"]


async def test_its_first_name_still_works() -> None:
    assert offline.OfflineMind is OfflineResponder


class Reading(BaseModel):
    answer: str
    source: str


class Price(BaseModel):
    amount: float


class Picky(Reading):
    @field_validator("answer")
    @classmethod
    def refuse(cls, value: str) -> str:
        raise ValueError("nothing is good enough")


TEA = Document("tea", "Green tea is steeped at 80 degrees.")
QUESTION = "How hot is green tea steeped?"


def offline_agent(output: Any, **fields: Any) -> Agent[Any, Any, Any]:
    client = Simulator(OfflineResponder()).client()
    return Agent("a", model="claude-haiku-5-5", output=output, client=client, **fields)


@pytest.mark.parametrize("output", [Reading, Reading | None, list[Reading]])
async def test_a_typed_output_is_filled_from_the_documents(output: Any) -> None:
    result = await offline_agent(output).run([TEA, QUESTION])
    assert result.outcome is Outcome.COMPLETED
    assert "80 degrees" in str(result.output)


@pytest.mark.parametrize("output", [Price, list[Price], Literal["a", "b"], Picky])
@pytest.mark.parametrize("prompt", [[TEA, QUESTION], QUESTION])
async def test_it_says_that_it_cannot_give_one(output: Any, prompt: Any) -> None:
    result = await offline_agent(output).run(prompt)
    assert result.outcome is Outcome.REFUSED
    assert "the offline responder is not a language model and cannot give this typed output: " in result.reason
    assert result.usage.requests <= 2
