"""The state of a run, and its transitions: every event makes a new state.

Two rules for this file: no I/O, no clock and no SDK; and the next action is chosen in `stop_reasons.py`, never here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from agentkit.loop.actions import Compact, Finish, RetryTurn, UseFallback
from agentkit.loop.run_limits import RunLimits
from agentkit.loop.texts_for_model import EMPTY_REPLY_NOTE
from agentkit.messages.message import AssistantTurn, ToolCall
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(state: RunState, **changes: object) -> RunState:
        """Do what that of `dataclasses` does, which takes 20 us a turn to set each of two dozen fields by itself."""
        changed = object.__new__(RunState)
        changed.__dict__.update(state.__dict__, **changes)
        return changed


class AnswerBy(Enum):
    """The form in which the model gives its answer."""

    TEXT = "the text of the last turn"
    FORMAT = "the text of the last turn, JSON under `output_config.format`"
    TOOL = "a call of the answer tool"


@dataclass(frozen=True)
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
    skips: Mapping[str, int] = field(default_factory=dict[str, int])
    """The number of turns whose calls were answered without being run, by stop reason."""
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
    """True if that reply gives one id to two calls. Calls of earlier turns may have had it."""
    reply_max_tokens: int = 0
    """The `max_tokens` of the request that brought that reply."""
    next_max_tokens: int | None = None
    """The `max_tokens` of the next request. None: that of the limits."""
    next_min_tokens: int = 0
    """The smallest `max_tokens` with which the next request is of use. 0: that of any request."""
    cut_max_tokens: int = 0
    """The `max_tokens` of the reply before, if it was cut off and is requested again: with no more, once only."""
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
            next_min_tokens=0,
            cut_max_tokens=self.cut_max_tokens if turn.stop_reason == "max_tokens" else 0,
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
                return replace(
                    state,
                    next_max_tokens=action.max_tokens,
                    next_min_tokens=action.min_tokens,
                    cut_max_tokens=0 if action.max_tokens is None else self.reply_max_tokens,
                    repeated_ids=repeated_ids,
                )
            case UseFallback():
                return replace(state, has_fallback=False)
            case Compact():
                return replace(state, can_compact=False)

    def calls_skipped(self) -> RunState:
        """The calls of the turn were answered without being run, because of its stop reason."""
        reason = str(self.turn.stop_reason) if self.turn is not None else ""
        skips = {**self.skips, reason: self.skips.get(reason, 0) + 1}
        return replace(self, turn=None, skips=skips, cut_max_tokens=0)

    def budget_refused(self, reason: str) -> RunState:
        """The next call does not fit into a budget: take the final turn, or end the run where none is left."""
        end = Finish(Outcome.BUDGET_EXHAUSTED, reason)
        if self.has_tools and self.budget_finish is None:
            return replace(self, budget_finish=end, next_max_tokens=None, next_min_tokens=0)
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

    def program_failed(self, reason: str) -> RunState:
        """A mistake of the program that no further turn can repair ends the run."""
        return replace(self, finish=Finish(Outcome.FAILED, reason))

    def answer_accepted(self) -> RunState:
        """The answer was accepted."""
        return replace(self, finish=self.final_turn_finish or Finish(Outcome.COMPLETED))

    def answer_rejected(self, reason: str) -> RunState:
        """The answer was rejected; it is sent back with `reason` as long as retries and turns are left."""
        failures = self.output_failures + 1
        if self.budget_finish is not None:
            return replace(self, finish=Finish(self.budget_finish.outcome, f"{self.budget_finish.reason} {reason}"))
        if failures > self.limits.output_retries:
            return replace(self, finish=Finish(Outcome.INVALID_OUTPUT, reason))
        if self.turns >= self.limits.max_turns:
            return replace(self, finish=Finish(Outcome.MAX_TURNS, f"{self.limit_reason} {reason}"))
        return replace(self, output_failures=failures, turn=None, note=reason, cut_max_tokens=0)

    def text_requested(self) -> RunState:
        """The model ended its turn without text, and is asked for text once more."""
        return replace(self, was_text_requested=True, turn=None, note=EMPTY_REPLY_NOTE)
