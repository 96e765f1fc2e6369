"""Responses, before anything carries them."""

from __future__ import annotations

import json

import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator.http.wire import (
    Response,
    error_response,
    event_stream_response,
    json_lines_response,
    json_response,
    max_body_bytes,
)

pytestmark = pytest.mark.anyio


async def data_of(response: Response) -> list[bytes]:
    return [chunk async for chunk in response.chunks]


async def test_a_document_says_how_long_it_is() -> None:
    response = json_response(200, {"ä": 1}, {"request-id": "req_1", "x-more": "1"})
    (data,) = await data_of(response)
    assert json.loads(data) == {"ä": 1}
    assert response.headers == {
        "content-type": "application/json",
        "content-length": str(len(data)),
        "request-id": "req_1",
        "x-more": "1",
    }


@pytest.mark.parametrize(
    ("path", "megabytes"), [("/v1/messages", 32), ("/v1/messages/count_tokens", 32), ("/v1/messages/batches", 256)]
)
async def test_a_batch_may_be_larger_than_a_message(path: str, megabytes: int) -> None:
    assert max_body_bytes(path) == megabytes * 1024 * 1024


async def test_events_come_one_by_one() -> None:
    response = event_stream_response([b"a", b"b"], {"request-id": "req_1"})
    assert await data_of(response) == [b"a", b"b"]
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_lines_are_documents_by_themselves() -> None:
    response = json_lines_response([{"a": 1}, [2]], {})
    assert b"".join(await data_of(response)) == b'{"a":1}\n[2]\n'


@pytest.mark.parametrize(
    ("status", "is_retryable"), [(400, False), (404, False), (409, True), (429, True), (529, True)]
)
async def test_a_failure_is_an_error_in_the_apis_shape(status: int, is_retryable: bool) -> None:
    details: JSONObject = {"error_code": "thread_not_found"}
    response = error_response(status, "api_error", "half a pair: \ud800", {"request-id": "req_1"}, details=details)
    (data,) = await data_of(response)
    assert json.loads(data) == {
        "type": "error",
        "error": {"type": "api_error", "message": "half a pair: \\ud800", "details": details},
        "request_id": "req_1",
    }
    assert ("x-should-retry" in response.headers) is not is_retryable


async def test_a_failure_without_details_has_none() -> None:
    (data,) = await data_of(error_response(500, "api_error", "x"))
    assert json.loads(data)["error"] == {"type": "api_error", "message": "x"}
