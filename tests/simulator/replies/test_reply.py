"""Replies: what the model says, written down."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit.messages.message import Block, JSONObject
from agentkit.simulator import Reply
from tests.simulator.bodies import body

FORMAT: JSONObject = {"type": "json_schema", "schema": {"type": "object", "properties": {"a": {}}, "required": ["a"]}}
WRAPPED: JSONObject = {
    "type": "json_schema",
    "schema": {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]},
}


@dataclass
class Item:
    a: int


def content(reply: Reply, **fields: object) -> list[Block]:
    return reply.to_turn(body(**fields), "seed").content


def test_parts_join_into_one_turn_with_ids_of_their_own() -> None:
    turn = (Reply.text("a") + Reply.tool("f", item=Item(1)) + Reply.tool("g")).to_turn(body(), "seed")
    assert [block["type"] for block in turn.content] == ["text", "tool_use", "tool_use"]
    assert turn.content[1]["input"] == {"item": {"a": 1}}
    assert turn.content[1]["id"] != turn.content[2]["id"]
    assert turn.stop_reason == "tool_use"
    assert Reply.text("a").to_turn(body(), "seed").stop_reason == "end_turn"


def test_the_last_stop_reason_that_was_given_counts() -> None:
    reply = Reply.text("a").replace(stop_reason="max_tokens") + Reply.tool("f")
    assert reply.to_turn(body(), "seed").stop_reason == "max_tokens"


@pytest.mark.parametrize(
    ("value", "fields", "expected"),
    [
        (Item(1), {"output_config": {"format": FORMAT}}, {"type": "text", "text": '{"a":1}'}),
        (5, {"output_config": {"format": WRAPPED}}, {"type": "text", "text": '{"answer":5}'}),
        ("plain", {}, {"type": "text", "text": "plain"}),
        (Item(1), {}, {"type": "text", "text": '{"a": 1}'}),
    ],
)
def test_an_output_comes_in_the_form_that_is_asked_for(value: object, fields: JSONObject, expected: Block) -> None:
    assert content(Reply.output(value), **fields) == [expected]


def test_an_output_comes_by_the_answer_tool_where_there_is_one() -> None:
    tools = [{"name": "give_answer", "input_schema": WRAPPED["schema"]}]
    (block,) = content(Reply.output(5), tools=tools)
    assert (block["type"], block["name"], block["input"]) == ("tool_use", "give_answer", {"answer": 5})


def test_an_input_may_be_any_text() -> None:
    turn = Reply.tool_text("f", '{"a": 1').to_turn(body(), "seed")
    assert turn.input_texts == {0: '{"a": 1'}
    assert turn.content[0]["input"] == {}


def test_a_refusal_has_details_and_no_content() -> None:
    turn = Reply.refusal("Not this.", "bio").to_turn(body(), "seed")
    assert (turn.content, turn.stop_reason) == ([], "refusal")
    assert turn.stop_details == {"type": "refusal", "category": "bio", "explanation": "Not this."}


@pytest.mark.parametrize("status", [200, 0, 600])
def test_a_failure_has_the_status_of_one(status: int) -> None:
    with pytest.raises(ValueError, match="between 400 and 599"):
        Reply.failure(status, "overloaded_error")


def test_a_wrong_output_comes_in_the_form_that_was_asked_for() -> None:
    wrapped = {"output_config": {"format": WRAPPED}}
    assert content(Reply.output("five"), **wrapped) == [{"type": "text", "text": '{"answer":"five"}'}]
    assert content(Reply.output({"answer": "five"}), **wrapped) == [{"type": "text", "text": '{"answer":"five"}'}]
    plain = {"output_config": {"format": FORMAT}}
    assert content(Reply.output("five"), **plain) == [{"type": "text", "text": '"five"'}]


def test_what_was_given_to_a_reply_is_not_changed_by_answering() -> None:
    block: Block = {"type": "tool_use", "name": "f", "input": {"a": [1]}}
    reply = Reply.thinking("Hm.") + Reply.block(block)
    first, second = (reply.to_turn(body(), seed) for seed in ("one", "two"))
    first.content[0]["signature"] = "changed"
    assert second.content[0]["signature"] == ""
    assert first.content[1]["id"] != second.content[1]["id"]
    assert block == {"type": "tool_use", "name": "f", "input": {"a": [1]}}
