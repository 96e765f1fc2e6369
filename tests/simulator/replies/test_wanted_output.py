"""What a request wants as its output, and whether the last one was sent back."""

from __future__ import annotations

from agentkit.messages.message import JSONObject
from agentkit.simulator.replies.wanted_output import is_output_sent_back, output_block, output_format, output_schema

SCHEMA: JSONObject = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
BY_FORMAT: JSONObject = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
BY_TOOL: JSONObject = {"tools": [{"name": "look", "input_schema": {}}, {"name": "give_answer", "input_schema": SCHEMA}]}


def test_the_schema_is_found_in_either_form() -> None:
    assert [output_schema(request) for request in (BY_FORMAT, BY_TOOL, {})] == [SCHEMA, SCHEMA, None]
    assert [output_format(request) for request in (BY_FORMAT, BY_TOOL, {})] == [SCHEMA, None, None]


def test_an_output_has_the_form_that_is_wanted() -> None:
    assert output_block({"n": 1}, BY_FORMAT) == {"type": "text", "text": '{"n":1}'}
    assert output_block({"n": 1}, BY_TOOL) == {"type": "tool_use", "name": "give_answer", "input": {"n": 1}}
    assert output_block("Hi", {}) == {"type": "text", "text": "Hi"}


def test_an_output_that_was_sent_back_is_told_from_a_new_question() -> None:
    asked: JSONObject = {"role": "user", "content": "How many?"}
    text: JSONObject = {"role": "assistant", "content": '{"n": 1}'}
    misfit: JSONObject = {"role": "user", "content": [{"type": "text", "text": "Your answer does not fit."}]}
    call: JSONObject = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "give_answer"}]}
    result: JSONObject = {"type": "tool_result", "tool_use_id": "t", "content": "It does not fit."}
    refused: JSONObject = {"role": "user", "content": [{**result, "is_error": True}]}
    taken: JSONObject = {"role": "user", "content": [result]}
    assert is_output_sent_back({"messages": [asked, text, misfit]})
    assert is_output_sent_back({"messages": [asked, call, refused]})
    for messages in ([asked], [asked, text, asked], [asked, call, taken]):
        assert not is_output_sent_back({"messages": messages})
