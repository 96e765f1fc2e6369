"""The actions that a run can take next, as records.

Two rules for this file: nothing is decided here, and nothing is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from agentkit.messages.message import ToolCall
from agentkit.run.outcome import Outcome


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
    good_tokens: int = 0
    """The smallest `max_tokens` to take where a budget allows for it. 0: `min_tokens`."""


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
    min_tokens: int = 0
    """The smallest `max_tokens` with which the next request is of use: more than the reply had. 0: as before."""


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


ReplyAction: TypeAlias = RunTools | SkipCalls | CheckAnswer | RequestText | RetryTurn | UseFallback | Compact
"""An action on the reply that has come."""

Action: TypeAlias = AskModel | ReplyAction | Finish
"""One action of a run; `next_action` in `stop_reasons.py` chooses it."""
