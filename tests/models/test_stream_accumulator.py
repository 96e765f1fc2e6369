"""Raw events into one turn: nothing repaired, nothing dropped, nothing guessed."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import ModelError
from agentkit.messages.message import AssistantTurn, Block, JSONObject
from agentkit.models.stream_accumulator import Delta, StreamAccumulator

START: JSONObject = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "m", "content": [], "usage": {"input_tokens": 9, "output_tokens": 1}},
}
STOP: JSONObject = {"type": "message_stop"}


def end(stop_reason: str | None = "end_turn", **usage: int | None) -> JSONObject:
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": usage}


def block(index: int, start: Block, *deltas: JSONObject) -> list[JSONObject]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def read(*events: JSONObject) -> AssistantTurn:
    reader = StreamAccumulator()
    for event in events:
        reader.feed(event)
    return reader.turn()


def tool_use(*pieces: str) -> list[JSONObject]:
    start: Block = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
    return block(0, start, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def test_text_thinking_and_signature_are_joined_in_their_blocks() -> None:
    turn = read(
        START,
        {"type": "ping"},
        *block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "Hm"},
            {"type": "thinking_delta", "thinking": "..."},
            {"type": "signature_delta", "signature": "abc"},
        ),
        *block(1, {"type": "text", "text": ""}, *({"type": "text_delta", "text": t} for t in "Tea")),
        end(output_tokens=7),
        STOP,
    )
    assert turn.content == [
        {"type": "thinking", "thinking": "Hm...", "signature": "abc"},
        {"type": "text", "text": "Tea"},
    ]
    assert turn.usage == {"input_tokens": 9, "output_tokens": 7}
    assert (turn.id, turn.model, turn.stop_reason, turn.text) == ("msg_1", "m", "end_turn", "Tea")


def test_deltas_are_handed_out_as_they_come() -> None:
    reader = StreamAccumulator()
    events = [START, *block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Tea"}), end(), STOP]
    seen: list[Delta | None] = [reader.feed(event) for event in events]
    assert [delta for delta in seen if delta] == [("text", "Tea")]


@given(st.text(st.characters(codec="utf-8")), st.data())
def test_a_tool_input_is_read_the_same_however_it_is_cut(value: str, data: st.DataObject) -> None:
    import json

    text = json.dumps({"words": [value]}, ensure_ascii=data.draw(st.booleans()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    turn = read(START, *tool_use("", *pieces), end("tool_use"), STOP)
    assert turn.tool_calls()[0].input == {"words": [value]}
    assert turn.tool_calls()[0].invalid_input is None
    assert turn.input_texts == {0: text}


@pytest.mark.parametrize(
    "text", ['{"where":"id=1","confirm":true,"exclu', '{"paths":["/tmp/a","/tmp/b', "[1]", '"x"', '{"a":NaN}', "{}{}"]
)
def test_an_input_that_is_not_one_json_object_is_never_taken_for_one(text: str) -> None:
    turn = read(START, *tool_use(text), end("tool_use"), STOP)
    (call,) = turn.tool_calls()
    assert call.input == {}
    assert call.invalid_input is not None
    assert call.invalid_input.startswith(text)
    message = turn.to_message()
    assert message is not None
    assert message.to_dict()["content"][0]["input"] == {}


def test_a_long_input_that_is_not_json_is_quoted_by_its_head() -> None:
    (call,) = read(START, *tool_use("x" * 10_000), end("tool_use"), STOP).tool_calls()
    assert call.invalid_input is not None
    assert len(call.invalid_input) < 300


def test_an_input_without_any_text_is_the_empty_object() -> None:
    (call,) = read(START, *tool_use(""), end("tool_use"), STOP).tool_calls()
    assert (call.input, call.invalid_input) == ({}, None)


def test_blocks_fields_and_events_that_we_do_not_know_are_kept_or_ignored_never_changed() -> None:
    hologram: Block = {"type": "hologram", "layers": [1, {"x": None}], "z": 1e2}
    turn = read(START, {"type": "aurora", "index": 3}, *block(0, dict(hologram)), end("moonrise"), STOP)
    assert turn.content == [hologram]
    assert turn.stop_reason == "moonrise"
    assert turn.unknown_delta is None


def test_a_delta_that_we_do_not_know_is_named() -> None:
    turn = read(START, *block(0, {"type": "hologram"}, {"type": "hologram_delta", "x": 1}), end(), STOP)
    assert turn.unknown_delta == "hologram_delta"


def test_citations_are_collected() -> None:
    deltas = [{"type": "citations_delta", "citation": {"n": n}} for n in (1, 2)]
    turn = read(START, *block(0, {"type": "text", "text": "a", "citations": None}, *deltas), end(), STOP)
    assert turn.content == [{"type": "text", "text": "a", "citations": [{"n": 1}, {"n": 2}]}]


def test_what_the_end_of_a_reply_says_is_kept() -> None:
    edits = [{"type": "clear_tool_uses_20250919", "cleared_tool_uses": 4}]
    said = {"stop_reason": "stop_sequence", "stop_sequence": "END", "container": {"id": "c1", "expires_at": "soon"}}
    last = {"type": "message_delta", "delta": said, "usage": {}, "context_management": {"applied_edits": edits}}
    turn = read(START, *block(0, {"type": "text", "text": "a"}), last, STOP)
    assert (turn.stop_sequence, turn.container, turn.applied_edits) == ("END", said["container"], edits)
    assert AssistantTurn.from_json(turn.to_json()) == turn
    older = {name: value for name, value in turn.to_json().items() if name not in ("stop_sequence", "container")}
    assert AssistantTurn.from_json(older).container is None
    started = {**START, "message": {**START["message"], "container": {"id": "c2"}}}
    assert read(started, end(), STOP).container == {"id": "c2"}
    assert read(START, end(), STOP).container is None


def test_citations_and_blocks_of_the_api_are_handed_out_as_they_come() -> None:
    call = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    result = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
    citation = {"type": "web_search_result_location", "url": "https://tea.example"}
    events = [
        *block(0, call, {"type": "input_json_delta", "partial_json": '{"query": "tea"}'}),
        *block(1, result),
        *block(2, {"type": "text", "text": ""}, {"type": "citations_delta", "citation": citation}),
    ]
    reader = StreamAccumulator()
    deltas = [delta for event in (START, *events) if (delta := reader.feed(event)) is not None]
    assert deltas == [("block", {**call, "input": {"query": "tea"}}), ("block", result), ("citation", citation)]


def test_an_error_event_is_an_error_with_the_apis_own_type() -> None:
    with pytest.raises(ModelError) as caught:
        read(START, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    assert (caught.value.kind, caught.value.status, caught.value.is_retryable) == ("overloaded_error", 200, True)


@pytest.mark.parametrize("length", range(5))
def test_a_stream_that_ends_before_its_end_is_no_turn(length: int) -> None:
    events = [START, *block(0, {"type": "text", "text": "a"}), end(), STOP][:length]
    with pytest.raises(ModelError) as caught:
        read(*events)
    assert caught.value.kind == "stream_interrupted"


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}],
        [START, {"type": "content_block_start", "index": 1, "content_block": {"type": "text"}}],
        [START, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}],
        [START, {"type": "content_block_stop", "index": 0}],
        [{"type": "message_start"}],
        [{"type": "message_start", "message": None}],
        [START, {"type": "content_block_start", "content_block": {}}],
        [START, {"type": "content_block_start", "index": 0, "content_block": 5}],
        [START, {"type": "message_delta", "delta": [1]}],
        [START, *block(0, {"type": "text", "text": "a"}), STOP],
        [START, *block(0, {"type": "text", "text": "a"}), {"type": "message_delta", "usage": {}}, STOP],
    ],
)
def test_events_out_of_order_are_the_servers_fault(events: list[JSONObject]) -> None:
    with pytest.raises(ModelError, match="grammar"):
        read(*events)


TEXT: Block = {"type": "text", "text": "ok"}
CALL: Block = {"type": "tool_use", "id": "toolu_1", "name": "act", "input": {}}


def start(**more: object) -> JSONObject:
    return {**START, "message": {**START["message"], **more}}


def last(**delta: object) -> JSONObject:
    return {"type": "message_delta", "delta": {"stop_reason": "end_turn", **delta}}


GARBLED: list[list[Any]] = [
    *(
        [START, *block(0, found), last()]
        for found in ({**TEXT, "text": None}, {**TEXT, "text": 5}, {**TEXT, "type": 5})
    ),
    *([START, *block(0, {**TEXT, "score": odd}), last()] for odd in (math.nan, math.inf, "\ud800", {1})),
    *([START, *block(0, {**TEXT, "citations": 5}), last()], [START, *block(0, {**TEXT, "citations": "x"}), last()]),
    *(
        [START, {"type": "content_block_start", "index": 0, "content_block": odd}, last()]
        for odd in ("text", None, [5])
    ),
    *(
        [START, {"type": "content_block_start", "index": odd, "content_block": TEXT}, last()]
        for odd in (None, [0], "0")
    ),
    *([START, *block(0, {**CALL, name: odd}), last()] for name in ("id", "name", "input") for odd in (None, 7, ["x"])),
    [START, *block(0, {**CALL, "toolset_name": 5}), last()],
    *([START, *block(0, TEXT, {"type": "text_delta", "text": odd}), last()] for odd in (5, ["x"], {"a": 1})),
    *([START, block(0, TEXT)[0], {"type": "content_block_delta", "index": 0, "delta": odd}] for odd in ("x", None, 5)),
    *([START, *block(0, CALL, {"type": "input_json_delta", "partial_json": odd}), last()] for odd in (5, None)),
    [START, *block(0, TEXT, {"type": "citations_delta"}), last()],
    *([START, *block(0, TEXT), last(**{name: odd})] for name in ("stop_reason", "stop_details") for odd in (5, ["x"])),
    [START, *block(0, TEXT), last(stop_details="no")],
    *([START, *block(0, TEXT), {"type": "message_delta", "delta": odd}] for odd in ("end_turn", 5, ["x"])),
    *([start(**{name: odd}), *block(0, TEXT), last()] for name in ("id", "model") for odd in (5, ["x"])),
    *([{"type": "message_start", "message": odd}] for odd in ("x", 5, None)),
    *([odd] for odd in ("message_start", 5, None, ["x"])),
]


@pytest.mark.parametrize("events", GARBLED, ids=range(len(GARBLED)))
def test_a_field_of_a_wrong_type_is_the_servers_fault_and_what_came_can_still_be_charged(events: list[Any]) -> None:
    calls: list[object] = []
    reader = StreamAccumulator(lambda call, number: calls.append(call))

    def read_all() -> None:
        for event in [*events, STOP]:
            reader.feed(event)
        reader.turn()

    with pytest.raises(ModelError, match=r"grammar|closed before") as caught:
        read_all()
    assert caught.value.is_retryable
    assert calls == []
    usage, model, received = reader.partial_reply
    assert (type(usage), type(model), type(received)) == (dict, str, int)


@pytest.mark.parametrize("usage", ["none", 5, ["x"], {"cache_creation": 5, "output_tokens": 10**400}])
def test_a_usage_record_of_any_shape_does_not_cost_the_reply(usage: object) -> None:
    turn = read(start(usage=usage), *block(0, TEXT), {**last(), "usage": usage}, STOP)
    assert turn.text == "ok"
    assert isinstance(turn.usage, dict)


@pytest.mark.parametrize("error", ["no", 5, ["x"], None, {"type": 5, "message": ["x"]}])
def test_an_error_event_of_any_shape_is_an_error(error: object) -> None:
    with pytest.raises(ModelError, match="broke off"):
        read(START, {"type": "error", "error": error})
