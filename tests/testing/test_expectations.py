"""Expectations of what an agent did: what meets them, and what their failures say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Agent, RunResult, ToolError, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, called, expect, in_order, never_called, script
from agentkit.testing.expectations import tool_calls_of


@dataclass
class Line:
    item: str
    count: int = 1


@tool(effect="read")
def price(item: str) -> float:
    """Look up a price."""
    if item == "beer":
        raise ToolError("There is no beer.")
    return 4.0


@tool
def order(lines: list[Line]) -> str:
    """Order."""
    return "done"


reader = Agent("reader", model="claude-haiku-5-5", tools=[price])
lead = Agent("lead", model="claude-opus-5-5", tools=[order, price, reader.as_tool()])


def play(request: JSONObject) -> Reply:
    is_reader = [tool["name"] for tool in request["tools"]] == ["price"]
    turn = len(request["messages"]) // 2
    if is_reader:
        return [Reply.tool("price", item="tea"), Reply.text("4 EUR.")][turn]
    return [
        Reply.tool("reader", objective="What is tea?") + Reply.tool("price", item="beer"),
        Reply.tool("order", lines=[Line("tea", 2), Line("cup")]),
        Reply.text("Done."),
    ][turn]


@pytest.fixture(scope="module")
def result() -> RunResult[str]:
    with script(play):
        return lead.run_sync("Two teas.")


def failure(result: RunResult[str], *expectations: object) -> str:
    with pytest.raises(AssertionError) as caught:
        expect(result, *expectations)  # type: ignore[arg-type]  # whatever the test gives
    return str(caught.value)


def test_calls_of_sub_agents_stand_behind_the_call_that_started_them(result: RunResult[str]) -> None:
    assert [(call.path, call.turn, call.name, call.is_error) for call in tool_calls_of(result)] == [
        (("lead",), 1, "reader", False),
        (("lead", "reader"), 1, "price", False),
        (("lead",), 1, "price", True),
        (("lead",), 2, "order", False),
    ]
    assert [call.error for call in tool_calls_of(result) if call.is_error] == ["There is no beer."]


def test_what_was_done_meets_what_is_expected(result: RunResult[str]) -> None:
    expect(
        result,
        called("price"),
        called("price", item="tea").by("reader").succeeding(),
        called("price", item="beer").by("lead").failing().times(1),
        called("price").times(2),
        called("order", lines=[Line("tea", 2), Line("cup")]),
        called("order", lines=...),
        called("order", lines=lambda lines: len(lines) == 2),
        never_called("refund"),
        never_called("price", item="cup"),
        in_order("reader", called("price", item="beer"), "order"),
    )


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        (called("refund"), "Expected a call refund()."),
        (called("price", item="cup"), 'Expected a call price(item="cup").\n  nearest: item was "tea"'),
        (called("price", shop=...), "nearest: shop was not given"),
        (called("price").times(3), "Expected a call price(), 3 times; it was 2."),
        (called("order").by("reader"), "Expected a call order() by reader.\n  nearest: it was made by lead"),
        (called("order").failing(), "Expected a call order() that failed.\n  nearest: it did not fail"),
        (called("price", item="beer").succeeding(), "nearest: it failed"),
        (never_called("order"), "Expected no call order()."),
        (never_called("price", item="tea"), 'Expected no call price(item="tea").'),
        (in_order("order", "price"), "Expected a call price() behind order()."),
        (in_order("refund"), "Expected a call refund()."),
    ],
)
def test_a_failure_says_what_was_expected_and_every_call(
    result: RunResult[str], expectation: object, words: str
) -> None:
    text = failure(result, expectation)
    assert text.startswith(words) or words in text
    assert (
        'Calls that were made:\n  1. lead: reader(objective="What is tea?")\n  2. lead/reader: price(item="tea")'
        in text
    )
    assert '  3. lead: price(item="beer")  failed' in text


def test_everything_unmet_is_said_at_once(result: RunResult[str]) -> None:
    text = failure(result, called("refund"), called("price"), never_called("order"))
    assert text.startswith("Expected a call refund().\nExpected no call order().\nCalls that were made:")


def test_conversations_and_messages_can_be_asked_too() -> None:
    chat = lead.conversation()
    import anyio

    with script(Reply.tool("price", item="tea"), Reply.text("4 EUR.")):
        anyio.run(chat.send, "Tea?")
    expect(chat, called("price", item="tea"), never_called("order"))
    expect(chat.messages, called("price").times(1))
    expect([{"role": "assistant", "content": "Hi."}], never_called("price"))
    with pytest.raises(AssertionError, match="Calls that were made:\n  none"):
        expect([], called("price"))


@pytest.mark.anyio
async def test_a_streamed_run_can_be_asked_when_it_has_ended() -> None:
    with script(Reply.tool("price", item="tea"), Reply.text("4 EUR.")):
        async with lead.stream("Tea?") as run:
            async for _ in run:
                pass
    expect(run, called("price"))


def test_long_arguments_are_shown_in_part() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "order", "input": {"note": "x" * 1000}}
    with pytest.raises(AssertionError) as caught:
        expect([{"role": "assistant", "content": [call]}], never_called("order"))
    assert len(str(caught.value)) < 300
    assert "not answered" in str(caught.value)


def test_the_calls_of_every_try_of_a_sub_agent_are_seen() -> None:
    look, stop = Reply.tool("price", item="tea"), Reply.refusal("No.")
    agent = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(on_failure="retry")])
    with script(Reply.tool("reader", objective="Go."), look, stop, look, Reply.text("4 EUR."), Reply.text("Done.")):
        result = agent.run_sync("Go")
    assert [call.path for call in tool_calls_of(result)] == [("lead",), ("lead", "reader"), ("lead", "reader")]
