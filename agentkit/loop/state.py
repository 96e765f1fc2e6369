"""The state machine of a run: it chooses the next action, as data.

Two rules for this file: no I/O, no clock and no SDK; and a stop reason that the table does not have ends the run with
its name, it is never treated as another one.

    READY --AskModel--> REPLIED --RunTools, SkipCalls, RequestText--> READY
                           |                                            ^
                           +--RetryTurn, UseFallback, Compact-----------+   the reply is dropped
                           +--CheckAnswer-------------------------------+--> Finish
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from agentkit.loop.actions import (
    CUT_OFF,
    FLOOR,
    LAST_TURN,
    LAST_TURN_BY_TOOL,
    OVER_BUDGET,
    SAY_SOMETHING,
    AnswerBy,
    AnswerCalls,
    AskAgain,
    AskToSpeak,
    CallModel,
    CheckAnswer,
    Compact,
    FallBack,
    Finish,
    Limits,
    RunTools,
    Step,
)
from agentkit.messages.message import AssistantTurn, ToolCall
from agentkit.run.outcome import Outcome
from agentkit.tools.reserved_names import ANSWER_TOOL


class After(Enum):
    """The rule for a stop reason."""

    GO_ON = "run the calls if there are any, otherwise take the answer"
    RESEND = "send the conversation again, unchanged"
    REFUSED = "drop the turn; ask the fallback, or stop"
    TRUNCATED = "the reply was cut off: run none of its calls, give it more room"
    CONTEXT_EXCEEDED = "the window is full: compact once, or stop"


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


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of a run. Every method returns the state after an event."""

    limits: Limits
    answer_by: AnswerBy = AnswerBy.TEXT
    has_tools: bool = False
    """True if there is a tool to call; a run without tools needs no final turn."""
    has_fallback: bool = False
    """True if there is a fallback model that is not in use yet."""
    can_compact: bool = True
    turns: int = 0
    pauses: int = 0
    cuts: int = 0
    repeated_ids: int = 0
    output_failures: int = 0
    failures: Mapping[str, int] = field(default_factory=dict[str, int])
    """The number of failures of each call that has not succeeded since, by `ToolCall.key`."""
    was_asked_to_speak: bool = False
    was_told_last: bool = False
    note: str | None = None
    """Text for the model, appended to the next user message. None: nothing."""
    turn: AssistantTurn | None = None
    """The reply that is being handled. None: the next action is a request."""
    has_repeated_ids: bool = False
    """True if that reply gives a call an id that was used before."""
    sent_tokens: int = 0
    """The `max_tokens` of the request that brought that reply."""
    room: int | None = None
    """The `max_tokens` of the next request. None: that of the limits."""
    are_calls_answered: bool = False
    """True if the calls of that reply have their results."""
    lands: Finish | None = None
    """The end of the run after the final turn, whatever its reply: a budget is nearly used up. None: no such end."""
    finish: Finish | None = None
    """The end of the run. None: it goes on."""

    @property
    def landing(self) -> Finish | None:
        """The end of the run if this is the announced final turn. None: the run may go on."""
        if self.lands is not None:
            return self.lands
        if self.has_tools and self.turns == self.limits.max_turns:
            return Finish(Outcome.MAX_TURNS, self.limit_reason)
        return None

    @property
    def may_go_back(self) -> bool:
        """True if the API would accept that reply in the history."""
        turn = self.turn
        return turn is not None and bool(turn.content) and turn.stop_reason != "refusal" and not self.has_repeated_ids

    @property
    def limit_reason(self) -> str:
        """The reason of a run that the turn limit ends."""
        return f"The limit of {self.limits.max_turns} turns was reached."

    def said(self) -> RunState:
        """The user message with the pending note was appended."""
        is_last = self.has_tools and (self.lands is not None or self.limits.max_turns - self.turns == 1)
        if self.note is None and not is_last:
            return self
        return replace(self, note=None, was_told_last=self.was_told_last or is_last)

    def replied(self, turn: AssistantTurn, *, max_tokens: int = 0, has_repeated_ids: bool = False) -> RunState:
        """The model replied to a request with this `max_tokens`; 0: that of the limits."""
        return replace(
            self,
            turns=self.turns + 1,
            turn=turn,
            sent_tokens=max_tokens or self.limits.max_tokens,
            room=None,
            has_repeated_ids=has_repeated_ids,
            note=None,
            are_calls_answered=False,
        )

    def resumed(self) -> RunState:
        """A paused turn is sent back unchanged, and does not count."""
        return replace(self, pauses=self.pauses + 1, turns=self.turns - 1, turn=None)

    def dropped(self, step: AskAgain | FallBack | Compact) -> RunState:
        """The turn was dropped by this action, and does not count."""
        state = replace(self, turn=None, turns=self.turns - (self.turn is not None))
        match step:
            case AskAgain():
                repeated_ids = self.repeated_ids + self.has_repeated_ids
                return replace(state, room=step.max_tokens, repeated_ids=repeated_ids)
            case FallBack():
                return replace(state, has_fallback=False)
            case Compact():
                return replace(state, can_compact=False)

    def cut_off(self) -> RunState:
        """The calls of a truncated turn were answered with the request to send smaller pieces."""
        return replace(self, turn=None, cuts=self.cuts + 1)

    def over_budget(self, reason: str) -> RunState:
        """The next call does not fit into a budget: take the final turn, or end the run where none is left."""
        end = Finish(Outcome.BUDGET_EXHAUSTED, reason)
        if self.has_tools and self.lands is None:
            return replace(self, lands=end, room=None)
        return replace(self, finish=end)

    def is_stuck(self, call: ToolCall) -> bool:
        """Return True if this call has failed as often as it may."""
        failed = self.failures  # empty for most runs, and computing a call's key takes time
        return bool(failed) and failed.get(call.key, 0) >= self.limits.max_repairs

    def ran_tools(
        self, *, rejected: str | None = None, failed: Collection[ToolCall] = (), succeeded: Collection[ToolCall] = ()
    ) -> RunState:
        """The calls of the turn have their results; `rejected` is the reason why the answer tool's was rejected."""
        failures = self.output_failures + (rejected is not None)
        if rejected is not None and failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, rejected))
        if self.landing is not None:  # its text is the best answer there will be
            return replace(self, are_calls_answered=True)
        counts = self.failures
        if failed or (succeeded and counts):
            done = {call.key for call in succeeded}
            counts = {key: count for key, count in counts.items() if key not in done}
            counts |= {key: counts.get(key, 0) + 1 for key in {call.key for call in failed}}
        return replace(self, turn=None, output_failures=failures, failures=counts)

    def answered(self) -> RunState:
        """The answer was accepted."""
        return replace(self, finish=self.landing or Finish(Outcome.COMPLETED))

    def rejected(self, reason: str) -> RunState:
        """The answer was rejected; it is sent back with `reason` as long as retries and turns are left."""
        failures = self.output_failures + 1
        if self.lands is not None:
            return replace(self, finish=replace(self.lands, reason=f"{self.lands.reason} {reason}"))
        if failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, reason))
        if self.turns >= self.limits.max_turns:
            return replace(self, finish=Finish(Outcome.MAX_TURNS, f"{self.limit_reason} {reason}"))
        return replace(self, output_failures=failures, turn=None, note=reason)

    def asked_to_speak(self) -> RunState:
        """The model ended its turn without text, and is asked for text once more."""
        return replace(self, was_asked_to_speak=True, turn=None, note=SAY_SOMETHING)


