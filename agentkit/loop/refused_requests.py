"""Classification of refused requests by status, type and text, so that the loop can repair them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.errors import ModelError

# Texts of the API, some as observed, some guessed from its documentation; a wrong guess costs one request.
_MISSING_TOOL_RESULT = re.compile(r"tool_use.{0,20}ids were found without.{0,20}tool_result", re.DOTALL)
_SCHEMA_TOO_COMPLEX = re.compile(
    r"schema.{0,80}(complex|too large|too many|at most|not supported|unsupported)", re.IGNORECASE | re.DOTALL
)
_ABOUT_THREADS = re.compile(r"\bthread\b|message-threads")


def is_missing_tool_result(error: ModelError) -> bool:
    """Return True if the API says that a tool call in the history has no result."""
    return error.status == 400 and bool(_MISSING_TOOL_RESULT.search(str(error)))


def is_schema_too_complex(error: ModelError) -> bool:
    """Return True if the API says that a strict schema is too complex for its grammar."""
    return error.status == 400 and bool(_SCHEMA_TOO_COMPLEX.search(str(error)))


def is_thread_error(error: ModelError) -> bool:
    """Return True if the server does not continue a thread, does not open one, or does not know threads."""
    return (error.code or "").startswith("thread_") or (error.status == 400 and bool(_ABOUT_THREADS.search(str(error))))


def is_model_unavailable(error: ModelError) -> bool:
    """Return True if another model may succeed: this one does not exist, or is still overloaded after all retries."""
    return error.status == 404 or (error.is_retryable and error.kind not in ("connection_error", "protocol_error"))
