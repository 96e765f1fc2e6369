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
    EMPTY_REPLY_NOTE,
    FINAL_TURN_BY_TOOL_NOTE,
    FINAL_TURN_NOTE,
    MIN_REPLY_TOKENS,
    OVER_BUDGET_NOTE,
    TRUNCATED_RESULT,
    Action,
    AnswerBy,
    AskModel,
    CheckAnswer,
    Compact,
    Finish,
    RequestText,
    RetryTurn,
    RunLimits,
    RunTools,
    SkipCalls,
    UseFallback,
)
from agentkit.messages.message import AssistantTurn, ToolCall
from agentkit.run.outcome import Outcome
from agentkit.tools.reserved_names import ANSWER_TOOL


class StopReasonRule(Enum):
    """The rule for a stop reason."""

    GO_ON = "run the calls if there are any, otherwise take the answer"
    RESEND = "send the conversation again, unchanged"
    REFUSED = "drop the turn; ask the fallback, or stop"
    TRUNCATED = "the reply was cut off: run none of its calls, give it more room"
    CONTEXT_EXCEEDED = "the window is full: compact once, or stop"


STOP_REASONS: Mapping[str, StopReasonRule] = {
    "end_turn": StopReasonRule.GO_ON,
    "stop_sequence": StopReasonRule.GO_ON,
    "tool_use": StopReasonRule.GO_ON,
    "pause_turn": StopReasonRule.RESEND,
    "compaction": StopReasonRule.RESEND,
    "max_tokens": StopReasonRule.TRUNCATED,
    "model_context_window_exceeded": StopReasonRule.CONTEXT_EXCEEDED,
    "refusal": StopReasonRule.REFUSED,
}
"""Every stop reason of the Messages API. Compatible servers end a turn that has calls with `end_turn`, too."""


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of a run. Every method returns the state after an event."""

    limits: RunLimits
    answer_by: AnswerBy = AnswerBy.TEXT
    has_tools: bool = False
    """True if there is a tool to call; a run without tools needs no final turn."""
    has_fallback: bool = False
    """True if there is a fallback model that is not in use yet."""
    can_compact: bool = True
    turns: int = 0
    pauses: int = 0
    truncations: int = 0
    repeated_ids: int = 0
    output_failures: int = 0
    call_failures: Mapping[str, int] = field(default_factory=dict[str, int])
    """The number of failures of each call that has not succeeded since, by `ToolCall.key`."""
    was_text_requested: bool = False
    was_final_turn_announced: bool = False
    note: str | None = None
    """Text for the model, appended to the next user message. None: nothing."""
    turn: AssistantTurn | None = None
    """The reply that is being handled. None: the next action is a request."""
    has_repeated_ids: bool = False
    """True if that reply gives a call an id that was used before."""
    reply_max_tokens: int = 0
    """The `max_tokens` of the request that brought that reply."""
    next_max_tokens: int | None = None
    """The `max_tokens` of the next request. None: that of the limits."""
    are_calls_answered: bool = False
    """True if the calls of that reply have their results."""
    budget_finish: Finish | None = None
    """The end of the run after the final turn, whatever its reply: a budget is nearly used up. None: no such end."""
    finish: Finish | None = None
    """The end of the run. None: it goes on."""

    @property
    def final_turn_finish(self) -> Finish | None:
        """The end of the run if this is the announced final turn. None: the run may go on."""
        if self.budget_finish is not None:
            return self.budget_finish
        if self.has_tools and self.turns == self.limits.max_turns:
            return Finish(Outcome.MAX_TURNS, self.limit_reason)
        return None

    @property
    def may_append_turn(self) -> bool:
        """True if the API would accept that reply in the history."""
        turn = self.turn
        return turn is not None and bool(turn.content) and turn.stop_reason != "refusal" and not self.has_repeated_ids

    @property
    def limit_reason(self) -> str:
        """The reason of a run that the turn limit ends."""
        return f"The limit of {self.limits.max_turns} turns was reached."

    def user_message_sent(self) -> RunState:
        """The user message with the pending note was appended."""
        is_final_turn = self.has_tools and (self.budget_finish is not None or self.limits.max_turns - self.turns == 1)
        if self.note is None and not is_final_turn:
            return self
        return replace(self, note=None, was_final_turn_announced=self.was_final_turn_announced or is_final_turn)

    def reply_received(self, turn: AssistantTurn, *, max_tokens: int = 0, has_repeated_ids: bool = False) -> RunState:
        """The model replied to a request with this `max_tokens`; 0: that of the limits."""
        return replace(
            self,
            turns=self.turns + 1,
            turn=turn,
            reply_max_tokens=max_tokens or self.limits.max_tokens,
            next_max_tokens=None,
            has_repeated_ids=has_repeated_ids,
            note=None,
            are_calls_answered=False,
        )

    def turn_resumed(self) -> RunState:
        """A paused turn is sent back unchanged, and does not count."""
        return replace(self, pauses=self.pauses + 1, turns=self.turns - 1, turn=None)

    def turn_dropped(self, action: RetryTurn | UseFallback | Compact) -> RunState:
        """The turn was dropped by this action, and does not count."""
        state = replace(self, turn=None, turns=self.turns - (self.turn is not None))
        match action:
            case RetryTurn():
                repeated_ids = self.repeated_ids + self.has_repeated_ids
                return replace(state, next_max_tokens=action.max_tokens, repeated_ids=repeated_ids)
            case UseFallback():
                return replace(state, has_fallback=False)
            case Compact():
                return replace(state, can_compact=False)

    def truncation_reported(self) -> RunState:
        """The calls of a truncated turn were answered with the request to send smaller pieces."""
        return replace(self, turn=None, truncations=self.truncations + 1)

    def budget_refused(self, reason: str) -> RunState:
        """The next call does not fit into a budget: take the final turn, or end the run where none is left."""
        end = Finish(Outcome.BUDGET_EXHAUSTED, reason)
        if self.has_tools and self.budget_finish is None:
            return replace(self, budget_finish=end, next_max_tokens=None)
        return replace(self, finish=end)

    def is_stuck(self, call: ToolCall) -> bool:
        """Return True if this call has failed as often as it may."""
        failed = self.call_failures  # empty for most runs, and computing a call's key takes time
        return bool(failed) and failed.get(call.key, 0) >= self.limits.max_repairs

    def tools_finished(
        self, *, rejected: str | None = None, failed: Collection[ToolCall] = (), succeeded: Collection[ToolCall] = ()
    ) -> RunState:
        """The calls of the turn have their results; `rejected` is the reason why the answer tool's was rejected."""
        failures = self.output_failures + (rejected is not None)
        if rejected is not None and failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, rejected))
        if self.final_turn_finish is not None:  # its text is the best answer there will be
            return replace(self, are_calls_answered=True)
        counts = self.call_failures
        if failed or (succeeded and counts):
            done = {call.key for call in succeeded}
            counts = {key: count for key, count in counts.items() if key not in done}
            counts |= {key: counts.get(key, 0) + 1 for key in {call.key for call in failed}}
        return replace(self, turn=None, output_failures=failures, call_failures=counts)

    def answer_accepted(self) -> RunState:
        """The answer was accepted."""
        return replace(self, finish=self.final_turn_finish or Finish(Outcome.COMPLETED))

    def answer_rejected(self, reason: str) -> RunState:
        """The answer was rejected; it is sent back with `reason` as long as retries and turns are left."""
        failures = self.output_failures + 1
        if self.budget_finish is not None:
            return replace(self, finish=replace(self.budget_finish, reason=f"{self.budget_finish.reason} {reason}"))
        if failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, reason))
        if self.turns >= self.limits.max_turns:
            return replace(self, finish=Finish(Outcome.MAX_TURNS, f"{self.limit_reason} {reason}"))
        return replace(self, output_failures=failures, turn=None, note=reason)

    def text_requested(self) -> RunState:
        """The model ended its turn without text, and is asked for text once more."""
        return replace(self, was_text_requested=True, turn=None, note=EMPTY_REPLY_NOTE)


