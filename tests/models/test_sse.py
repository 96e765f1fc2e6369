"""The bytes of a stream become the same events, however they are cut and whatever ends their lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.models.sse import SSEParser


def read(*pieces: bytes) -> list[object]:
    reader = SSEParser()
    return [event for piece in pieces for event in reader.feed(piece)]


def written(*events: object) -> bytes:
    return b"".join(b"event: one\ndata: %b\n\n" % json.dumps(event, ensure_ascii=False).encode() for event in events)


def test_an_event_is_there_as_soon_as_its_blank_line_is() -> None:
    reader = SSEParser()
    assert reader.feed(b'event: ping\ndata: {"type": "ping"}\n') == []
    assert reader.feed(b"\n") == [{"type": "ping"}]


@given(st.lists(st.text()), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.data())
def test_events_are_the_same_however_their_bytes_are_cut(
    texts: list[str], line_end: bytes, data: st.DataObject
) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    sent = written(*texts).replace(b"\n", line_end) + line_end  # the API does not end in one more; some servers do
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=9)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert read(*pieces, b"\n") == texts


FRAGMENTS = [b"event: one\n", b"data: ", b"data:{}", b"{}", b"1,2", b"[", b"]", b'"', b"\n", b"\n\n", b"\r", b": no\n"]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=11).map(b"".join))
def test_events_that_are_received_together_are_those_received_alone(text: bytes) -> None:
    def parsed(*pieces: bytes) -> object:
        try:
            return read(*pieces)
        except ValueError:
            return "an error"

    assert parsed(text) == parsed(*(text[i : i + 1] for i in range(len(text))))


def test_comments_other_fields_and_events_without_data_are_ignored() -> None:
    sent = b': hello\n\nid: 7\nretry: 9\nevent: one\n\n\n\ndata:{"a": 1}\nid: 8\n\nevent: two\ndata\n\ndata: 2\n\n'
    assert read(sent) == [{"a": 1}, 2]


def test_a_byte_order_mark_is_no_part_of_the_first_event() -> None:
    assert read(b"\xef\xbb\xbf" + written({"a": 1}, 2)) == [{"a": 1}, 2]
    assert read(b"\xef", b'\xbb\xbfdata: {"a": 1}\n', b"\n") == [{"a": 1}]
    reader = SSEParser()
    assert reader.feed(b'\xef\xbb\xbfdata: {"a": 1}') == []
    assert reader.end() == [{"a": 1}]


def test_data_on_several_lines_is_joined() -> None:
    assert read(b'event: one\ndata: {"a":\ndata: 1}\n\n') == [{"a": 1}]


def test_the_word_data_inside_of_an_event_is_not_its_data() -> None:
    assert read(b'event: metadata: 1\ndata: {"a": "data: 2"}\n\n') == [{"a": "data: 2"}]


def test_what_is_not_json_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected"):
        read(b"data: nonsense\n\n")


def test_nothing_behind_the_end_of_a_reply_is_looked_at() -> None:
    sent = written({"type": "ping"}, {"type": "message_stop"})
    assert read(sent + b"data: [DONE]\n\n" + written(1)) == [{"type": "ping"}, {"type": "message_stop"}]
    with pytest.raises(ValueError, match="expected"):
        read(written({"type": "ping"}) + b"data: [DONE]\n\n" + written({"type": "message_stop"}))


@pytest.mark.parametrize(
    ("rest", "event"),
    [(b'data: {"a": 1}', {"a": 1}), (b'event: one\ndata: {"a": 1}\r\n', {"a": 1}), (b'data: {"a', None), (b"", None)],
)
def test_the_end_of_the_bytes_ends_an_event(rest: bytes, event: object) -> None:
    reader = SSEParser()
    assert reader.feed(written(1) + rest) == [1]
    assert reader.end() == ([] if event is None else [event])
    assert reader.end() == []


def test_a_line_that_ends_in_cr_is_complete_at_once() -> None:
    reader = SSEParser()
    assert reader.feed(b"data: 1\r\r") == [1]
    assert reader.feed(b"\ndata: 2\r\n\r") == [2]
    assert reader.feed(b"\n") == []


def test_an_unfinished_event_at_the_end_is_no_event() -> None:
    assert read(written(1) + b"event: one\ndata: 2\n") == [1]


def test_a_long_event_in_many_pieces_is_put_together_once() -> None:
    text = "tea" * 1_000_000
    sent = written(text)
    assert read(*(sent[at : at + 999] for at in range(0, len(sent), 999))) == [text]
