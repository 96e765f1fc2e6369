"""The state machine of a run: the table of stop reasons, and the action that follows, as data.

Two rules for this file: no I/O, no clock and no SDK; and a stop reason that the table does not have ends the run with
its name, it is never treated as another one.

    READY --AskModel--> REPLIED --RunTools, SkipCalls, RequestText--> READY
                           |                                            ^
                           +--RetryTurn, UseFallback, Compact-----------+   the reply is dropped
                           +--CheckAnswer-------------------------------+--> Finish
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from agentkit.loop.actions import (
    Action,
    AskModel,
    CheckAnswer,
    Compact,
    Finish,
    RequestText,
    RetryTurn,
    RunTools,
    SkipCalls,
    UseFallback,
)
from agentkit.loop.run_limits import MIN_REPLY_TOKENS
from agentkit.loop.state import AnswerBy, RunState
from agentkit.loop.texts_for_model import FINAL_TURN_BY_TOOL_NOTE, FINAL_TURN_NOTE, OVER_BUDGET_NOTE, TRUNCATED_RESULT
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
    least = min(most, max(MIN_REPLY_TOKENS, state.next_min_tokens))
    good = 0 if state.next_max_tokens is None else min(most, 2 * state.reply_max_tokens)
    is_final_turn = state.has_tools and (left == 1 or state.budget_finish is not None)
    note = state.note
    if is_final_turn and not state.was_final_turn_announced:
        final_turn_note = FINAL_TURN_BY_TOOL_NOTE if state.answer_by is AnswerBy.TOOL else FINAL_TURN_NOTE
        why = f"{OVER_BUDGET_NOTE} {final_turn_note}" if state.budget_finish is not None else final_turn_note
        note = f"{note}\n\n{why}" if note else why
    return AskModel(note, is_final_turn, most, least, good)


def _after_complete_turn(state: RunState, turn: AssistantTurn) -> Action:
    calls = turn.tool_calls()
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


def _after_repeated_ids(state: RunState) -> Action:
    if state.repeated_ids >= state.limits.max_repeated_ids:
        return Finish(Outcome.FAILED, "The API gave an id to two tool calls, again and again.")
    return RetryTurn("The reply gave an id to two tool calls.")


def _run_calls_or_finish(state: RunState, calls: tuple[ToolCall, ...]) -> Action:
    if state.has_repeated_ids:
        return _after_repeated_ids(state)
    stuck = next(filter(state.is_stuck, calls), None)
    if stuck is not None:
        count = state.call_failures[stuck.key]
        return Finish(Outcome.LIVELOCK, f"The same call of `{stuck.name}` failed {count} times and was made again.")
    may_run = frozenset({ANSWER_TOOL} if state.answer_by is AnswerBy.TOOL else ())
    return RunTools(calls, None if state.final_turn_finish is None else may_run)


def _after_truncation(state: RunState, turn: AssistantTurn) -> Action:
    """Return the action after a truncated reply: an unusable one is retried with a higher `max_tokens` if possible."""
    calls = turn.tool_calls()
    is_useless = bool(calls) or not turn.text.strip() or state.answer_by is not AnswerBy.TEXT
    if state.final_turn_finish is not None and not is_useless:
        return CheckAnswer(turn.text)
    most = state.limits.model_max_tokens if is_useless else state.limits.max_tokens
    larger = min(most, max(state.limits.max_tokens, 4 * state.reply_max_tokens))
    if larger > state.reply_max_tokens > state.cut_max_tokens:
        return RetryTurn("The reply was cut off.", larger, _tokens_beyond(turn))
    if calls and state.has_repeated_ids:  # the turn cannot go back, so its calls cannot have results
        return _after_repeated_ids(state)
    skips = state.skips.get(str(turn.stop_reason), 0)
    if calls and state.final_turn_finish is None and skips < state.limits.max_truncations:
        return SkipCalls(calls, TRUNCATED_RESULT)
    return state.budget_finish or Finish(Outcome.TRUNCATED, "The reply was cut off at max_tokens.")


def _tokens_beyond(turn: AssistantTurn) -> int:
    """Return the tokens that may be enough for a reply that was cut off: a quarter more than it had."""
    had: object = turn.usage.get("output_tokens")
    return had + had // 4 + 1 if isinstance(had, int) and had > 0 else 0


def _refusal_reason(turn: AssistantTurn) -> str:
    details = turn.stop_details or {}
    parts = [str(part) for part in (details.get("category"), details.get("explanation")) if part]
    return ": ".join(["The model declined", *parts]).rstrip(".") + "."
