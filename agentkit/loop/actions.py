"""The actions that a run can take next, as records, and the fixed texts that the loop sends to the model.

Two rules for this file: nothing is decided here, and nothing is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from agentkit.messages.message import ToolCall
from agentkit.run.outcome import Outcome
from agentkit.tools.reserved_names import ANSWER_TOOL

MIN_REPLY_TOKENS = 1_024
"""The smallest `max_tokens` that a request is sent with, in tokens."""
OVER_BUDGET_NOTE = "The budget of this run is nearly used up."
FINAL_TURN_NOTE = "This is your last turn: no further tool calls are possible. Give the best answer you can now."
FINAL_TURN_BY_TOOL_NOTE = (
    f"This is your last turn: call `{ANSWER_TOOL}` now with the best answer you can give. No other call will run."
)
EMPTY_REPLY_NOTE = "Your last reply was empty. Please go on, or give your answer."
CALL_ANSWER_TOOL_NOTE = f"Your answer has to come as a call of the tool `{ANSWER_TOOL}`. Call it now."
TRUNCATED_RESULT = (
    "Not executed: your reply was cut off at its length limit before it was complete. Send smaller pieces: fewer calls "
    "in one turn, shorter arguments."
)
OUT_OF_TIME_RESULT = "Stopped: the time of this run is over. Whether it took effect is not known."
CANCELLED_RESULT = "Cancelled. Whether it took effect is not known."
REPEATED_FAILURE_NOTE = (
    "This same call has now failed {count} times. It will not succeed as it is: change its arguments, use another "
    "tool, or go on without it."
)


class AnswerBy(Enum):
    """The form in which the model gives its answer."""

    TEXT = "the text of the last turn"
    FORMAT = "the text of the last turn, JSON under `output_config.format`"
    TOOL = "a call of the answer tool"


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


@dataclass(frozen=True, slots=True)
class AskModel:
    """Send a request to the model."""

    note: str | None = None
    """Text that is appended to the last user message before the request. None: nothing is appended."""
    is_final_turn: bool = False
    """True if this is the final turn: no tool but the answer tool may be called."""
    max_tokens: int = 16_000
    """The `max_tokens` of the request, where no budget allows for less."""
    min_tokens: int = 1_024
    """The smallest `max_tokens` that a budget may lower it to."""


@dataclass(frozen=True, slots=True)
class RunTools:
    """Run the tool calls of the turn; with `allowed_tools`, calls of other tools are answered as not executed."""

    calls: tuple[ToolCall, ...]
    allowed_tools: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SkipCalls:
    """Run none of the tool calls: the result of each is an error with this text."""

    calls: tuple[ToolCall, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """Validate the text as an answer of the output type."""

    text: str


@dataclass(frozen=True, slots=True)
class RequestText:
    """Ask once more for text: the model ended its turn without any."""


@dataclass(frozen=True, slots=True)
class RetryTurn:
    """Drop the turn and request it again."""

    reason: str
    max_tokens: int | None = None
    """The `max_tokens` of the next request. None: as before."""


@dataclass(frozen=True, slots=True)
class UseFallback:
    """Drop the turn and send the conversation to the fallback model."""

    reason: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Drop the turn, compact the history, and send the request again."""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the run."""

    outcome: Outcome
    reason: str = ""


OUT_OF_TIME = Finish(Outcome.BUDGET_EXHAUSTED, "The time of the budget is over: what was running was stopped.")
"""The end of a run whose `Budget(max_seconds=...)` is used up."""

Action: TypeAlias = (
    AskModel | RunTools | SkipCalls | CheckAnswer | RequestText | RetryTurn | UseFallback | Compact | Finish
)
"""One action of a run; `next_action` in `state.py` chooses it."""