def next_action(state: RunState) -> Action:
    """Return the next action of a run in this state."""
    if state.finish is not None:
        return state.finish
    if state.turn is None:
        return _model_call_or_finish(state)
    match STOP_REASONS.get(state.turn.stop_reason or ""):
        case StopReasonRule.GO_ON:
            return _after_complete_turn(state, state.turn)
        case StopReasonRule.RESEND if state.pauses >= state.limits.max_pauses:
            return Finish(Outcome.PAUSED, f"The server paused its turn {state.pauses + 1} times.")
        case StopReasonRule.RESEND:
            return AskModel(is_final_turn=state.final_turn_finish is not None, max_tokens=state.reply_max_tokens)
        case StopReasonRule.REFUSED if state.has_fallback:
            return UseFallback(_refusal_reason(state.turn))
        case StopReasonRule.REFUSED:
            return Finish(Outcome.REFUSED, _refusal_reason(state.turn))
        case StopReasonRule.TRUNCATED:
            return _after_truncation(state, state.turn)
        case StopReasonRule.CONTEXT_EXCEEDED if state.can_compact:
            return Compact()
        case StopReasonRule.CONTEXT_EXCEEDED:
            return Finish(Outcome.CONTEXT_EXCEEDED, "The conversation no longer fits the model's window.")
        case None:
            return Finish(Outcome.FAILED, f"The API stopped for a reason we do not know: {state.turn.stop_reason!r}.")


