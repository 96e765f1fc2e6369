"""Server-sent events: cut apart to the byte, and cleared of secrets, whole ones and those in pieces."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import JSONObject
from agentkit.simulator.recordings.events import events_without_secrets, has_last_event, split_events

STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def event(value: JSONObject) -> str:
    return f"event: {value['type']}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n"


def delta(text: str, index: int = 0, kind: str = "text") -> str:
    return event({"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", kind: text}})


def pieces(events: list[str], kind: str = "text") -> list[str]:
    return [json.loads(text.partition("data: ")[2])["delta"][kind] for text in events]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\n\n", b"\r\n\r\n", b"data: x", b"\xff"])).map(b"".join))
def test_joined_the_events_are_the_stream(data: bytes) -> None:
    events = split_events(data)
    assert b"".join(events) == data
    assert b"" not in events


def test_an_event_ends_with_an_empty_line() -> None:
    assert split_events(b"event: a\n\nevent: b\r\n\r\n: c") == [b"event: a\n\n", b"event: b\r\n\r\n", b": c"]


def test_a_stream_is_over_after_its_last_event() -> None:
    assert has_last_event(b"event: ping\ndata: {}\n\n" + STOP)
    assert has_last_event(b"event: error\ndata: {}\n\n")
    assert not has_last_event(STOP[:-1])
    assert not has_last_event(STOP + b"event: p")
    assert not has_last_event(b"event: message_delta\ndata: {}\n\n")
    assert not has_last_event(b"")


def test_events_without_secrets_stay_to_the_letter() -> None:
    events = [
        'event: x\ndata:  {"a" : 1.0, "b":"\\u00e9"}\n\n',
        ": comment\n\n",
        "data: [DONE]\n\n",
        delta("Hi"),
        "rest",
    ]
    assert events_without_secrets(events) == events


def test_a_secret_in_one_event_is_replaced() -> None:
    start = event({"type": "content_block_start", "content_block": {"type": "tool_use", "input": {"password": "abc"}}})
    clean = events_without_secrets([start, "event: odd\ndata: a sk-ant-abc b\n\n"])
    assert json.loads(clean[0].partition("data: ")[2])["content_block"]["input"] == {"password": "[redacted]"}
    assert clean[1] == "event: odd\ndata: a [redacted] b\n\n"


def test_a_secret_in_pieces_is_put_together_and_replaced() -> None:
    events = [delta("The key is sk-a"), delta("other block", index=1), delta("nt-ab"), delta("c123."), STOP.decode()]
    clean = events_without_secrets(events)
    assert pieces(clean[:4]) == ["The key is [redacted].", "other block", "", ""]
    assert clean[1] == events[1]
    assert clean[4] == STOP.decode()


def test_an_argument_in_pieces_is_replaced_and_its_json_stays_json() -> None:
    written = json.dumps({"item": "tea", "password": 'a "quoted" \\ secret', "n": 1})
    events = [delta(written[i : i + 7], kind="partial_json") for i in range(0, len(written), 7)]
    clean = pieces(events_without_secrets(events), "partial_json")
    assert json.loads("".join(clean)) == {"item": "tea", "password": "[redacted]", "n": 1}


def test_an_argument_that_was_cut_off_is_replaced_as_far_as_it_came() -> None:
    events = [delta('{"passwo', kind="partial_json"), delta('rd": "abc', kind="partial_json")]
    assert "".join(pieces(events_without_secrets(events), "partial_json")) == '{"password": "[redacted]'


@given(st.lists(st.sampled_from(["sk-ant-", "abc", '{"token": "', '"', "}", " ", "\\", "é"]), max_size=12))
def test_what_was_cleared_stays_as_it_is(texts: list[str]) -> None:
    clean = events_without_secrets([delta(text) for text in texts])
    assert events_without_secrets(clean) == clean
    assert "sk-ant-a" not in "".join(pieces(clean))
