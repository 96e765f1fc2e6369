"""Messages from elsewhere: read as they are, blank ones left out, what the API would refuse named with its place."""

from __future__ import annotations

import anthropic.types as sdk
import pytest

from agentkit import UsageError
from agentkit.history.read_messages import read_message, read_messages
from agentkit.messages.message import Block, JSONObject, Message, text_block, user
from tests.pictures import image_block, png

THINKING: Block = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
CALL: Block = {"type": "tool_use", "id": "c1", "name": "look", "input": {}}


def assistant(*blocks: Block) -> Message:
    return Message.of("assistant", list(blocks))


def result(*content: Block, **more: object) -> Block:
    return {"type": "tool_result", "tool_use_id": "c1", "content": list(content), **more}


def test_the_apis_own_dictionaries_are_read_and_blank_ones_left_out() -> None:
    given: list[JSONObject] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": []},
        {"role": "assistant", "content": [text_block("")]},
        {"role": "assistant", "content": [text_block(" \n"), text_block("")]},
        {"role": "user", "content": "\n"},
        {"role": "assistant", "content": [THINKING], "id": "msg_1", "model": "m"},
        {"role": "user", "content": (text_block("Well?"),)},
    ]
    assert read_messages(given) == [user("Hi"), assistant(THINKING), user([text_block("Well?")])]


def test_empty_texts_beside_others_are_left_out_and_blank_ones_are_not() -> None:
    given = {"role": "assistant", "content": [text_block(""), text_block("\n"), CALL]}
    assert read_message(given, "m") == assistant(text_block("\n"), CALL)
    said = {"role": "user", "content": [result(text_block(""), image_block(png()))]}
    assert read_message(said, "m") == user([result(image_block(png()))])
    failed = {"role": "user", "content": [result(text_block("No."), image_block(png()), is_error=True)]}
    assert read_message(failed, "m") == user([result(text_block("No."), is_error=True)])
    whole = {"role": "user", "content": [result(text_block("Yes."), image_block(png()))]}
    assert read_message(whole, "m") == user(whole["content"])  # type: ignore[arg-type]  # blocks


def test_objects_of_the_sdk_are_read() -> None:
    text = sdk.TextBlock(type="text", text="Tea.", citations=None)
    call = sdk.ToolUseBlock(type="tool_use", id="c1", name="look", input={"b": 1, "a": 2})
    usage = sdk.Usage(input_tokens=1, output_tokens=1)
    reply = sdk.Message(
        id="msg_1",
        content=[text, call],
        model="m",
        role="assistant",
        stop_reason="tool_use",
        stop_sequence=None,
        type="message",
        usage=usage,
    )
    content = [{"type": "text", "text": "Tea.", "citations": None}, {**CALL, "input": {"b": 1, "a": 2}}]
    read = read_messages([{"role": "assistant", "content": [text, call]}, reply])
    assert [(message.role, message.content) for message in read] == [("assistant", content)] * 2
    assert b'"input":{"b":1,"a":2}' in read[1].encoded


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("Hi", r"messages\[1\] is no dictionary"),
        ({"content": "Hi"}, r"messages\[1\] has the role None"),
        ({"role": "tool", "content": "Hi"}, "role 'tool'"),
        ({"role": "user"}, r"messages\[1\].content must be text or a list of blocks, not NoneType"),
        ({"role": "user", "content": ["Hi"]}, r"messages\[1\].content\[0\] is no block"),
        ({"role": "user", "content": [{"type": "text"}]}, r"content\[0\] is a text block without its `text`"),
        ({"role": "assistant", "content": [{"type": "tool_use", "id": "c"}]}, "without its `name`"),
        ({"role": "user", "content": [{"type": "x", "data": b"x"}]}, "that JSON does not have"),
        ({"role": "user", "content": "\ud800"}, "half of a surrogate pair"),
        ({"role": "user", "content": [CALL]}, r"content\[0\] is a tool_use block, which .* role assistant"),
        ({"role": "assistant", "content": [result()]}, r"content\[0\] is a tool_result block, which .* role user"),
        ({"role": "assistant", "content": [CALL, CALL]}, r"content\[1\] is a second call with the id 'c1'"),
        ({"role": "user", "content": [image_block(b"junk")]}, r"content\[0\] cannot be sent\. This image is no PNG"),
        ({"role": "user", "content": [result(image_block(b"junk"))]}, r"content\[0\] cannot be sent"),
    ],
)
def test_what_is_no_message_is_refused_at_its_place(wrong: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_messages([{"role": "user", "content": "Hi"}, wrong])
