"""The outcomes of a run, and the record of unfinished work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a run. Its `str()` is its value."""

    COMPLETED = "completed"
    """The model gave its answer."""
    REFUSED = "refused"
    """The model declined to go on; the reason says why where the API did."""
    BLOCKED = "blocked"
    """A guardrail stopped the run."""
    INVALID_OUTPUT = "invalid_output"
    """The answer did not fit the output type, also after it was sent back."""
    BUDGET_EXHAUSTED = "budget_exhausted"
    """The next call could have cost more than was left."""
    MAX_TURNS = "max_turns"
    """The turn limit ended the run. The final turn's answer, if it gave one, is the output."""
    TRUNCATED = "truncated"
    """The reply was longer than `max_tokens`."""
    CONTEXT_EXCEEDED = "context_exceeded"
    """The conversation no longer fits the model's window."""
    LIVELOCK = "livelock"
    """The model repeated the same failing call."""
    EMPTY = "empty"
    """The model ended its turn without text, also after it was asked for it once more."""
    PAUSED = "paused"
    """The run is paused and can be resumed later."""
    CANCELLED = "cancelled"
    """`run.cancel()` was called, or the stream's block was left early."""
    FAILED = "failed"
    """The API, or the connection to it, failed; the reason says how."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A tool call that the run had started, or that the model requested, and that did not finish."""

    path: tuple[str, ...]
    """The agents from the root to the one that was called, or that made the call."""
    name: str
    """The tool."""
    call_id: str
    """The tool call's id; where an earlier turn had it too, with the number of its turn behind it: `call_0@2`."""
    reason: str
    """The reason why it was not finished, in a few words."""
