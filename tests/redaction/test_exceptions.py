"""Exceptions without secrets: their text, and the chain that a traceback prints."""

from __future__ import annotations

import traceback

from agentkit import ModelError
from agentkit.redaction.exceptions import RedactedError, chained_exceptions, redact_exception
from agentkit.redaction.redactor import REDACTED, Redactor

KEY = "a-key-of-the-gateway"
REDACT = Redactor((), (KEY,)).text


def raised(error: Exception, cause: BaseException | None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:  # noqa: BLE001 - any exception of a test
        return caught


def test_the_text_of_an_exception_is_redacted_and_its_attributes_stay() -> None:
    error = ModelError(f"The API answered 401: {KEY}.", kind="authentication_error", status=401)
    redact_exception(error, REDACT)
    assert (str(error), error.kind, error.status) == (f"The API answered 401: {REDACTED}.", "authentication_error", 401)


def test_a_chain_that_shows_a_secret_is_replaced_by_its_redacted_traceback() -> None:
    inner = ExceptionGroup("tasks", [raised(OSError("port"), ValueError(f"Illegal header {KEY}"))])
    error = raised(ModelError("No reply.", kind="x"), inner)
    redact_exception(error, REDACT)
    assert isinstance(error.__cause__, RedactedError)
    printed = "".join(traceback.format_exception(error))
    assert KEY not in printed
    assert f"ValueError: Illegal header {REDACTED}" in printed
    assert "test_exceptions.py" in printed


def test_a_chain_without_secrets_stays_and_so_does_one_that_is_not_printed() -> None:
    cause = raised(OSError("disk full"), None)
    error = raised(ModelError("No reply.", kind="x"), cause)
    redact_exception(error, REDACT)
    assert error.__cause__ is cause
    try:
        try:
            raise ValueError(KEY)
        except ValueError:
            raise ModelError("No reply.", kind="x") from None
    except ModelError as hidden:
        redact_exception(hidden, REDACT)
        printed = "".join(traceback.format_exception(hidden))
    assert KEY not in printed


def test_every_exception_of_a_chain_is_found_once() -> None:
    shared = ValueError("shared")
    error = raised(OSError("outer"), ExceptionGroup("g", [shared, raised(TypeError("t"), shared)]))
    error.__context__ = shared
    assert [type(one).__name__ for one in chained_exceptions(error)] == [
        "OSError",
        "ExceptionGroup",
        "ValueError",
        "TypeError",
    ]
