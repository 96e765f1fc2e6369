"""A refusal is classified by status, headers and body alone: the same as by the SDK's exception, whatever is sent."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentkit import ModelError
from agentkit.models.refusals import Refusal
from agentkit.models.sdk.errors import translate_sdk_errors

URL = httpx2.URL("http://host:8000/v1/v1/messages")
CLIENT = anthropic.AsyncAnthropic(api_key="k", base_url="http://host:8000")

parts = st.recursive(
    st.none() | st.integers() | st.sampled_from(["", "api_error", "not_found_error", "no model"]),
    lambda inner: st.dictionaries(st.sampled_from(["type", "message", "details", "error_code", "error"]), inner),
)
bodies = parts.map(lambda value: json.dumps({"error": value}).encode()) | st.binary(max_size=20)
field_names = st.sampled_from(["x-should-retry", "retry-after", "retry-after-ms", "request-id", "date"])
fields = st.dictionaries(field_names, st.sampled_from(["true", "false", "3", "0.5", "soon", "-1", "req_1"]))


def told(error: ModelError) -> tuple[object, ...]:
    return str(error), error.kind, error.code, error.status, error.request_id, error.is_retryable, error.retry_after_s


@settings(max_examples=200)
@given(st.sampled_from([300, 400, 404, 405, 408, 409, 413, 429, 500, 502, 529]), fields, bodies)
@example(404, {}, b'{"error": {"type": "not_found_error", "message": "model: claude-opus-5"}}')
@example(404, {"x-should-retry": "true"}, b"[" * 100_000)
def test_the_bytes_of_a_response_say_the_same_as_the_exception_of_the_sdk(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    request = httpx2.Request("POST", URL)
    response = httpx2.Response(status, headers=headers, content=body, request=request)
    with pytest.raises(ModelError) as caught, translate_sdk_errors("claude-opus-5"):
        raise CLIENT._make_status_error_from_response(response)
    assert told(Refusal.from_response(status, headers, body, URL).error("claude-opus-5")) == told(caught.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"type": "not_found_error", "message": "model: claude-opos"}}, "does not know the model"),
        ({"error": {"type": "not_found_error", "message": "no such path"}}, "leave /v1 out of the client's `base_url`"),
        ({"detail": "Not Found"}, "404 http_404: Error code: 404 - {'detail': 'Not Found'}"),
    ],
)
def test_what_is_not_found_is_said_with_what_to_do(body: dict[str, Any], said: str) -> None:
    error = Refusal.from_response(404, {}, json.dumps(body).encode(), URL).error("claude-opus-5")
    assert said in str(error)
    assert not error.is_retryable
