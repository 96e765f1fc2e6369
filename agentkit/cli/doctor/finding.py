"""Findings of the checks: printed as one line of text, or as one line of JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agentkit.cli.terminal.style import Style, styled
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line
from agentkit.messages.wrapping import wrap_text

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_MAX_LINE_CHARS = 400
"""Characters of the text in a line; error messages of servers may be longer."""


_MIN_WIDTH_OF_COLUMNS = 64
"""A terminal that is narrower shows the text below the name of the check."""


class Status(StrEnum):
    """The status of a check. Its `str()` is its value."""

    OK = "ok"
    WARNING = "warning"
    """It works partly, or not for every use."""
    PROBLEM = "problem"
    """It does not work."""
    UNKNOWN = "unknown"
    """The check has no result."""


_STYLES: dict[Status, Style] = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.PROBLEM: "red",
    Status.UNKNOWN: "dim",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    """The name of the check; it never changes between versions."""
    status: Status
    found: str
    """The observation."""
    advice: str = ""
    """The remedy, or the consequence for agents. Empty: nothing to do."""
    is_access: bool = False
    """True for checks of credentials and of the connection: a problem with these gives exit code 3, configuration."""

    def to_line(self) -> str:
        """Return the finding as a line of text; on a terminal wrapped at words, with the status in its colour."""
        status, text = f"{self.status:<8}", one_line(f"{self.found} {self.advice}", _MAX_LINE_CHARS)
        if not sys.stdout.isatty():
            return f"{status} {self.check:<18} {text}"
        width = terminal_width(sys.stdout)
        is_wide = width >= _MIN_WIDTH_OF_COLUMNS
        indent = " " * (28 if is_wide else 4)
        lines = wrap_text(text, width - len(indent)).replace("\n", f"\n{indent}")
        gap = f"{self.check:<18} " if is_wide else f"{self.check}\n{indent}"
        return f"{styled(status, _STYLES[self.status], sys.stdout)} {gap}{lines}"

    def to_json(self) -> JSONObject:
        """Return the finding as a JSON object."""
        return {"check": self.check, "status": str(self.status), "found": self.found, "advice": self.advice}


def ok(check: str, found: str) -> Finding:
    """Return a finding without a problem."""
    return Finding(check, Status.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """Return a finding about something that works partly."""
    return Finding(check, Status.WARNING, found, advice)


def problem(check: str, found: str, advice: str, *, is_access: bool = False) -> Finding:
    """Return a finding about something that does not work."""
    return Finding(check, Status.PROBLEM, found, advice, is_access)


def unknown(check: str, found: str, advice: str = "") -> Finding:
    """Return the finding of a check that has no result."""
    return Finding(check, Status.UNKNOWN, found, advice)
