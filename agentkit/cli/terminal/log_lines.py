"""The log of the package in a command: lines on stderr, until the program that it runs configures logging itself."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Generator

from agentkit.cli.terminal.style import styled
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import printable
from agentkit.messages.wrapping import wrap_message

SHOWN_BY_DISPLAYS = frozenset({"tool failed", "run finished"})
"""Events of the log that a display of a run shows in its own way."""


class LogLines(logging.Handler):
    """Writes warnings and errors on stderr, with their tracebacks if the command runs with `--debug`.

    Args:
        is_debug: Write tracebacks, and every line.
        hidden: Events that are not written without `is_debug`.
    """

    def __init__(self, *, is_debug: bool, hidden: frozenset[str] = frozenset()) -> None:
        super().__init__(logging.WARNING)
        self._is_debug = is_debug
        self._hidden = hidden
        self._handlers_before = set(logging.getLogger().handlers)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, unless the program has handlers of its own by now."""
        if set(logging.getLogger().handlers) - self._handlers_before:
            return
        if not self._is_debug and record.__dict__.get("event") in self._hidden:
            return
        try:
            text = f"agentkit: {record.getMessage()}"
            text = wrap_message(text, terminal_width(sys.stderr)) if sys.stderr.isatty() else printable(text)
            print(styled(text, "red" if record.levelno >= logging.ERROR else "yellow", sys.stderr), file=sys.stderr)
            if self._is_debug and record.exc_info:
                trace = record.exc_text or logging.Formatter().formatException(record.exc_info)
                print(printable(trace), file=sys.stderr, flush=True)
        except Exception:  # noqa: BLE001 - as every handler of the standard library
            self.handleError(record)


@contextlib.contextmanager
def shown_log_lines(*, is_debug: bool, has_display: bool) -> Generator[None]:
    """Write the log's lines during the block; those that a display shows only with `--debug`."""
    logger = logging.getLogger("agentkit")
    handler = LogLines(is_debug=is_debug, hidden=SHOWN_BY_DISPLAYS if has_display else frozenset())
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
