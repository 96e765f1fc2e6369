"""A conversation as JSON: byte-true, and refused by name where it is not what was saved."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agentkit import UsageError
from agentkit.history.saved import FORMAT, SavedConversation
from agentkit.messages.container import Container
from agentkit.messages.message import JSONObject, Message, user
from agentkit.messages.request import PromptPrefix

OFFER = PromptPrefix(
    "You keep the books.", [{"name": "look", "input_schema": {"type": "object"}}], {"type": "json_schema"}
)
CALL = {"type": "tool_use", "id": "c1", "name": "look", "input": {"b": 1.0, "a": "ü"}}
SAID = Message.of("assistant", [CALL], {0: '{ "b": 1.0, "a": "\\u00fc" }'})
SAVED = SavedConversation(
    (user("Hi"), SAID), "clerk", "claude-opus-5-5", OFFER, PromptPrefix(None, [], answers_by_tool=True)
)


def test_what_was_saved_comes_back_to_the_byte_also_through_json() -> None:
    back = SavedConversation.from_json_or_messages(json.loads(json.dumps(SAVED.to_json())))
    assert back == SAVED
    assert [message.encoded for message in back.messages] == [message.encoded for message in SAVED.messages]
    assert back.initial_prompt_prefix is not None
    assert back.initial_prompt_prefix.encoded_prefix.encoded == OFFER.encoded_prefix.encoded


def test_the_container_comes_back_and_a_conversation_saved_before_there_was_one_is_read() -> None:
    with_container = replace(SAVED, container=Container("container_5", "2026-11-28T12:00:00Z"))
    assert SavedConversation.from_json_or_messages(json.loads(json.dumps(with_container.to_json()))) == with_container
    older = {name: value for name, value in SAVED.to_json().items() if name != "container"}
    assert SavedConversation.from_json_or_messages(older) == SAVED


def test_a_store_that_sorts_keys_breaks_nothing() -> None:
    back = SavedConversation.from_json_or_messages(json.loads(json.dumps(SAVED.to_json(), sort_keys=True)))
    assert [message.encoded for message in back.messages] == [message.encoded for message in SAVED.messages]
    assert (
        list(back.initial_prompt_prefix.encoded_prefix.tools[0]) == ["name", "input_schema"]
        if back.initial_prompt_prefix
        else False
    )


def test_what_the_first_format_saved_is_read() -> None:
    texts = [message.encoded.decode() for message in SAVED.messages]
    back = SavedConversation.from_json_or_messages({**SAVED.to_json(), "format": 1, "messages": texts})
    assert [message.encoded for message in back.messages] == [message.encoded for message in SAVED.messages]


def test_a_list_of_messages_is_taken_as_another_conversations() -> None:
    for given in ([{"role": "user", "content": "Hi"}], ({"role": "user", "content": "Hi"},)):
        assert SavedConversation.from_json_or_messages(given) == SavedConversation((user("Hi"),))


def changed(**fields: object) -> JSONObject:
    return {**SAVED.to_json(), **fields}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Hi", "not from str"),
        (7, "not from int"),
        ({"role": "user", "content": "Hi"}, "no `format`. One message goes into a list"),
        (changed(format=FORMAT + 1), f"saved in format {FORMAT + 1}, and this version of agentkit reads {FORMAT}"),
        (changed(model=None), "lacks its `model`"),
        (changed(messages="Hi"), "lacks its `messages`"),
        (changed(exact=None), "lacks its `exact`"),
        (changed(messages=["Hi"]), r"messages\[0\] is no dictionary"),
        (changed(messages=[{"role": "user", "content": 7}]), r"messages\[0\].content must be text"),
        (changed(exact={"1": '{"role":"user"'}), r"`exact of messages\[1\]` is not the text that was saved"),
        (changed(format=1, messages=[{"role": "user"}]), r"`messages\[0\]` is not the text that was saved"),
        (changed(offer="[]"), "`offer` is not the text"),
        (changed(told='{"a":1}'), "`told` is not as it was saved"),
    ],
)
def test_what_is_no_conversation_is_refused_by_name(given: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        SavedConversation.from_json_or_messages(given)
