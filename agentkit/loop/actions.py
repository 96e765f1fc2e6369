"""What a run can do next, as records, and what the model is told on the way.

Two rules for this file: nothing is decided here, and nothing is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from agentkit.messages.message import ToolCall
from agentkit.run.outcome import Outcome
from agentkit.tools.reserved_names import ANSWER_TOOL

FLOOR = 1_024
"""The `max_tokens` below which a request is not worth making."""
OVER_BUDGET = "The budget of this run is nearly used up."
LAST_TURN = "This is your last turn: no further tool calls are possible. Give the best answer you can now."
LAST_TURN_BY_TOOL = (
    f"This is your last turn: call `{ANSWER_TOOL}` now with the best answer you can give. No other call will run."
)
SAY_SOMETHING = "Your last reply was empty. Please go on, or give your answer."
CALL_ANSWER_TOOL = f"Your answer has to come as a call of the tool `{ANSWER_TOOL}`. Call it now."
CUT_OFF = (
    "Not executed: your reply was cut off at its length limit before it was complete. Send smaller pieces: fewer calls "
    "in one turn, shorter arguments."
)
STOPPED = "Stopped: the time of this run is over. Whether it took effect is not known."
CANCELLED = "Cancelled. Whether it took effect is not known."
FAILED_AGAIN = (
    "This same call has now failed {count} times. It will not succeed as it is: change its arguments, use another "
    "tool, or go on without it."
)


class AnswerBy(Enum):
    """How the answer comes."""

    TEXT = "the text of the last turn"
    FORMAT = "the text of the last turn, JSON under `output_config.format`"
    TOOL = "a call of the answer tool"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run that does not end by itself is ended."""

    max_turns: int = 50
    output_retries: int = 2
    max_pauses: int = 10
    max_repairs: int = 3
    """How often the same call may fail."""
    max_cuts: int = 2
    """How often the model is told to send smaller pieces."""
    max_repeated_ids: int = 2
    """How often a reply that uses a call's id again is asked for anew."""
    max_tokens: int = 16_000
    """What one reply is given."""
    most_tokens: int = 16_000
    """What it is given when it was cut off: the model's own limit."""


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model."""

    note: str | None = None
    """Said at the tail before asking. None: nothing."""
    is_last: bool = False
    """Whether no tool but the answer tool may be called."""
    max_tokens: int = 16_000
    """What the reply may have at the most."""
    least_tokens: int = 1_024
    """What it must have at the least, where a budget allows for less than the most."""


@dataclass(frozen=True, slots=True)
class RunTools:
    """Run the calls of the turn; with `only`, run only that tool and answer the others as not executed."""

    calls: tuple[ToolCall, ...]
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class AnswerCalls:
    """Run none of the calls: each is answered with this text."""

    calls: tuple[ToolCall, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """See whether the text is an answer of the output type."""

    text: str


@dataclass(frozen=True, slots=True)
class AskToSpeak:
    """The model ended its turn without a word: ask it once more."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Drop the turn and ask for another one."""

    reason: str
    max_tokens: int | None = None
    """What it may have this time. None: as before."""


@dataclass(frozen=True, slots=True)
class FallBack:
    """Drop the turn and ask the fallback model."""

    reason: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Drop the turn, make the conversation short, and ask again."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over."""

    outcome: Outcome
    reason: str = ""


OUT_OF_TIME = Finish(Outcome.BUDGET_EXHAUSTED, "The time of the budget is over: what was running was stopped.")
"""How a run ends whose time is over."""

Step: TypeAlias = CallModel | RunTools | AnswerCalls | CheckAnswer | AskToSpeak | AskAgain | FallBack | Compact | Finish
"""What comes next."""
