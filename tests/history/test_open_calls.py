"""A caller may bring the results of the last turn's calls; what it brings counts, and each call has one result."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from agentkit import Agent, ToolStarted, UsageError, tool
from agentkit.history.open_calls import answer_open_calls, unanswered_start
from agentkit.history.sanitize import NO_RESULT
from agentkit.messages.message import Block, JSONObject, Message, text_block, tool_result, user
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


def call(call_id: str) -> Block:
    return {"type": "tool_use", "id": call_id, "name": "rate", "input": {"currency": "GBP"}}


def assistant(*blocks: Block) -> Message:
    return Message.of("assistant", list(blocks))


OURS = tool_result("c1", NO_RESULT, is_error=True)
ASKED = [user("Hi"), assistant(call("c1"))]
TWO = [user("Hi"), assistant(call("c1")), assistant(call("c2"))]


@pytest.mark.parametrize(
    ("messages", "given", "after", "rest"),
    [
        (ASKED, "Well?", [[OURS]], "Well?"),
        (ASKED, [tool_result("c1", "1")], [[tool_result("c1", "1")]], []),
        (
            ASKED,
            [text_block("Here."), tool_result("c1", "1")],
            [[tool_result("c1", "1")]],
            [text_block("Here.")],
        ),
        ([*ASKED, user([OURS])], [tool_result("c1", "1")], [[tool_result("c1", "1")]], []),
        ([*ASKED, user([OURS]), user("Wait.")], "Well?", [[OURS], "Wait."], "Well?"),
        (TWO, [tool_result("c2", "2")], [[OURS, tool_result("c2", "2")]], []),
        (
            [*TWO, user([tool_result("c1", "1"), text_block("One.")])],
            [tool_result("c2", "2")],
            [[tool_result("c1", "1"), tool_result("c2", "2"), text_block("One.")]],
            [],
        ),
        ([user("Hi")], "Well?", ["Hi"], "Well?"),
        ([], "Hi", [], "Hi"),
    ],
)
def test_each_call_of_the_last_turn_gets_one_result(
    messages: list[Message], given: Any, after: list[Any], rest: Any
) -> None:
    answered, content = answer_open_calls(messages, given)
    start = unanswered_start(messages)
    assert answered[:start] == messages[:start]
    assert [message.content for message in answered[start:]] == after
    assert content == rest


@pytest.mark.parametrize(
    ("messages", "known"),
    [
        (ASKED, "Its calls are c1."),
        ([], "It made no call."),
        ([*ASKED, user([tool_result("c1", "1")]), assistant(text_block("One."))], "It made no call."),
    ],
)
def test_a_result_for_anything_else_is_the_callers_error(messages: list[Message], known: str) -> None:
    call_id = "c1" if "no call" in known else "c9"
    with pytest.raises(UsageError) as caught:
        answer_open_calls(messages, [tool_result(call_id, "1")])
    assert f"a result for the call '{call_id}'" in str(caught.value)
    assert known in str(caught.value)


@tool(effect="read")
async def rate(currency: str) -> float:
    """The rate of a currency."""
    await anyio.sleep_forever()
    return 0.0


BANK = Agent("bank", model="claude-haiku-5-5", tools=[rate])


def results_in(request: JSONObject) -> list[Block]:
    return [
        block
        for message in request["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    ]


async def test_a_conversation_goes_on_from_an_open_call_with_its_result() -> None:
    earlier: list[JSONObject] = [
        {"role": "user", "content": "One pound?"},
        {"role": "assistant", "content": [call("toolu_7")]},
    ]
    with script(Reply.text("1.15 euro."), Reply.text("Yes.")) as s:
        chat = BANK.conversation(earlier)
        assert (await chat.send([tool_result("toolu_7", "1.15"), text_block("From the till.")])).ok
        assert (await chat.send("Sure?")).ok
    assert s.refusals == []
    assert results_in(s.requests[-1]) == [tool_result("toolu_7", "1.15")]


async def test_a_late_result_takes_the_place_of_that_of_a_run_that_was_stopped() -> None:
    chat = BANK.conversation()
    with script(Reply.tool("rate", currency="GBP"), Reply.text("1.15 euro.")) as s:
        async with chat.stream("One pound?") as run:
            async for event in run:
                if isinstance(event, ToolStarted):
                    break
        call_id = chat.messages[1]["content"][0]["id"]
        with pytest.raises(UsageError, match="'toolu_of_nobody'"):
            await chat.send([tool_result("toolu_of_nobody", "1")])
        again = BANK.conversation(chat.save())
        assert (await again.send([tool_result(call_id, "1.15")])).ok
    assert s.refusals == []
    assert results_in(s.requests[-1]) == [tool_result(call_id, "1.15")]
    assert len(results_in({"messages": chat.messages})) == 1
