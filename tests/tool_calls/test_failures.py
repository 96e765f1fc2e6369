"""What the model learns of a failure, and what it never does."""

from __future__ import annotations

import logging

import pytest

from agentkit import InvalidArguments, InvalidContent, RunContext, ToolError, tool
from agentkit.tool_calls.failures import error_text_for_model
from agentkit.tools.decorator import Effect

CTX: RunContext[object] = RunContext(deps=None, run_id="r", call_id="c")
SECRET = "sk-ant-secret in /home/ada/keys.txt"


def told(error: Exception, effect: Effect = "read") -> str:
    @tool(effect=effect, raises=(LookupError,))
    def find() -> str:
        """Find."""
        return ""

    return error_text_for_model(error, find, CTX)


def test_the_tools_own_words_are_read() -> None:
    assert told(ToolError("Sold out.")) == "Sold out."
    assert told(ToolError("Sold out.", hint="Try coffee.", retryable=True)) == (
        "Sold out. Try coffee. The same call may succeed later."
    )
    assert told(InvalidArguments("Nothing was executed.")) == "Nothing was executed."


def test_content_that_cannot_be_made_is_named_without_its_path() -> None:
    error = InvalidContent("This image is broken.", source="/home/ada/a.png")
    assert told(error) == "`find` made content that cannot be sent. This image is broken."
    assert "not known" in told(error, "write")


def test_the_exceptions_that_the_tool_names_are_read() -> None:
    assert told(KeyError("tea")) == "'tea'"
    assert told(IndexError()) == "IndexError"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError(SECRET), "an internal error"),
        (ValueError(SECRET), "an internal error"),
        (TimeoutError(SECRET), "a timeout"),
        (ConnectionResetError(SECRET), "a connection failure"),
        (PermissionError(SECRET), "a missing permission"),
        (FileNotFoundError(2, SECRET, SECRET), "an operating system error"),
        (ExceptionGroup("two", [ValueError(SECRET), OSError(SECRET)]), "an internal error"),
    ],
)
def test_every_other_one_is_a_class_of_failure_and_an_id(
    error: Exception, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "agentkit"):
        text = told(error)
    assert kind in text
    assert SECRET not in text
    assert "/home" not in text
    assert type(error).__name__ not in text
    (record,) = caplog.records
    assert record.exc_info is not None
    assert str(record.__dict__["error_id"]) in text


def test_a_group_of_one_is_that_one() -> None:
    assert told(ExceptionGroup("outer", [ExceptionGroup("inner", [ToolError("Sold out.")])])) == "Sold out."


@pytest.mark.parametrize(("effect", "is_said"), [("read", False), ("idempotent", True), ("write", True)])
def test_of_a_tool_with_an_effect_the_outcome_is_unknown(effect: Effect, is_said: bool) -> None:
    assert ("not known" in told(RuntimeError(), effect)) is is_said


def test_the_id_is_the_same_for_the_same_call() -> None:
    assert told(RuntimeError("a")) == told(RuntimeError("b"))
