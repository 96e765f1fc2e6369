"""Messages made fit to go on with: no thinking or all of it, every call answered, nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentkit.history.plain_text import content_blocks
from agentkit.history.sanitize import NO_RESULT, with_missing_results, without_thinking
from agentkit.messages.message import Block, Message, text_block, tool_result, user
from agentkit.simulator.rules import refuse

THINKING: Block = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
HIDDEN: Block = {"type": "redacted_thinking", "data": "x"}
SUMMARY: Block = {"type": "compaction", "content": "They said hi.", "signature": "s"}


def call(call_id: str) -> Block:
    return {"type": "tool_use", "id": call_id, "name": "look", "input": {}}


def assistant(*blocks: Block) -> Message:
    return Message.of("assistant", list(blocks))


def is_taken(messages: list[Message]) -> bool:
    """Whether the API would take a conversation that begins so."""
    said = [message.to_dict() for message in [*messages, user("Go on.")]]
    return refuse({"model": "claude-opus-5-5", "max_tokens": 1, "messages": said}) is None


def test_thinking_goes_all_of_it_and_what_else_was_said_stays() -> None:
    messages = [user("Hi"), assistant(THINKING, text_block("a"), HIDDEN, call("c1")), user([tool_result("c1", "x")])]
    left = without_thinking(messages)
    assert [message.content for message in left] == ["Hi", [text_block("a"), call("c1")], [tool_result("c1", "x")]]
    assert left[0] is messages[0]
    assert left[2] is messages[2]


def test_a_message_of_thinking_alone_is_left_out() -> None:
    assert without_thinking([user("Hi"), assistant(THINKING)]) == [user("Hi")]
    assert without_thinking([user("Hi"), assistant(THINKING, text_block("\n"))]) == [user("Hi")]


def test_a_signed_summary_becomes_a_message_of_the_user() -> None:
    [said, rest] = without_thinking([assistant(SUMMARY, text_block("Well."))])
    assert (said.role, rest.role) == ("user", "assistant")
    assert "They said hi." in str(said.content)
    assert without_thinking([assistant({**SUMMARY, "content": None})]) == []


def test_messages_that_are_whole_are_passed_on_as_they_are() -> None:
    messages = [
        user("Hi"),
        assistant(text_block("a"), call("c1"), call("c2")),
        user([tool_result("c1", "x"), tool_result("c2", "y"), text_block("note")]),
        assistant(text_block("b")),
        Message.of("system", "Be brief."),
        user("Bye"),
    ]
    assert all(one is other for one, other in zip(with_missing_results(messages), messages, strict=True))


LOST = tool_result("c1", NO_RESULT, is_error=True)
ONE, TWO = assistant(call("c1")), assistant(call("c1"), call("c2"))
X, Y = tool_result("c1", "x"), tool_result("c2", "y")
BROKEN: dict[str, tuple[list[Message], list[Message]]] = {
    "no answer": ([ONE], [ONE, user([LOST])]),
    "no answer, and the user goes on": ([ONE, user("Well?")], [ONE, user([LOST, text_block("Well?")])]),
    "no answer, and the model goes on": (
        [ONE, Message.of("system", "x"), assistant(text_block("b"))],
        [ONE, Message.of("system", "x"), user([LOST]), assistant(text_block("b"))],
    ),
    "one of two": ([TWO, user([Y])], [TWO, user([LOST, Y])]),
    "wrong order": ([TWO, user([Y, X])], [TWO, user([X, Y])]),
    "text before the result": ([ONE, user([text_block("a"), X])], [ONE, user([X, text_block("a")])]),
    "two results": ([ONE, user([X, tool_result("c1", "again")])], [ONE, user([X])]),
    "a result without its call": (
        [user([X, text_block("Hi")])],
        [user([text_block("The result of a call that is no longer shown: x"), text_block("Hi")])],
    ),
}


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_history_is_put_right(row: tuple[list[Message], list[Message]]) -> None:
    broken, whole = row
    assert with_missing_results(broken) == whole
    assert with_missing_results(whole) == whole


blocks = st.sampled_from([text_block("x"), THINKING, HIDDEN, *(call(f"c{n}") for n in range(3))])
given_back = st.sampled_from([text_block("y"), *(tool_result(f"c{n}", "z") for n in range(4))])
histories = st.lists(
    st.lists(blocks, min_size=1, max_size=4, unique_by=str).map(lambda said: assistant(*said))
    | st.lists(given_back, min_size=1, max_size=4).map(user),
    max_size=6,
)


@given(histories)
def test_whatever_was_said_the_api_takes_it_afterwards(history: list[Message]) -> None:
    ids = [
        block["id"]
        for said in history
        if said.role == "assistant"
        for block in content_blocks(said.content)
        if "id" in block
    ]
    assume(len(ids) == len(set(ids)))  # every turn has ids of its own
    whole = with_missing_results(without_thinking([user("Hi"), *history]))
    assert is_taken(whole)
    assert "thinking" not in str([message.content for message in whole])
    assert with_missing_results(whole) == whole
