"""Answers, messages, failures and log lines: as they stand on a terminal, and in a pipe."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Callable, Generator
from contextlib import redirect_stderr

import pytest

from agentkit import InvalidArguments, ToolError, ToolFinished, ToolTimeout
from agentkit.cli.terminal.failures import failure_text, is_unexpected_failure
from agentkit.cli.terminal.log_lines import SHOWN_BY_DISPLAYS, LogLines, shown_log_lines
from agentkit.cli.terminal.plain_lines import PlainLines
from agentkit.cli.terminal.printing import print_air, print_drawing, print_message, print_prose
from agentkit.cli.terminal.style import styled
from agentkit.log import log

WORDS = "only managers may cancel orders that were paid for more than thirty days ago, says the office"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Terminal]:
    """Make stdout and stderr one terminal of 40 columns that shows colours, in the test: pytest sets them before it."""

    def use(**variables: str) -> Terminal:
        found = Terminal()
        monkeypatch.setattr(sys, "stdout", found)
        monkeypatch.setattr(sys, "stderr", found)
        monkeypatch.delenv("NO_COLOR", raising=False)
        for name, value in {"COLUMNS": "40", "TERM": "xterm", **variables}.items():
            monkeypatch.setenv(name, value)
        return found

    return use


def event_of(error: BaseException | None, text: str = "`cancel` failed (error id 1a)") -> ToolFinished:
    try:
        if error is not None:
            raise error
    except BaseException as caught:  # noqa: BLE001 - any exception of a test
        error = caught
    return ToolFinished(
        run_id="r", path=("clerk",), parent_call_id=None, call_id="c", name="cancel", is_error=True, text=text,
        duration_s=0.1, exception=error,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (PermissionError("no\nway"), "PermissionError: no way (test_printing.py:"),
        (ExceptionGroup("g", [KeyError("tea"), OSError("x")]), "KeyError: 'tea' (test_printing.py:"),
        (ValueError('{"password": "hunter2"}'), 'ValueError: {"password": "[redacted]"} (test_printing.py:'),
        (None, "`cancel` failed"),
        (ToolError("Sold out."), "`cancel` failed"),
        (InvalidArguments("No."), "`cancel` failed"),
        (ToolTimeout("Late."), "`cancel` failed"),
        (ExceptionGroup("g", [ToolError("Sold out.")]), "`cancel` failed"),
        (KeyboardInterrupt(), "`cancel` failed"),
    ],
)
def test_the_developer_reads_the_exception_unless_the_tool_speaks_for_itself(
    error: BaseException | None, start: str
) -> None:
    event = event_of(error)
    assert failure_text(event).startswith(start)
    assert is_unexpected_failure(event) is not start.startswith("`cancel`")


def test_a_failure_is_one_whole_line_in_a_pipe_and_wrapped_in_red_on_a_terminal(
    capsys: pytest.CaptureFixture[str], use_terminal: Callable[..., Terminal]
) -> None:
    event = event_of(PermissionError(WORDS))
    PlainLines().show_event(event)
    assert f"clerk: cancel failed: PermissionError: {WORDS} (test_printing.py:" in capsys.readouterr().err
    terminal = use_terminal()
    PlainLines().show_event(event)
    first, second, *_ = terminal.getvalue().splitlines()
    assert first == "\x1b[31mclerk: cancel failed: PermissionError:"
    assert second == "  only managers may cancel orders that"


def test_on_a_terminal_messages_and_prose_are_wrapped_and_drawings_cut(use_terminal: Callable[..., Terminal]) -> None:
    terminal = use_terminal()
    print_message(f"agentkit: {WORDS}", "red")
    print_prose(WORDS)
    print_air()
    print_drawing("$0.01  100%  a line that is longer than forty columns")
    assert terminal.getvalue().splitlines() == [
        "\x1b[31magentkit: only managers may cancel",
        "  orders that were paid for more than",
        "  thirty days ago, says the office\x1b[0m",
        "only managers may cancel orders that",
        "were paid for more than thirty days ago,",
        "says the office",
        "",
        "",
        "$0.01  100%  a line that is longer than…",
    ]


def test_in_a_pipe_they_are_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    print_message(f"agentkit: {WORDS}", "red")
    print_prose(f"{WORDS}\n\n  {WORDS}")
    print_air()
    assert capsys.readouterr() == (f"{WORDS}\n\n  {WORDS}\n", f"agentkit: {WORDS}\n")


def test_nobody_who_asked_for_no_colour_gets_any(use_terminal: Callable[..., Terminal]) -> None:
    terminal = use_terminal()
    assert styled("x", "green", terminal) == "\x1b[32mx\x1b[0m"
    assert (styled("x", "", terminal), styled("x", "red", io.StringIO())) == ("x", "x")
    for variables in ({"TERM": "dumb"}, {"NO_COLOR": "1"}):
        assert styled("x", "red", use_terminal(**variables)) == "x"


@pytest.fixture
def show() -> Generator[Callable[..., None]]:
    """Shows log lines until the test ends, or shows others."""
    with contextlib.ExitStack() as stack:

        def show_instead(**options: bool) -> None:
            stack.close()
            stack.enter_context(shown_log_lines(is_debug=options["is_debug"], has_display=options["has_display"]))

        yield show_instead
    assert not any(isinstance(one, LogLines) for one in logging.getLogger("agentkit").handlers)


def fail() -> None:
    log().error("tool failed", tool="cancel", exc_info=event_of(PermissionError("no")).exception)


def test_log_lines_are_without_traceback_unless_debugging_and_hidden_where_a_display_shows_them(
    capsys: pytest.CaptureFixture[str], show: Callable[..., None]
) -> None:
    for is_debug, has_display in [(False, False), (False, True), (True, True)]:
        show(is_debug=is_debug, has_display=has_display)
        fail()
        log().warning("server died")
        log().info("run started")
        written = capsys.readouterr().err
        assert ("agentkit: tool failed: PermissionError: no (test_printing.py:" in written) is (
            is_debug or not has_display
        )
        assert ("Traceback (most recent call last)" in written) is is_debug
        assert "agentkit: server died\n" in written
        assert "run started" not in written
    assert "tool failed" in SHOWN_BY_DISPLAYS


def test_a_program_that_configures_logging_itself_has_it_to_itself(
    capsys: pytest.CaptureFixture[str], show: Callable[..., None]
) -> None:
    show(is_debug=True, has_display=False)
    own = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(own)
    try:
        fail()
    finally:
        logging.getLogger().removeHandler(own)
    assert capsys.readouterr().err == ""


def test_a_line_that_cannot_be_written_ends_nothing(show: Callable[..., None]) -> None:
    show(is_debug=False, has_display=False)
    closed = io.StringIO()
    closed.close()
    with redirect_stderr(closed):
        fail()