def next_step(state: RunState) -> Step:
    """Return the next action of a run in this state."""
    if state.finish is not None:
        return state.finish
    if state.turn is None:
        return _ask(state)
    match STOP_REASONS.get(state.turn.stop_reason or ""):
        case After.GO_ON:
            return _go_on(state, state.turn)
        case After.RESEND if state.pauses >= state.limits.max_pauses:
            return Finish(Outcome.PAUSED, f"The server paused its turn {state.pauses + 1} times.")
        case After.RESEND:
            return CallModel(is_last=state.landing is not None, max_tokens=state.sent_tokens)
        case After.REFUSED if state.has_fallback:
            return FallBack(_refusal_reason(state.turn))
        case After.REFUSED:
            return Finish(Outcome.REFUSED, _refusal_reason(state.turn))
        case After.TRUNCATED:
            return _truncated(state, state.turn)
        case After.CONTEXT_EXCEEDED if state.can_compact:
            return Compact()
        case After.CONTEXT_EXCEEDED:
            return Finish(Outcome.CONTEXT_EXCEEDED, "The conversation no longer fits the model's window.")
        case None:
            return Finish(Outcome.FAILED, f"The API stopped for a reason we do not know: {state.turn.stop_reason!r}.")


def _ask(state: RunState) -> Step:
    left = state.limits.max_turns - state.turns
    if left <= 0:
        return Finish(Outcome.MAX_TURNS, state.limit_reason)
    most = state.room or state.limits.max_tokens
    least = min(most, max(FLOOR, 0 if state.room is None else 2 * state.sent_tokens))
    is_last = state.has_tools and (left == 1 or state.lands is not None)
    note = state.note
    if is_last and not state.was_told_last:
        last = LAST_TURN_BY_TOOL if state.answer_by is AnswerBy.TOOL else LAST_TURN
        why = f"{OVER_BUDGET} {last}" if state.lands is not None else last
        note = f"{note}\n\n{why}" if note else why
    return CallModel(note, is_last, most, least)


