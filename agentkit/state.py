"""The machine of a run: what comes next, as data.

Two rules for this file: no I/O, no clock and no SDK; and a stop reason that the table does not have ends the run by
its name, it is never taken for another one.

    ASK --CallModel--> REPLIED --RunTools--> ASK
                          |                   ^
                          +--CheckAnswer------+--> Finish
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from agentkit.messages import AssistantTurn, ToolCall
from agentkit.outcome import Outcome

ANSWER_TOOL = "give_answer"
"""The tool through which a typed answer comes when the type has no strict form."""

LAST_TURN = "This is your last turn: no further tool calls are possible. Give the best answer you can now."
LAST_TURN_BY_TOOL = (
    f"This is your last turn: call `{ANSWER_TOOL}` now with the best answer you can give. No other call will run."
)
SAY_SOMETHING = "Your last reply was empty. Please go on, or give your answer."
CALL_ANSWER_TOOL = f"Your answer has to come as a call of the tool `{ANSWER_TOOL}`. Call it now."


class After(Enum):
    """What a stop reason asks of us."""

    GO_ON = "run the calls if there are any, otherwise take the answer"
    RESEND = "send the conversation again, unchanged"
    REFUSED = "drop the turn and stop"
    TRUNCATED = "stop: the reply was cut off"
    CONTEXT_EXCEEDED = "stop: the window is full"


STOP_REASONS: Mapping[str, After] = {
    "end_turn": After.GO_ON,
    "stop_sequence": After.GO_ON,
    "tool_use": After.GO_ON,
    "pause_turn": After.RESEND,
    "compaction": After.RESEND,
    "max_tokens": After.TRUNCATED,
    "model_context_window_exceeded": After.CONTEXT_EXCEEDED,
    "refusal": After.REFUSED,
}
"""Every stop reason of the Messages API. Compatible servers end a turn that has calls with `end_turn`, too."""


class AnswerBy(Enum):
    """How the answer comes."""

    TEXT = "the text of the last turn, or its JSON under `output_config.format`"
    TOOL = "a call of the answer tool"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run that does not end by itself is ended."""

    max_turns: int = 50
    output_retries: int = 2
    max_pauses: int = 10


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model."""

    note: str | None = None
    """Said at the tail before asking. None: nothing."""
    is_last: bool = False
    """Whether no tool but the answer tool may be called."""


@dataclass(frozen=True, slots=True)
class RunTools:
    """Run the calls of the turn; with `only`, run only that tool and answer the others as not executed."""

    calls: tuple[ToolCall, ...]
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """See whether the text is an answer of the output type."""

    text: str


@dataclass(frozen=True, slots=True)
class AskToSpeak:
    """The model ended its turn without a word: ask it once more."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over."""

    outcome: Outcome
    reason: str = ""


