"""Expectations about all calls together: none too many, and failures that were recovered from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentkit.errors import DefinitionError
from agentkit.testing.expectations import Call


@dataclass(frozen=True, slots=True)
class _AtMostCalls:
    count: int
    tool: str | None

    def __repr__(self) -> str:
        return f"at_most_calls({self.count}{'' if self.tool is None else f', {self.tool!r}'})"

    def unmet(self, calls: Sequence[Call]) -> str | None:
        made = sum(self.tool in (None, call.name) for call in calls)
        what = "calls" if self.tool is None else f"calls of {self.tool}"
        return None if made <= self.count else f"Expected at most {self.count} {what}; there were {made}."


def at_most_calls(count: int, tool: str | None = None) -> _AtMostCalls:
    """Expect no more tool calls than this, those of sub-agents and failed ones included.

    Args:
        count: The most calls.
        tool: The name of the tool whose calls count. None: those of all tools.

    Raises:
        DefinitionError: The count is below 0.
    """
    if count < 0:
        raise DefinitionError(f"at_most_calls({count}): the most calls are a number from 0.")
    return _AtMostCalls(count, tool)


@dataclass(frozen=True, slots=True)
class _RecoveredFrom:
    error: str
    tool: str | None

    def __repr__(self) -> str:
        return f"recovered_from({self.error!r}{'' if self.tool is None else f', {self.tool!r}'})"

    def unmet(self, calls: Sequence[Call]) -> str | None:
        failed = [
            number
            for number, call in enumerate(calls)
            if call.is_error and self.tool in (None, call.name) and self.error.casefold() in call.error.casefold()
        ]
        what = f"a call{'' if self.tool is None else f' of {self.tool}'} that fails"
        what += f" with {self.error!r}" if self.error else ""
        if not failed:
            return f"Expected {what}; there is none."
        for number in failed:
            if not any(_recovers(call, calls[number]) for call in calls[number + 1 :]):
                said = calls[number].error or "an error"
                return f"Expected that {calls[number].name} succeeds after the failure: {said}"[:400]
        return None


def _recovers(call: Call, failed: Call) -> bool:
    """Return True if a call succeeded that was made when the failure was known, and not beside it in the same turn."""
    is_beside = failed.turn > 0 and (call.path, call.turn) == (failed.path, failed.turn)
    return not is_beside and call.name == failed.name and call.is_error is False


def recovered_from(error: str = "", tool: str | None = None) -> _RecoveredFrom:
    """Expect that a call failed, and that a later call of the same tool succeeded; so for each such failure.

    Args:
        error: A part of the error's text, whatever its case. Empty: any error.
        tool: The name of the tool. None: any.
    """
    return _RecoveredFrom(error, tool)
