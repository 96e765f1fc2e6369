"""Messages as dictionaries for pages and databases; those that need their bytes get them back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from agentkit.history.saved_messages import messages_from_json, messages_to_json
from agentkit.messages.message import JSON, Block, Message, text_block, tool_result, user

THINKING: Block = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
CALL: Block = {"type": "tool_use", "id": "c1", "name": "look", "input": {"word": "tea"}}
PICTURE: Block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aa"}}
PLAIN = (
    user("Hi"),
    Message.of("assistant", [THINKING, text_block("a"), CALL]),
    user([tool_result("c1", "x", is_error=True, toolset_name="t"), text_block("note"), PICTURE]),
)
NEED_BYTES = (
    Message.of("assistant", [{**CALL, "input": {"b": 2, "a": 1}}]),
    Message.of("assistant", [{**CALL, "input": {"a": 1.0}}]),
    Message.of("assistant", [{**CALL, "input": {"a": 2**60}}]),
    Message.of("assistant", [CALL], {0: '{ "word": "tea" }'}),
    user("a\0b"),
)
STORES: dict[str, Callable[[JSON], JSON]] = {
    "as it is": lambda value: json.loads(json.dumps(value)),
    "with sorted keys": lambda value: json.loads(json.dumps(value, sort_keys=True)),
    "with integers for floats": lambda value: json.loads(
        json.dumps(value), parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text)
    ),
}


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_a_store_gives_back_every_byte(store: Callable[[JSON], JSON]) -> None:
    shown, exact = messages_to_json([*PLAIN, *NEED_BYTES])
    stored_shown, stored_exact = store(shown), store(exact)
    assert isinstance(stored_shown, list)
    assert isinstance(stored_exact, dict)
    back = messages_from_json(stored_shown, stored_exact)
    assert [message.encoded for message in back] == [message.encoded for message in (*PLAIN, *NEED_BYTES)]


def test_only_what_needs_its_bytes_is_saved_twice_and_no_nul_is_shown() -> None:
    shown, exact = messages_to_json([*PLAIN, *NEED_BYTES])
    assert [*exact] == ["3", "4", "5", "6", "7"]
    assert shown[1] == {"role": "assistant", "content": [THINKING, text_block("a"), CALL]}
    assert "\\u0000" not in json.dumps(shown)


def test_a_message_that_was_changed_in_the_store_stays_changed() -> None:
    shown, exact = messages_to_json(NEED_BYTES)
    shown[4] = {"role": "user", "content": "[removed]"}
    back = messages_from_json(shown, exact)
    assert back[4] == user("[removed]")
    assert [message.encoded for message in back[:4]] == [message.encoded for message in NEED_BYTES[:4]]