Step: TypeAlias = CallModel | RunTools | CheckAnswer | AskToSpeak | Finish
"""What comes next."""


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run stands. Every method returns the state after something happened."""

    limits: Limits
    answer_by: AnswerBy = AnswerBy.TEXT
    has_tools: bool = False
    """Whether there is anything to call; a run without tools needs no landing."""
    turns: int = 0
    pauses: int = 0
    output_failures: int = 0
    was_asked_to_speak: bool = False
    note: str | None = None
    """What the model is told with the next request."""
    turn: AssistantTurn | None = None
    """The reply that has not been dealt with. None: it is our turn to ask."""
    are_calls_answered: bool = False
    """Whether the calls of that reply have their results."""
    finish: Finish | None = None

    @property
    def limit_reason(self) -> str:
        """Why the turn limit ends the run."""
        return f"The limit of {self.limits.max_turns} turns was reached."

    @property
    def is_landing(self) -> bool:
        """Whether the model is on its last turn, and was told so."""
        return self.has_tools and self.turns == self.limits.max_turns

    def replied(self, turn: AssistantTurn) -> RunState:
        """The model answered."""
        return replace(self, turns=self.turns + 1, turn=turn, note=None, are_calls_answered=False)

    def resumed(self) -> RunState:
        """A paused turn goes back as it is."""
        return replace(self, pauses=self.pauses + 1, turns=self.turns - 1, turn=None)

    def ran_tools(self, *, answered: bool = False, rejected: str | None = None) -> RunState:
        """The calls of the turn have their results; the answer tool's was taken, or `rejected` for a reason."""
        if answered:
            return self.answered()
        failures = self.output_failures + (rejected is not None)
        if rejected is not None and failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, rejected))
        if self.is_landing:  # what the last turn says beside its calls is the best answer there will be
            return replace(self, are_calls_answered=True)
        return replace(self, turn=None, output_failures=failures)

    def answered(self) -> RunState:
        """The answer fits the output type."""
        if self.is_landing:
            return replace(self, finish=Finish(Outcome.MAX_TURNS, self.limit_reason))
        return replace(self, finish=Finish(Outcome.COMPLETED))

    def rejected(self, reason: str) -> RunState:
        """The answer does not fit; it goes back with `reason` as long as retries and turns are left."""
        failures = self.output_failures + 1
        if failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, reason))
        if self.turns >= self.limits.max_turns:
            return replace(self, finish=Finish(Outcome.MAX_TURNS, f"{self.limit_reason} {reason}"))
        return replace(self, output_failures=failures, turn=None, note=reason)

    def asked_to_speak(self) -> RunState:
        """The model ended its turn without a word and is asked once more."""
        return replace(self, was_asked_to_speak=True, turn=None, note=SAY_SOMETHING)


def next_step(state: RunState) -> Step:
    """What a run in this state does next."""
    if state.finish is not None:
        return state.finish
    if state.turn is None:
        return _ask(state)
    after = STOP_REASONS.get(state.turn.stop_reason or "")
    match after:
        case After.GO_ON:
            return _go_on(state, state.turn)
        case After.RESEND if state.pauses >= state.limits.max_pauses:
            return Finish(Outcome.PAUSED, f"The server paused its turn {state.pauses + 1} times.")
        case After.RESEND:
            return CallModel(is_last=state.is_landing)
        case After.REFUSED:
            return Finish(Outcome.REFUSED, _refusal_reason(state.turn))
        case After.TRUNCATED:
            return Finish(Outcome.TRUNCATED, "The reply was cut off at max_tokens.")
        case After.CONTEXT_EXCEEDED:
            return Finish(Outcome.CONTEXT_EXCEEDED, "The conversation no longer fits the model's window.")
        case None:
            return Finish(Outcome.FAILED, f"The API stopped for a reason we do not know: {state.turn.stop_reason!r}.")


def _ask(state: RunState) -> Step:
    left = state.limits.max_turns - state.turns
    if left <= 0:
        return Finish(Outcome.MAX_TURNS, state.limit_reason)
    if left > 1 or not state.has_tools:
        return CallModel(state.note)
    last = LAST_TURN_BY_TOOL if state.answer_by is AnswerBy.TOOL else LAST_TURN
    return CallModel(f"{state.note}\n\n{last}" if state.note else last, is_last=True)


def _go_on(state: RunState, turn: AssistantTurn) -> Step:
    calls = tuple(turn.calls())
    if calls and not state.are_calls_answered:
        by_tool = state.answer_by is AnswerBy.TOOL
        only = frozenset({ANSWER_TOOL} if by_tool else ()) if state.is_landing else None
        return RunTools(calls, only)
    if turn.stop_reason == "tool_use" and not calls:
        return Finish(Outcome.FAILED, "The API stopped for tool_use, but the reply holds no tool call.")
    if turn.text.strip():
        return CheckAnswer(turn.text)
    if state.is_landing:
        return Finish(Outcome.MAX_TURNS, state.limit_reason)
    if state.was_asked_to_speak:
        return Finish(Outcome.EMPTY, "The model ended its turn without a word, twice.")
    return AskToSpeak()


def _refusal_reason(turn: AssistantTurn) -> str:
    details = turn.stop_details or {}
    parts = [str(part) for part in (details.get("category"), details.get("explanation")) if part]
    return ": ".join(["The model declined", *parts]) + "."
