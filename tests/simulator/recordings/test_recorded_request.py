"""The normalization by which two requests are equal."""

from __future__ import annotations

import json

import pytest

from agentkit.simulator.recordings.recorded_request import RecordedRequest, path_without_secrets


def key(body: bytes = b"", path: str = "/v1/messages", method: str = "POST") -> str:
    return RecordedRequest.from_http(method, path, body).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"b":{"c":2,"d":3}}', b'{ "b": {"d": 3, "c": 2}, "a": 1 }'),
        (b'{"t":1.0}', b'{"t":1}'),
        ('{"t":"é"}'.encode(), b'{"t":"\\u00e9"}'),
        (b'{"api_key":"one"}', b'{"api_key":"other"}'),
        (b'{"text":"sk-ant-abc123"}', b'{"text":"sk-ant-def456"}'),
    ],
)
def test_the_order_of_keys_the_way_of_writing_and_secrets_make_no_difference(one: bytes, other: bytes) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":[1,2]}', b'{"a":[2,1]}'),
        (b'{"a":null}', b"{}"),
        (b'{"a":1}', b'{"a":true}'),
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":"x"}', b'{"a":"x "}'),
        (b"", b"{}"),
        (b"no json", b"no  json"),
    ],
)
def test_everything_else_does(one: bytes, other: bytes) -> None:
    assert key(one) != key(other)


def test_the_query_counts_but_not_its_order() -> None:
    assert key(path="/v1/models?a=1&b=2") == key(path="/v1/models?b=2&a=1")
    assert key(path="/v1/models?") == key(path="/v1/models")
    assert key(path="/v1/models?a=1") != key(path="/v1/models?a=2") != key(path="/v1/models")
    assert key(method="get") == key(method="GET") != key(method="POST")


def test_a_beta_is_no_part_of_the_query_although_older_sdks_put_it_there() -> None:
    assert key(path="/v1/messages?beta=true") == key(path="/v1/messages")
    assert key(path="/v1/messages?beta=true&a=1") == key(path="/v1/messages?a=1")
    assert key(path="/v1/messages?beta=false") != key(path="/v1/messages")


def test_a_form_is_the_same_whatever_stands_between_its_parts() -> None:
    def form(boundary: str, file: str) -> bytes:
        return f"--{boundary}\r\nContent-Type: text/plain\r\n\r\n{file}\r\n--{boundary}--\r\n".encode()

    assert key(form("1054fe749", "hello")) == key(form("f958f139f", "hello"))
    assert key(form("1054fe749", "hello")) != key(form("f958f139f", "good-bye"))


def test_endpoint_and_streaming_are_read_from_it() -> None:
    request = RecordedRequest.from_http("POST", "/v1/messages?a=b", b'{"stream": true}')
    assert (request.endpoint, request.query, request.is_streamed) == ("POST /v1/messages", "a=b", True)
    assert not RecordedRequest.from_http("POST", "/v1/messages", b"[1]").is_streamed


@pytest.mark.parametrize("body", [b"\xff\xfe{", b"--boundary\r\n", b"[" * 100_000, b"[" * 2_000 + b"]" * 2_000])
def test_a_body_that_is_no_json_or_too_deep_is_compared_as_text(body: bytes) -> None:
    assert isinstance(RecordedRequest.from_http("POST", "/v1/files", body).body, str)
    assert key(body) == key(body) != key(body + b"x")


def test_secrets_in_a_query_are_replaced_and_others_stay_to_the_letter() -> None:
    assert path_without_secrets("/v1/x?a=b%2Cc&d=&a=1+2") == "/v1/x?a=b%2Cc&d=&a=1+2"
    assert path_without_secrets("/v1/x?api_key=abc&n=1") == "/v1/x?api_key=%5Bredacted%5D&n=1"
    assert json.loads(key(path="/v1/x?token=abc"))[2] == "token=%5Bredacted%5D"
