"""One exchange as it is written down: every body comes back to the byte, in the most readable form that does so."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import encode
from agentkit.simulator.recordings.exchange import Exchange, decompress_body

JSON_TYPE = "application/json"
STREAM = "text/event-stream; charset=utf-8"


def exchange(
    answer: bytes, kind: str = JSON_TYPE, *, request_body: bytes = b"{}", path: str = "/v1/messages"
) -> Exchange:
    return Exchange("POST", path, {}, request_body, 200, {"content-type": kind}, answer)


def written(one: Exchange) -> Exchange:
    """The exchange after it was in a file."""
    return Exchange.from_json(json.loads(encode(one.to_json())))


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b'{"a":[1,2.5,null,"\xc3\xa9"]}', "json"),
        (b'{"a": 1}', "text"),
        (b'{"a":"\\u00e9"}', "text"),
        (b'{"a":1.0e2}', "text"),
        (b'{"a":1,"a":2}', "text"),
        (b'{"a":NaN}', "text"),
        (b'{"a":"\\ud83d"}', "text"),
        (b"[" * 2000 + b"]" * 2000, "text"),
        (b"<html>\r\n\xe2\x80\xa8</html>", "text"),
        (b"\xff\x00", "base64"),
        (b"5", "json"),
        (b"null", "text"),
    ],
)
def test_a_body_is_kept_as_json_where_that_gives_the_same_bytes(body: bytes, form: str) -> None:
    answer = exchange(body).to_json()["response"]
    assert set(answer) == {"status", "headers", form}
    assert written(exchange(body)).response_body == body


def test_no_body_is_no_form() -> None:
    assert set(exchange(b"").to_json()["response"]) == {"status", "headers"}
    assert written(exchange(b"", request_body=b"")).response_body == b""


def test_a_stream_is_kept_as_its_events() -> None:
    body = "event: a\ndata: {}\n\nevent: é\n\nrest".encode()
    assert exchange(body, STREAM).to_json()["response"]["events"] == ["event: a\ndata: {}\n\n", "event: é\n\n", "rest"]
    assert written(exchange(body, STREAM)).response_body == body
    assert written(exchange(body, STREAM)).body_chunks() == [
        b"event: a\ndata: {}\n\n",
        "event: é\n\n".encode(),
        b"rest",
    ]
    broken = b"event: a\n\n\xff\n\n"
    assert written(exchange(broken, STREAM)).response_body == broken


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.floats(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_every_body_without_secrets_comes_back(body: bytes) -> None:
    for kind in (JSON_TYPE, STREAM):
        assert written(exchange(body, kind)).response_body == body


def test_a_request_is_kept_as_json_whatever_its_bytes() -> None:
    assert exchange(b"", request_body=b'{ "b": 1.0, "a": "\\u00e9" }').to_json()["request"]["json"] == {
        "b": 1.0,
        "a": "é",
    }
    assert exchange(b"", request_body=b"--x\r\n").to_json()["request"]["text"] == "--x\r\n"
    assert exchange(b"", request_body=b"\xff").to_json()["request"]["base64"] == "/w=="


def test_headers_that_do_not_matter_are_dropped_and_names_are_in_lower_case() -> None:
    one = Exchange(
        "POST",
        "/v1/messages",
        {"Anthropic-Version": "1", "Authorization": "x", "X-Api-Key": "x", "Cookie": "x", "User-Agent": "x"},
        b"",
        429,
        {
            "Content-Type": JSON_TYPE,
            "Request-Id": "req_1",
            "Retry-After": "5",
            "X-Should-Retry": "true",
            "Anthropic-Ratelimit-Requests-Remaining": "3",
            "Set-Cookie": "x",
            "Server": "x",
            "Date": "x",
        },
        b"{}",
    )
    assert one.request_headers == {"anthropic-version": "1"}
    assert one.response_headers == {
        "content-type": JSON_TYPE,
        "request-id": "req_1",
        "retry-after": "5",
        "x-should-retry": "true",
        "anthropic-ratelimit-requests-remaining": "3",
    }


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON_TYPE, b'{"a":"sk-ant-abc"}'),
        (JSON_TYPE, b'{ "password": "sk-ant-abc" }'),
        (JSON_TYPE, b'{"password":"sk-ant-abc","odd":"\\ud83d"}'),
        ("text/plain", b"a sk-ant-abc b"),
        ("application/pdf", b"\xff sk-ant-abc \xfe"),
        (STREAM, b'event: x\ndata: {"a":"sk-ant-abc"}\n\n'),
        (STREAM, b'event: x\ndata: {"a":"sk-ant-abc"}\n\n\xff'),
    ],
)
def test_no_form_holds_a_secret(kind: str, body: bytes) -> None:
    one = exchange(body, kind, request_body=body, path="/v1/x?token=sk-ant-abc")
    assert b"sk-ant" not in encode(one.to_json())
    assert b"sk-ant" not in written(one).response_body
    assert b"sk-ant" not in written(one).request_body
    assert written(one).request == one.request


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_compression_is_undone(pack: object) -> None:
    assert callable(pack)
    encoding = "gzip" if pack is gzip.compress else "deflate"
    assert decompress_body({"Content-Encoding": encoding, "A": "b"}, pack(b"hello")) == ({"a": "b"}, b"hello")


def test_compression_that_is_undone_already_or_unknown_is_left() -> None:
    assert decompress_body({"content-encoding": "gzip"}, b"hello") == ({}, b"hello")
    assert decompress_body({"content-encoding": "identity"}, b"hello") == ({}, b"hello")
    assert decompress_body({"content-encoding": "x-odd"}, b"hello") == ({"content-encoding": "x-odd"}, b"hello")
    assert decompress_body({}, b"hello") == ({}, b"hello")


@pytest.mark.parametrize(
    "value",
    [{}, {"request": {}}, {"request": 5, "response": {}}, {"request": {"method": 5, "path": ""}, "response": {}}],
)
def test_what_is_no_exchange_is_refused(value: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Exchange.from_json(value)
