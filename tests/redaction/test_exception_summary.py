"""An exception in one line for its developer; a copy without secrets for listeners."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable

import pytest

from agentkit.redaction.exception_summary import exception_without_secrets, summarize_exception, traceback_of_user
from agentkit.redaction.exceptions import RedactedError
from agentkit.redaction.redactor import REDACTED, Redactor
from agentkit.schema.validation.arguments import validate_or_explain

KEY = "a-key-of-the-gateway"
REDACT = Redactor((), (KEY,)).text


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Picky(Exception):
    """Cannot be made from its text alone, and shows it in its own way."""

    def __init__(self, *, secret: str) -> None:
        super().__init__("picky")
        self.secret = secret

    def __str__(self) -> str:
        return f"refused {self.secret}"


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:  # noqa: BLE001 - any exception of a test
        return caught


def group(*errors: BaseException) -> BaseException:
    return raised(BaseExceptionGroup("tasks", list(errors)))


def by_library() -> BaseException:
    try:
        return BaseException(json.loads("{"))
    except ValueError as caught:
        return caught


def line_of(function: Callable[..., object]) -> int:
    return function.__code__.co_firstlineno


HERE = f"test_exception_summary.py:{line_of(raised) + 2}"
SUMMARIES = [
    (raised(PermissionError("only managers may cancel")), f"PermissionError: only managers may cancel ({HERE})"),
    (raised(KeyError("tea")), f"KeyError: 'tea' ({HERE})"),
    (raised(ValueError()), f"ValueError ({HERE})"),
    (ValueError("never raised"), "ValueError: never raised"),
    (raised(Mute()), f"Mute: <exception str() failed> ({HERE})"),
    (raised(ValueError("one\r\ntwo\t\x1b[31mthree")), f"ValueError: one two [31mthree ({HERE})"),
    (raised(ValueError("y" * 5_000)), f"ValueError: {'y' * 499}… ({HERE})"),
    (raised(ValueError(f"{'y' * 490} {KEY}")), f"ValueError: {'y' * 490} [redacte… ({HERE})"),
    (group(raised(OSError("a"))), f"OSError: a ({HERE})"),
    (group(group(OSError("a"), KeyError("b")), TypeError("c")), f"OSError: a ({HERE}), and 2 more"),
]


@pytest.mark.parametrize(("error", "summary"), SUMMARIES)
def test_a_summary_has_type_text_and_place_on_one_line(error: BaseException, summary: str) -> None:
    assert summarize_exception(error, REDACT) == summary


def test_the_place_is_in_the_code_of_the_user_also_where_a_library_raises() -> None:
    assert summarize_exception(by_library(), REDACT).endswith(f"(test_exception_summary.py:{line_of(by_library) + 2})")


def test_frames_of_this_package_in_front_of_the_users_are_left_out() -> None:
    def fail(_: object) -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x") as caught:
        validate_or_explain({}, {}, fail, "")
    trace = caught.value.__traceback__
    assert trace is not None
    assert [frame.name for frame in traceback.extract_tb(traceback_of_user(trace))][-1] == "fail"
    assert [frame.name for frame in traceback.extract_tb(traceback_of_user(trace.tb_next))] == ["fail"]
    assert traceback_of_user(None) is None


def test_an_exception_without_a_secret_is_passed_on_as_it_is() -> None:
    for error in (raised(KeyError("tea"), OSError("disk")), raised(Mute()), group(Mute())):
        assert exception_without_secrets(error, REDACT) is error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (raised(PermissionError(13, f"denied {KEY}")), PermissionError),
        (raised(KeyError(KEY)), KeyError),
        (raised(ValueError("plain"), OSError(KEY)), ValueError),
        (raised(Picky(secret=KEY)), Picky),
        (raised(Picky(secret="plain"), Picky(secret=KEY)), Picky),
        (group(raised(OSError(KEY))), RedactedError),
    ],
)
def test_a_secret_is_shown_by_a_copy_alone_which_has_none(error: BaseException, kind: type[BaseException]) -> None:
    error.add_note(f"with {KEY}")
    shown = exception_without_secrets(error, REDACT)
    assert type(shown) is kind
    printed = "".join(traceback.format_exception(shown))
    assert KEY not in f"{printed} {shown!r} {vars(shown)} {summarize_exception(shown, REDACT)}"
    assert REDACTED in printed
    assert type(error).__name__ in summarize_exception(shown, REDACT) or "OSError" in summarize_exception(shown, REDACT)
    assert KEY in "".join(traceback.format_exception(error))
