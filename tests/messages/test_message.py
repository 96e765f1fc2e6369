"""Messages: each encoded once, the bytes of a turn a prefix of the next one's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import (
    AssistantTurn,
    Block,
    JSONObject,
    Message,
    encode,
    text_block,
    text_of,
    tool_result,
    user,
)
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.messages.server_threads import THREADS_BETA, ServerThread

texts = st.text(st.characters(codec="utf-8"))
messages = st.builds(
    Message.of,
    st.sampled_from(["user", "assistant"]),
    texts | st.lists(st.builds(text_block, texts) | st.builds(tool_result, texts, texts), min_size=1),
)
prefixes = st.builds(
    EncodedPrefix.encode,
    st.none() | texts,
    st.lists(st.fixed_dictionaries({"name": texts, "input_schema": st.just({"type": "object"})})),
)


@given(prefixes, st.lists(messages, min_size=1), st.dictionaries(texts, texts, min_size=1))
def test_the_bytes_and_the_dict_of_a_request_say_the_same(
    prefix: EncodedPrefix, said: list[Message], options: dict[str, str]
) -> None:
    options = {f"x-{key}": value for key, value in options.items()}
    request = Request(prefix, said, options)
    assert json.loads(request.to_bytes()) == request.to_dict()


@given(prefixes, st.lists(messages, min_size=2), st.data())
def test_up_to_its_last_message_a_body_is_a_prefix_of_every_later_one(
    prefix: EncodedPrefix, said: list[Message], data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, len(said) - 1))
    tail = b'],"model":"m"}'
    earlier = Request(prefix, said[:n], {"model": "m"}).to_bytes()
    assert earlier.endswith(tail)
    assert Request(prefix, said, {"model": "other", "max_tokens": 5}).to_bytes().startswith(earlier[: -len(tail)])


@given(prefixes, st.lists(messages, min_size=2), st.data())
def test_what_a_thread_sends_is_the_rest_of_what_the_server_holds(
    prefix: EncodedPrefix, said: list[Message], data: st.DataObject
) -> None:
    held = data.draw(st.integers(1, len(said)))
    whole = Request(prefix, said, {"model": "m", "cache_control": {"type": "ephemeral"}}, ("b-1",), "run")
    assert whole.as_sent() is whole
    first = replace(whole, messages=said[:held], thread=ServerThread()).as_sent()
    rest = replace(whole, thread=ServerThread("msg_1", held)).as_sent()
    assert json.loads(first.to_bytes())["thread"] == {"type": "create"}
    thread = {"type": "continue", "previous_message_id": "msg_1"}
    assert json.loads(rest.to_bytes()) == {**rest.to_dict(), "model": "m", "thread": thread}
    assert first.betas == rest.betas == ("b-1", THREADS_BETA)
    assert rest.to_dict().keys() == {"messages", "model", "thread"}
    assert [*first.messages, *rest.messages] == said
    assert (first.prefix, rest.sender) == (prefix, "run")


def test_a_tool_input_goes_back_as_the_model_wrote_it() -> None:
    """Spaces, number forms and escapes included: the bytes are the model's own."""
    text = '{ "price": 4.50, "name": "caf\\u00e9" }'
    block: Block = {"type": "tool_use", "id": "toolu_1", "name": "x", "input": json.loads(text)}
    turn = AssistantTurn([text_block("Hm."), block], "tool_use", {}, input_texts={1: text})
    message = turn.to_message()
    assert message is not None
    assert text.encode() in message.encoded
    assert json.loads(message.encoded) == message.to_dict()


def test_an_empty_text_of_a_reply_does_not_go_back_and_a_blank_one_only_beside_others() -> None:
    text = '{ "price": 4.50 }'
    call: Block = {"type": "tool_use", "id": "toolu_1", "name": "x", "input": json.loads(text)}
    turn = AssistantTurn([text_block(""), text_block("\n"), call], "tool_use", {}, input_texts={2: text})
    message = turn.to_message()
    assert message is not None
    assert message.content == [text_block("\n"), call]
    assert text.encode() in message.encoded
    for blank in ([], [text_block("")], [text_block(" "), text_block("\n")]):
        assert AssistantTurn(blank, "end_turn", {}).to_message() is None


def test_cache_markers_are_counted_where_the_api_counts_them() -> None:
    mark: JSONObject = {"cache_control": {"type": "ephemeral"}}
    result: Block = {"type": "tool_result", "tool_use_id": "c", "content": [text_block("a") | mark], **mark}
    call: Block = {"type": "tool_use", "id": "c", "name": "x", "input": mark, "cache_control": None}
    assert user([result, text_block('"cache_control"') | mark]).markers == 3
    assert Message.of("assistant", [call]).markers == 0


def test_a_turn_survives_the_way_through_json() -> None:
    block: Block = {"type": "tool_use", "id": "toolu_1", "name": "x", "input": {}}
    turn = AssistantTurn([block], "tool_use", {"input_tokens": 3}, "m", "msg_1", {}, {0: "{"}, {"category": "bio"}, "d")
    assert AssistantTurn.from_json(json.loads(json.dumps(turn.to_json()))) == turn
    assert turn.tool_calls()[0].invalid_input == "{"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_what_json_cannot_say_is_not_sent(value: object) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"a": value})


def test_nothing_is_sent_for_what_is_not_there() -> None:
    assert Request(EncodedPrefix.encode(None, []), [user("Hi")], {"model": "m"}).to_dict().keys() == {
        "messages",
        "model",
    }


def test_the_text_of_a_message_is_its_text_blocks() -> None:
    assert text_of([text_block("a"), {"type": "image"}, text_block("b")]) == "ab"
    assert text_of("ab") == "ab"