def _model_call_or_finish(state: RunState) -> Action:
    left = state.limits.max_turns - state.turns
    if left <= 0:
        return Finish(Outcome.MAX_TURNS, state.limit_reason)
    most = state.next_max_tokens or state.limits.max_tokens
    least = min(most, max(MIN_REPLY_TOKENS, 0 if state.next_max_tokens is None else 2 * state.reply_max_tokens))
    is_final_turn = state.has_tools and (left == 1 or state.budget_finish is not None)
    note = state.note
    if is_final_turn and not state.was_final_turn_announced:
        final_turn_note = FINAL_TURN_BY_TOOL_NOTE if state.answer_by is AnswerBy.TOOL else FINAL_TURN_NOTE
        why = f"{OVER_BUDGET_NOTE} {final_turn_note}" if state.budget_finish is not None else final_turn_note
        note = f"{note}\n\n{why}" if note else why
    return AskModel(note, is_final_turn, most, least)


def _after_complete_turn(state: RunState, turn: AssistantTurn) -> Action:
    calls = tuple(turn.tool_calls())
    if calls and not state.are_calls_answered:
        return _run_calls_or_finish(state, calls)
    if turn.stop_reason == "tool_use" and not calls:
        return Finish(Outcome.FAILED, "The API stopped for tool_use, but the reply holds no tool call.")
    if turn.text.strip():
        return CheckAnswer(turn.text)
    if (final_turn_finish := state.final_turn_finish) is not None:
        return final_turn_finish
    if state.was_text_requested:
        return Finish(Outcome.EMPTY, "The model ended its turn without a word, twice.")
    return RequestText()


def _run_calls_or_finish(state: RunState, calls: tuple[ToolCall, ...]) -> Action:
    if state.has_repeated_ids:
        if state.repeated_ids >= state.limits.max_repeated_ids:
            return Finish(Outcome.FAILED, "The API gave an id to two tool calls, again and again.")
        return RetryTurn("The reply gave an id to two tool calls.")
    stuck = next(filter(state.is_stuck, calls), None)
    if stuck is not None:
        count = state.call_failures[stuck.key]
        return Finish(Outcome.LIVELOCK, f"The same call of `{stuck.name}` failed {count} times and was made again.")
    may_run = frozenset({ANSWER_TOOL} if state.answer_by is AnswerBy.TOOL else ())
    return RunTools(calls, None if state.final_turn_finish is None else may_run)


def _after_truncation(state: RunState, turn: AssistantTurn) -> Action:
    """Return the action after a truncated reply: an unusable one is retried with a higher `max_tokens` if possible."""
    calls = tuple(turn.tool_calls())
    is_useless = bool(calls) or not turn.text.strip() or state.answer_by is not AnswerBy.TEXT
    if state.final_turn_finish is not None and not is_useless:
        return CheckAnswer(turn.text)
    most = state.limits.model_max_tokens if is_useless else state.limits.max_tokens
    larger = min(most, max(state.limits.max_tokens, 4 * state.reply_max_tokens))
    if larger > state.reply_max_tokens:
        return RetryTurn("The reply was cut off.", larger)
    if calls and state.final_turn_finish is None and state.truncations < state.limits.max_truncations:
        return SkipCalls(calls, TRUNCATED_RESULT)
    return state.budget_finish or Finish(Outcome.TRUNCATED, "The reply was cut off at max_tokens.")


def _refusal_reason(turn: AssistantTurn) -> str:
    details = turn.stop_details or {}
    parts = [str(part) for part in (details.get("category"), details.get("explanation")) if part]
    return ": ".join(["The model declined", *parts]).rstrip(".") + "."
