"""Turns as events: whatever a turn holds, the pieces in their order make it up again."""

from __future__ import annotations

import json

import pytest

from agentkit.messages.message import Block, JSONObject
from agentkit.simulator import Reply
from agentkit.simulator.replies.stream import encode_sse_event, message_json, stream_events
from tests.simulator.bodies import body

USAGE: JSONObject = {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 40, "service_tier": "standard"}
CITED: Block = {"type": "text", "text": "Tea.", "citations": [{"type": "char_location", "cited_text": "tea"}] * 2}
TURNS = {
    "text": Reply.text("Tea? " * 20),
    "a long and odd text": Reply.text("\n\ndata: x\r\n\r\nevent: y 🍵 \u2028" * 9),
    "thinking": Reply.thinking("Hm. " * 20),
    "calls": Reply.tool("find", words=["tea"] * 20) + Reply.tool("find"),
    "citations": Reply.block(CITED),
    "hidden thinking": Reply.block({"type": "redacted_thinking", "data": "x" * 100}),
    "a tool of the API": Reply.block({"type": "server_tool_use", "id": "s", "name": "web", "input": {"q": "tea"}})
    + Reply.block({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "x"}]}),
    "nothing": Reply(),
    "a refusal": Reply.refusal("Not this."),
}


def rebuilt(stream: list[JSONObject]) -> list[Block]:
    blocks: list[Block] = []
    for event in stream:
        if event["type"] == "content_block_start":
            blocks.append({**event["content_block"]})
            pieces = ""
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            match delta["type"]:
                case "text_delta":
                    blocks[-1]["text"] += delta["text"]
                case "thinking_delta":
                    blocks[-1]["thinking"] += delta["thinking"]
                case "signature_delta":
                    blocks[-1]["signature"] = delta["signature"]
                case "citations_delta":
                    blocks[-1]["citations"] = [*blocks[-1]["citations"], delta["citation"]]
                case _:
                    pieces += delta["partial_json"]
                    blocks[-1]["input"] = json.loads(pieces or "{}") if pieces.endswith("}") else {}
    return blocks


@pytest.mark.parametrize("name", TURNS)
def test_the_pieces_make_up_the_turn(name: str) -> None:
    turn = TURNS[name].to_turn(body(), "seed")
    stream = list(stream_events(turn, message_id="msg_1", model="m", usage=USAGE))
    assert rebuilt(stream) == turn.content
    whole = message_json(turn, message_id="msg_1", model="m", usage=USAGE)
    assert whole["content"] == turn.content
    assert stream[-2]["delta"]["stop_reason"] == whole["stop_reason"] == turn.stop_reason
    assert stream[-2]["delta"]["stop_details"] == turn.stop_details
    indices = [event["index"] for event in stream if event["type"] == "content_block_start"]
    assert indices == list(range(len(turn.content)))


def test_usage_at_the_end_is_that_of_the_whole_reply() -> None:
    turn = Reply.text("Tea.").to_turn(body(), "seed")
    stream = list(stream_events(turn, message_id="msg_1", model="m", usage=USAGE))
    assert stream[0]["message"]["usage"] == {**USAGE, "output_tokens": 1}
    assert [event["type"] for event in stream[:3]] == ["message_start", "content_block_start", "ping"]
    assert stream[-2]["usage"] == {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 40}
    parts = {"iterations": [{"type": "message"}], "server_tool_use": {"web_search_requests": 1}}
    stream = list(stream_events(turn, message_id="msg_1", model="m", usage={**USAGE, **parts}))
    assert stream[0]["message"]["usage"] == {**USAGE, "output_tokens": 1}
    assert {name: stream[-2]["usage"][name] for name in parts} == parts


@pytest.mark.parametrize("text", ['{"a": 1', "{'a': 1}", "", "[1, 2]"])
def test_an_input_that_is_no_json_is_sent_as_it_is(text: str) -> None:
    turn = Reply.tool_text("find", text).to_turn(body(), "seed")
    deltas = [
        event["delta"]
        for event in stream_events(turn, message_id="m", model="m", usage=USAGE)
        if "index" in event and "delta" in event
    ]
    assert deltas[0] == {"type": "input_json_delta", "partial_json": ""}
    assert "".join(delta["partial_json"] for delta in deltas) == text


def test_an_event_is_two_lines_and_an_empty_one() -> None:
    for event in stream_events(
        TURNS["a long and odd text"].to_turn(body(), "s"), message_id="m", model="m", usage=USAGE
    ):
        name, data, *rest = encode_sse_event(event).split(b"\n")
        assert name == b"event: " + event["type"].encode()
        assert json.loads(data.removeprefix(b"data: ")) == event
        assert rest == [b"", b""]
