"""Scripts: replies in order, functions of the request, and what did not go as written."""

from __future__ import annotations

import anyio
import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator, UnexpectedRequest
from agentkit.simulator.replies.script import describe_request
from tests.simulator.bodies import HEADERS, HI, TOOL, ask, body, text

pytestmark = pytest.mark.anyio


async def test_replies_come_in_the_order_in_which_they_stand() -> None:
    script = Script(Reply.text("a"), lambda _: Reply.text("b"), Reply.text("c"))
    assert [await script.answer(body()) for _ in range(3)] == [Reply.text(said) for said in "abc"]
    assert script.unused() == []


async def test_one_function_answers_for_ever() -> None:
    script = Script(lambda request: Reply.text(request["model"]))
    for _ in range(3):
        assert await script.answer(body()) == Reply.text("claude-opus-5-5")
    assert script.unused() == []


async def test_a_function_may_wait() -> None:
    async def slow(request: JSONObject) -> Reply:
        await anyio.sleep(0.001)
        return Reply.text("late")

    assert await Script(slow).answer(body()) == Reply.text("late")


async def test_a_request_too_many_is_told_with_what_it_asked() -> None:
    script = Script(Reply.text("a"))
    await script.answer(body())
    for number in (2, 3):
        with pytest.raises(UnexpectedRequest, match=rf"^Request {number} was not expected: the script has 1 reply,"):
            await script.answer(body(HI, tools=[TOOL]))
    assert len(script.problems) == 2
    assert "tools: find" in script.problems[0]


async def test_replies_left_over_are_told_in_short() -> None:
    script = Script(Reply.text("a"), Reply.text("b" * 1000))
    await script.answer(body())
    (left,) = script.unused()
    assert left.startswith("- reply 2: ")
    assert left.endswith("...")


@pytest.mark.parametrize("said", [None, "text", [Reply.text("a")]])
async def test_a_function_that_gives_no_reply_is_told_so(said: object) -> None:
    simulator = Simulator(Script(lambda _: said))  # type: ignore[arg-type, return-value]  # what a checker would say
    response = await simulator.handle(
        "POST",
        "/v1/messages",
        HEADERS,
        b'{"model":"claude-opus-5-5","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}',
    )
    assert response.status == 500
    await response.chunks.aclose()
    assert "functions that return one, not " + repr(said) in str(simulator.failures[0])


def test_a_request_is_described_by_its_end() -> None:
    described = describe_request(
        body(HI, ask(text("And?"), text("x" * 1000)), tools=[TOOL, {"type": "web", "name": "web"}])
    )
    lines = described.splitlines()
    assert lines[:3] == ["  model: claude-opus-5-5", "  tools: find, web", "  messages: 2, the last:"]
    assert "And?" in lines[3]
    assert len(described) < 600
