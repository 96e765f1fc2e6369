"""The limits of a run that the state machine keeps: turns, retries, and the tokens of a reply."""

from __future__ import annotations

from dataclasses import dataclass

MIN_REPLY_TOKENS = 1_024
"""The smallest `max_tokens` that a request is sent with, in tokens."""


@dataclass(frozen=True, slots=True)
class RunLimits:
    """The limits that end a run which does not end by itself."""

    max_turns: int = 50
    """Requests to the model in one run."""
    output_retries: int = 2
    """The number of times that an answer which does not fit the output type is sent back."""
    max_pauses: int = 10
    """The number of times that a turn which the server paused is resumed."""
    max_repairs: int = 3
    """The number of times that the same tool call may fail."""
    max_truncations: int = 2
    """The number of times that the model is asked for smaller pieces after a truncated reply."""
    max_repeated_ids: int = 2
    """The number of times that a turn is retried because it repeats the id of a tool call."""
    max_tokens: int = 16_000
    """The `max_tokens` of a request."""
    model_max_tokens: int = 16_000
    """The highest `max_tokens` that a truncated reply is retried with: the model's own limit."""
