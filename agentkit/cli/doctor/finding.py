"""What a check found: one line for a person, one line of JSON for a program."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agentkit.cli.terminal.text import one_line

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_LONGEST = 400
"""Characters of what a line says; servers may say more."""


class Status(StrEnum):
    """How a check came out. Its `str()` is its value."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not wholly, or not for everything."""
    PROBLEM = "problem"
    """Something does not work."""
    UNKNOWN = "unknown"
    """It could not be found out."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check."""

    check: str
    """The name of the check; it never changes between versions."""
    status: Status
    found: str
    """What is there."""
    advice: str = ""
    """What to do, or what it means for agents. Empty: nothing."""
    is_access: bool = False
    """Whether it is about credentials or the way to the server: a problem there is one of configuration."""

    def line(self) -> str:
        """The finding for a person."""
        return f"{self.status:<8} {self.check:<18} {one_line(f'{self.found} {self.advice}', _LONGEST)}"

    def to_json(self) -> JSONObject:
        """The finding for a program."""
        return {"check": self.check, "status": str(self.status), "found": self.found, "advice": self.advice}


def ok(check: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Status.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It works, but not wholly."""
    return Finding(check, Status.WARNING, found, advice)


def problem(check: str, found: str, advice: str, *, is_access: bool = False) -> Finding:
    """It does not work."""
    return Finding(check, Status.PROBLEM, found, advice, is_access)


def unknown(check: str, found: str, advice: str = "") -> Finding:
    """It could not be found out."""
    return Finding(check, Status.UNKNOWN, found, advice)
