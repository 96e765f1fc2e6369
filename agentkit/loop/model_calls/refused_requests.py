"""Classification of failed requests by status, type and text: the loop repairs them, or the run ends with the error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError, ModelError
from agentkit.history.compaction import is_request_too_long
from agentkit.history.refused_content import is_about_content
from agentkit.loop.actions import Finish
from agentkit.redaction.exceptions import redact_exception
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.messages.container import Container
    from agentkit.redaction.redactor import Redactor

# Texts of the API, some as observed, some guessed from its documentation; a wrong guess costs one request.
_MISSING_TOOL_RESULT = re.compile(r"tool_use.{0,20}ids were found without.{0,20}tool_result", re.DOTALL)
_SCHEMA_TOO_COMPLEX = re.compile(
    r"schema.{0,80}(complex|too large|too many|at most|not supported|unsupported)", re.IGNORECASE | re.DOTALL
)
_CONTAINER_GONE = re.compile(
    r"\bcontainer\b.{0,80}(expired|not found|not exist|no longer|invalid|unknown|unavailable)",
    re.IGNORECASE | re.DOTALL,
)
_REFUSING_STATUSES = (400, 413, 422)
_ABOUT_MEDIA = re.compile(r"\b(?:file|image|document|media|pdf)s?\b|file_", re.IGNORECASE)
_FORCED_CALL = re.compile(r"thinking.{0,80}tool_choice|tool_choice.{0,80}thinking", re.IGNORECASE | re.DOTALL)
_ABOUT_THINKING = re.compile(r"messages\.\d+.{0,80}\b(?:thinking|signature)\b", re.IGNORECASE | re.DOTALL)
_ABOUT_THREADS = re.compile(r"\bthread\b|message-threads")


def is_missing_tool_result(error: ModelError) -> bool:
    """Return True if the API says that a tool call in the history has no result."""
    return error.status == 400 and bool(_MISSING_TOOL_RESULT.search(str(error)))


def is_refusal(error: ModelError) -> bool:
    """Return True if the API refused a request as it is, so that it will never accept the same one."""
    return error.status in _REFUSING_STATUSES or (error.status == 404 and bool(_ABOUT_MEDIA.search(str(error))))


def is_content_refused(error: ModelError) -> bool:
    """Return True if the API refused a request for something in its messages, other than its length."""
    return is_refusal(error) and not is_request_too_long(error) and is_about_content(str(error))


def is_about_thinking(error: ModelError) -> bool:
    """Return True if the API refused a request for the thinking in a message."""
    return is_refusal(error) and bool(_ABOUT_THINKING.search(str(error)))


def is_forced_call_refused(error: ModelError) -> bool:
    """Return True if the model cannot be made to call a tool, since it always thinks."""
    return error.status == 400 and bool(_FORCED_CALL.search(str(error)))


def is_schema_too_complex(error: ModelError) -> bool:
    """Return True if the API says that a strict schema is too complex for its grammar."""
    return error.status == 400 and bool(_SCHEMA_TOO_COMPLEX.search(str(error)))


def is_container_gone(error: ModelError, container: Container | None) -> bool:
    """Return True if a request was refused because the container that it names is gone.

    Instead of saying so, the API was seen to answer with a plain 500 to a container that was not used for long.
    """
    if container is None:
        return False
    if error.status in (400, 404, 410):
        return bool(_CONTAINER_GONE.search(str(error)))
    return error.status == 500 and container.is_suspended


def is_thread_error(error: ModelError) -> bool:
    """Return True if the server does not continue a thread, does not open one, or does not know threads."""
    return (error.code or "").startswith("thread_") or (error.status == 400 and bool(_ABOUT_THREADS.search(str(error))))


def is_model_unavailable(error: ModelError) -> bool:
    """Return True if another model may succeed: this one does not exist, or is still overloaded after all retries."""
    return error.status == 404 or (error.is_retryable and error.kind not in ("connection_error", "protocol_error"))


def with_sentence(reason: str, sentence: str) -> str:
    """Return the reason of a run's end with another sentence behind it. Empty: there is none."""
    stop = "" if reason.endswith((".", "!", "?")) else "."
    return f"{reason}{stop} {sentence}" if sentence else reason


def failure_of_run(error: ModelError | ConfigurationError, redactor: Redactor) -> tuple[ModelError, Finish]:
    """Return the error for `result.error` and the end of the run, both without secrets."""
    redact_exception(error, redactor.text)
    if isinstance(error, ConfigurationError):
        error = ModelError(str(error), kind="configuration_error")
    outcome = Outcome.CONTEXT_EXCEEDED if is_request_too_long(error) else Outcome.FAILED
    return error, Finish(outcome, str(error))
