"""What the SDK raises becomes one of ours, with its cause and without a traceback in its text."""

from __future__ import annotations

import anthropic
import httpx2
import pytest

from agentkit import ConfigurationError, ModelError
from agentkit.models.sdk.errors import translate_sdk_errors

REQUEST = httpx2.Request("POST", "http://x/v1/messages")


def status_error(status: int, body: object) -> anthropic.APIStatusError:
    response = httpx2.Response(status, request=REQUEST, headers={"request-id": "req_1"})
    return anthropic.APIStatusError("Error", response=response, body=body)


@pytest.mark.parametrize(
    ("status", "is_retryable"),
    [
        (400, False),
        (401, False),
        (404, False),
        (408, True),
        (409, True),
        (413, False),
        (429, True),
        (500, True),
        (529, True),
    ],
)
def test_a_status_keeps_its_type_and_says_whether_to_try_again(status: int, is_retryable: bool) -> None:
    body = {"type": "error", "error": {"type": "some_error", "message": "Because."}}
    with pytest.raises(ModelError, match=r"Because\.") as caught, translate_sdk_errors("m"):
        raise status_error(status, body)
    error = caught.value
    assert (error.kind, error.status, error.request_id, error.is_retryable) == (
        "some_error",
        status,
        "req_1",
        is_retryable,
    )
    assert isinstance(error.__cause__, anthropic.APIStatusError)


def test_an_error_keeps_its_code_and_what_is_not_found_need_not_be_a_model() -> None:
    details = {"error_code": "thread_not_found"}
    error = {"type": "not_found_error", "message": "No thread of this model.", "details": details}
    with pytest.raises(ModelError, match="No thread") as caught, translate_sdk_errors("m"):
        raise status_error(404, {"type": "error", "error": error})
    assert (caught.value.code, caught.value.kind) == ("thread_not_found", "not_found_error")


def test_a_body_that_is_not_the_apis_is_no_reason_to_fail_twice() -> None:
    with pytest.raises(ModelError, match="502") as caught, translate_sdk_errors("m"):
        raise status_error(502, "<html>Bad gateway</html>")
    assert caught.value.kind == "http_502"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (anthropic.APITimeoutError(request=REQUEST), "timeout_error"),
        (anthropic.APIConnectionError(request=REQUEST), "connection_error"),
        (httpx2.ReadTimeout("slow"), "stream_interrupted"),
        (httpx2.RemoteProtocolError("cut"), "stream_interrupted"),
        (httpx2.DecodingError("broken gzip"), "stream_interrupted"),
    ],
)
def test_the_way_to_the_api_can_fail_before_and_while_it_answers(error: Exception, kind: str) -> None:
    with pytest.raises(ModelError) as caught, translate_sdk_errors("m"):
        raise error
    assert caught.value.kind == kind
    assert caught.value.is_retryable


def test_missing_credentials_are_the_callers_to_give() -> None:
    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY"), translate_sdk_errors("m"):
        raise TypeError('"Could not resolve authentication method. Expected one of api_key ..."')


@pytest.mark.parametrize("error", [TypeError("other"), ValueError("x"), KeyboardInterrupt()])
def test_everything_else_passes(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translate_sdk_errors("m"):
        raise error
    assert caught.value is error
