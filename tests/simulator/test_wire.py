"""Responses, before anything carries them."""

from __future__ import annotations

import json

import pytest

from agentkit.simulator.wire import Response, event_stream, failure, json_answer

pytestmark = pytest.mark.anyio


async def data_of(response: Response) -> list[bytes]:
    return [chunk async for chunk in response.chunks]


async def test_a_document_says_how_long_it_is() -> None:
    response = json_answer(200, {"ä": 1}, "req_1", {"x-more": "1"})
    (data,) = await data_of(response)
    assert json.loads(data) == {"ä": 1}
    assert response.headers == {
        "content-type": "application/json",
        "content-length": str(len(data)),
        "request-id": "req_1",
        "x-more": "1",
    }


async def test_events_come_one_by_one() -> None:
    response = event_stream([b"a", b"b"], "req_1")
    assert await data_of(response) == [b"a", b"b"]
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"


@pytest.mark.parametrize("is_retryable", [True, False])
async def test_a_failure_is_an_error_in_the_apis_shape(is_retryable: bool) -> None:
    response = failure(529, "overloaded_error", "half a pair: \ud800", "req_1", is_retryable=is_retryable)
    (data,) = await data_of(response)
    assert json.loads(data) == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "half a pair: \\ud800"},
        "request_id": "req_1",
    }
    assert ("x-should-retry" in response.headers) is not is_retryable