def _go_on(state: RunState, turn: AssistantTurn) -> Step:
    calls = tuple(turn.calls())
    if calls and not state.are_calls_answered:
        return _run(state, calls)
    if turn.stop_reason == "tool_use" and not calls:
        return Finish(Outcome.FAILED, "The API stopped for tool_use, but the reply holds no tool call.")
    if turn.text.strip():
        return CheckAnswer(turn.text)
    if (landing := state.landing) is not None:
        return landing
    if state.was_asked_to_speak:
        return Finish(Outcome.EMPTY, "The model ended its turn without a word, twice.")
    return AskToSpeak()


def _run(state: RunState, calls: tuple[ToolCall, ...]) -> Step:
    if state.has_repeated_ids:
        if state.repeated_ids >= state.limits.max_repeated_ids:
            return Finish(Outcome.FAILED, "The API gave an id to two tool calls, again and again.")
        return AskAgain("The reply gave an id to two tool calls.")
    stuck = next(filter(state.is_stuck, calls), None)
    if stuck is not None:
        count = state.failures[stuck.key]
        return Finish(Outcome.LIVELOCK, f"The same call of `{stuck.name}` failed {count} times and was made again.")
    may_run = frozenset({ANSWER_TOOL} if state.answer_by is AnswerBy.TOOL else ())
    return RunTools(calls, None if state.landing is None else may_run)


def _truncated(state: RunState, turn: AssistantTurn) -> Step:
    """Return the action after a truncated reply: an unusable one is retried with a higher `max_tokens` if possible."""
    calls = tuple(turn.calls())
    is_useless = bool(calls) or not turn.text.strip() or state.answer_by is not AnswerBy.TEXT
    if state.landing is not None and not is_useless:
        return CheckAnswer(turn.text)
    most = state.limits.most_tokens if is_useless else state.limits.max_tokens
    larger = min(most, max(state.limits.max_tokens, 4 * state.sent_tokens))
    if larger > state.sent_tokens:
        return AskAgain("The reply was cut off.", larger)
    if calls and state.landing is None and state.cuts < state.limits.max_cuts:
        return AnswerCalls(calls, CUT_OFF)
    return state.lands or Finish(Outcome.TRUNCATED, "The reply was cut off at max_tokens.")


def _refusal_reason(turn: AssistantTurn) -> str:
    details = turn.stop_details or {}
    parts = [str(part) for part in (details.get("category"), details.get("explanation")) if part]
    return ": ".join(["The model declined", *parts]).rstrip(".") + "."
