"""The offline responder of a simulator."""

import json

import pytest

from agentkit.simulator import offline
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
