"""What a failed call means, by its status and text."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import Outcome
from agentkit.errors import ConfigurationError, ModelError
from agentkit.loop.model_calls import refused_requests
from agentkit.messages.container import Container
from agentkit.redaction.redactor import REDACTED, Redactor

DANGLING = (
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` "
    "block must have a corresponding `tool_result` block in the next message."
)


def error(text: str, status: int | None = 400, kind: str = "invalid_request_error", **more: Any) -> ModelError:
    return ModelError(f"The API answered {status} {kind}: {text}", kind=kind, status=status, **more)


def test_a_call_without_a_result_is_told_by_the_apis_words() -> None:
    assert refused_requests.is_missing_tool_result(error(DANGLING))
    assert not refused_requests.is_missing_tool_result(error(DANGLING, status=500))
    assert not refused_requests.is_missing_tool_result(error("messages.0: at least one message is required"))


@pytest.mark.parametrize(
    "text",
    [
        "Schema is too complex.",
        "The compiled schema grammar is too large",
        "tools.0.custom.input_schema: not supported",
    ],
)
def test_a_schema_that_is_too_much_is_told_by_any_of_its_words(text: str) -> None:
    assert refused_requests.is_schema_too_complex(error(text))
    assert not refused_requests.is_schema_too_complex(error(text, status=529))
    assert not refused_requests.is_missing_tool_result(error(text))


def test_a_thread_is_refused_by_a_code_or_by_the_name_of_the_field_or_of_the_beta() -> None:
    assert refused_requests.is_thread_error(error("No.", 404, "not_found_error", code="thread_not_found"))
    assert refused_requests.is_thread_error(error("No.", 409, code="thread_continue_in_flight"))
    assert refused_requests.is_thread_error(error("thread: Extra inputs are not permitted"))
    assert refused_requests.is_thread_error(
        error("Unexpected value(s) `message-threads-2026-08-12` for `anthropic-beta`")
    )
    assert not refused_requests.is_thread_error(error("thread pool exhausted", 500, "api_error"))
    assert not refused_requests.is_thread_error(error("threading: Extra inputs are not permitted"))
    assert not refused_requests.is_thread_error(error("No.", code="tool_name_conflict"))


def test_a_container_that_is_gone_is_told_by_the_apis_words_and_a_suspended_one_by_a_500() -> None:
    alive, suspended = Container("c", "2999-01-01T00:00:00Z"), Container("c", "2026-01-01T00:00:00Z")
    for text, status in (("container: Container c has expired", 400), ("Container not found: c", 404)):
        assert refused_requests.is_container_gone(error(text, status), alive)
        assert not refused_requests.is_container_gone(error(text, status), None)
    assert refused_requests.is_container_gone(error("Internal server error", 500, "api_error"), suspended)
    for other in (
        error("Internal server error", 500, "api_error"),
        error("container_id is required when"),
        error("No."),
    ):
        assert not refused_requests.is_container_gone(other, alive)


@pytest.mark.parametrize(
    ("failed", "helps"),
    [
        (error("model: claude-9", 404, "not_found_error"), True),
        (error("Overloaded", 529, "overloaded_error", is_retryable=True), True),
        (error("Simulated", 500, "api_error", is_retryable=True), True),
        (error("reset", None, "connection_error", is_retryable=True), False),
        (error("no JSON", None, "protocol_error", is_retryable=True), False),
        (error("bad", 400), False),
        (error("key", 401, "authentication_error"), False),
    ],
)
def test_another_model_is_asked_when_this_one_is_the_trouble(failed: ModelError, helps: bool) -> None:
    assert refused_requests.is_model_unavailable(failed) is helps


@pytest.mark.parametrize(
    ("text", "status", "refused", "about_content"),
    [
        ("messages.0.content.0.image.source.base64.data: Could not process image", 400, True, True),
        ("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024", 400, True, False),
        ("prompt is too long: 208310 tokens > 200000 maximum", 400, True, False),
        ("Request exceeds the maximum size", 413, True, False),
        ("File not found: file_011", 404, True, True),
        ("model: claude-9", 404, False, False),
        ("Overloaded", 529, False, False),
        ("messages: bad gateway", 502, False, False),
    ],
)
def test_a_request_that_will_never_be_accepted_is_known(
    text: str, status: int, refused: bool, about_content: bool
) -> None:
    assert refused_requests.is_refusal(error(text, status)) is refused
    assert refused_requests.is_content_refused(error(text, status)) is about_content


REDACTOR = Redactor((), ("a-key-of-the-gateway",))


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [
        (ModelError("Refused: a-key-of-the-gateway.", kind="authentication_error", status=401), "failed", None),
        (ModelError("prompt is too long: a-key-of-the-gateway", kind="x", status=400), "context_exceeded", None),
        (ConfigurationError("No host a-key-of-the-gateway."), "failed", "configuration_error"),
    ],
)
def test_error_and_reason_say_the_same_without_secrets(
    error: ModelError | ConfigurationError, outcome: str, kind: str | None
) -> None:
    told, end = refused_requests.failure_of_run(error, REDACTOR)
    assert end.outcome is Outcome(outcome)
    assert end.reason == str(told)
    assert REDACTED in end.reason
    assert "gateway" not in end.reason
    assert told.kind == (kind or getattr(error, "kind", None))
