"""The agent loop: call the model, run its tool calls, call it again, until the state machine returns `Finish`.

Two rules for this file: the next action is chosen in `stop_reasons.py`, never here; and whatever happens, a
cancellation included, the history that is left behind is one that the API accepts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from agentkit.budget.account import OverBudget
from agentkit.errors import ConfigurationError, JournalError, ModelError
from agentkit.log import log
from agentkit.loop.actions import (
    AskModel,
    CheckAnswer,
    Compact,
    Finish,
    ReplyAction,
    RequestText,
    RetryTurn,
    RunTools,
    SkipCalls,
    UseFallback,
)
from agentkit.loop.durable.late_budgets import tightest
from agentkit.loop.durable.late_changes import LateChanges
from agentkit.loop.durable.late_limits import LateLimits
from agentkit.loop.durable.time_checks import TimeChecks
from agentkit.loop.model_calls.exchange import GivenUp
from agentkit.loop.model_calls.refused_requests import failure_of_run, is_refusal, with_sentence
from agentkit.loop.output_validation import OutputCheckFunction, OutputValidation
from agentkit.loop.run_limits import RunLimits
from agentkit.loop.run_report import RunReport
from agentkit.loop.state import AnswerBy, RunState
from agentkit.loop.stop_reasons import next_action
from agentkit.loop.texts_for_model import GIVEN_UP_REASON
from agentkit.loop.tool_turns import ToolTurns
from agentkit.loop.verification import output_checks
from agentkit.messages.message import AssistantTurn
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.run.events import TurnReset
from agentkit.run.guarded_middleware import ProgramFault
from agentkit.run.outcome import Outcome
from agentkit.run.steps import NotRecorded

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from agentkit.budget.run_budget import RunBudget
    from agentkit.history.run_history import RunHistory
    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.loop.guardrails.run_guard import RunGuard
    from agentkit.loop.model_turns import ModelTurns
    from agentkit.loop.nested_runs import NestedRuns
    from agentkit.messages.message import JSONObject
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.result import RunResult
    from agentkit.run.scope import RunScope

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass
class AgentLoop(Generic[Deps, In, Out]):
    """One run in progress. Call `run` once; `result` returns the result so far at any time."""

    spec: AgentSpec[Deps, In, Out]
    scope: RunScope
    history: RunHistory
    model_turns: ModelTurns
    run_budget: RunBudget
    nested_runs: NestedRuns
    deps: Deps
    output_check: OutputCheckFunction[Out] | None = None
    """A check of the output beyond its type. None: no further check."""
    recorded_end: RunEnd | None = None
    """The end that an earlier execution has recorded: the run is rebuilt. None: it is executed."""
    guard: RunGuard | None = None
    """The guardrails of the run. None: it has none."""
    state: RunState = field(init=False)
    error: ModelError | None = None
    finish: Finish | None = None
    """The end of the run. None: it has not ended, or it was cancelled."""

    def __post_init__(self) -> None:
        spec, scope, history, end = self.spec, self.scope, self.history, self.recorded_end
        turns, retries = (None if end is None else end.limits) or (spec.max_turns, spec.output_retries)
        most = self.model_turns.max_output_tokens
        limits = RunLimits(turns, retries, max_tokens=spec.settings.max_tokens, model_max_tokens=most)
        self.state = RunState(limits, has_tools=history.has_tools)
        self._sync_state_with_model_turns()
        has_checks = self.output_check is not None or spec.verify is not None or self.guard is not None
        checks = output_checks(spec, scope, self.output_check, self.guard) if has_checks else ()
        self._validation = OutputValidation(spec.output_spec, scope, checks)
        self._tool_turns = ToolTurns.for_agent(
            spec, scope, history, self.run_budget, self.nested_runs, self.deps, self._validation, end
        )
        self.report = RunReport(
            spec.name, scope, history, self.model_turns, self._tool_turns, self._validation, end, self.guard
        )
        self._eager, self._child_runs = self._tool_turns.eager_calls, self._tool_turns.child_runs
        self.model_turns.eager_calls = self._eager
        self._appended_turn: AssistantTurn | None = None
        self._last_turn: AssistantTurn | None = None
        self._applied_edits: tuple[JSONObject, ...] = ()
        self._action_count = 0
        self._time_checks = TimeChecks.of_run(scope.steps, self.run_budget)
        self._late_changes: LateChanges | None = None
        self._late_limits: LateLimits | None = None
        if scope.steps.is_durable:
            self._late_changes = LateChanges(scope, history, self.model_turns.take_answer_form)
            self._late_limits = LateLimits(scope.steps, limits)

    async def run(self) -> None:
        """Execute actions until the state machine ends the run."""
        try:
            await self.report.emit_started()
            work = self._child_runs.run_alongside(
                partial(self._eager.run_alongside, self._run_actions), self.history.tools
            )
            if self.guard is not None:
                work = self.guard.run(work)
            has_deadline = self.recorded_end is None and self.run_budget.has_time_limit
            await (self._run_until_deadline(work) if has_deadline else work)
        except (ModelError, ConfigurationError) as error:
            self.error, self.finish = failure_of_run(error, self.scope.redactor)
            if is_refusal(self.error) and self.scope.parent_call_id is None:  # a sub-agent does not go on
                sentence = self.history.new_content.take_back_prompt(str(self.error))
                self.finish = replace(self.finish, reason=with_sentence(self.finish.reason, sentence))
            is_before_any_reply = self.scope.parent_call_id is None and not self.model_turns.was_answered
            if isinstance(error, ConfigurationError) and is_before_any_reply:
                raise
        except ProgramFault as error:
            self.finish = Finish(Outcome.FAILED, self.scope.redactor.text(str(error)))
        except JournalError as error:
            self.finish = Finish(Outcome.PAUSED, str(error))
        except NotRecorded:
            self.finish = None if self.recorded_end is None else self.recorded_end.finish
        finally:
            if self.finish is None and self.run_budget.is_time_over and self.recorded_end is None:
                reason = self.run_budget.time_text("is over, and what was running was stopped")
                self.finish = Finish(Outcome.BUDGET_EXHAUSTED, reason)
            self._leave_valid_history()
            if self.guard is not None:
                self.finish = self.guard.end(self.finish)
                self._validation.answer = self.guard.answer(self.spec, self._validation.answer)
        if self.recorded_end is None or self.recorded_end.was_reported:
            await self.report.emit_finished(self.result)

    def complete_end(self, end: RunEnd) -> RunEnd:
        """Return the end of the run with all that its recorded steps do not say."""
        return replace(
            end,
            finish=self.finish,
            limits=(self.spec.max_turns, self.spec.output_retries),
            output=self.spec.output_spec.name,
            is_out_of_time=self._tool_turns.is_out_of_time,
            actions=self._action_count,
            has_answer=self._validation.answer is not None,
            unrecorded_charges=tuple(self.model_turns.unrecorded_charges),
            children=dict(self._child_runs.unrecorded_ends),
            verdicts=() if self.guard is None else tuple(self.guard.checks.records),
            budget=tightest(account.budget for account in self.scope.accounts),
        )

    async def _run_until_deadline(self, work: Coroutine[object, None, None]) -> None:
        with anyio.CancelScope() as scope:
            set_deadline(scope, self.run_budget.seconds_left)
            await work

    async def _run_actions(self) -> None:
        while not isinstance(action := next_action(self.state), Finish):
            if self.recorded_end is not None and self._action_count == self.recorded_end.actions:
                raise NotRecorded(type(action).__name__)  # what ended the run came before it could act on that
            self._action_count += 1
            if isinstance(action, AskModel):
                await self._call_model(action)
            else:
                await self._handle_reply(action)
        self.finish = replace(action, reason=self.scope.redactor.text(action.reason)) if action.reason else action

    def result(self) -> RunResult[Out]:
        """Return the result so far; the outcome is `cancelled` for a run that has not ended by itself."""
        finish = self.finish or Finish(Outcome.CANCELLED, "The run was cancelled.")
        return self.report.result(finish, self.error, self._last_turn, self._applied_edits)

    async def _handle_reply(self, action: ReplyAction) -> None:
        match action:
            case RunTools() | CheckAnswer() if self.guard is not None and await self.guard.gives_up(action, self.state):
                await self._drop_turn(RetryTurn(GIVEN_UP_REASON))
            case RunTools():
                self._append_turn()
                self.state = await self._tool_turns.run_calls(action, self.state)
            case SkipCalls() | CheckAnswer() | RequestText():
                self._append_turn()
                await self._eager.discard_unclaimed()
                await self._handle_reply_without_tools(action)
            case RetryTurn() | UseFallback() | Compact():
                await self._drop_turn(action)

    async def _handle_reply_without_tools(self, action: SkipCalls | CheckAnswer | RequestText) -> None:
        match action:
            case SkipCalls():
                self._tool_turns.skip_calls(action)
                self.state = self.state.calls_skipped()
            case CheckAnswer():
                await self._check_answer(action.text)
            case RequestText():
                self.state = self.state.text_requested()

    async def _call_model(self, action: AskModel) -> None:
        is_new = self.state.turn is None
        if not is_new:
            self._append_turn()
            self.state = self.state.turn_resumed()
        elif self._late_limits is not None and (other := await self._late_limits.for_next_call(self.state)) is not None:
            self.state = other
            return
        needs_reserve = self.state.has_tools and not action.is_final_turn
        if needs_reserve and self._time_checks is not None and (late := await self._time_checks.refusal()):
            self.state = self.state.budget_refused(late)
            return
        note = action.note if self._late_changes is None else await self._late_changes.add_to(action.note)
        if self.guard is not None:
            note = await self.guard.begin_turn(note, is_new=is_new)
        self.history.append_user_message(note)
        turn_number = self.state.turns + 1
        self.state = self.state.user_message_sent()
        await self.report.emit_turn_started(turn_number, is_last=action.is_final_turn)
        self._eager.is_stuck = self.state.is_stuck
        try:
            reply = await self.model_turns.next_turn(action, turn_number, needs_reserve=needs_reserve)
        except OverBudget as refusal:
            self.state = self.state.budget_refused(str(refusal))
            return
        except GivenUp:
            await self._emit_reset(turn_number, GIVEN_UP_REASON)
            return
        turn, ids = reply.turn, [call.id for call in reply.turn.tool_calls()]
        is_repeated = len(set(ids)) < len(ids)
        self._sync_state_with_model_turns()
        self.state = self.state.reply_received(turn, max_tokens=reply.max_tokens, has_repeated_ids=is_repeated)
        self._last_turn = turn
        self._applied_edits += tuple(turn.applied_edits)
        await self.report.emit_turn_finished(turn_number, reply)

    def _sync_state_with_model_turns(self) -> None:
        """Copy into the state what a repair of a refused request may have changed in the model turns."""
        turns, known = self.model_turns, (self.state.answer_by, self.state.has_fallback, self.state.can_compact)
        by, has_fallback, can_compact = turns.answer_by, turns.fallback is not None, not turns.has_compacted
        if known != (by, has_fallback, can_compact):
            self.state = replace(self.state, answer_by=by, has_fallback=has_fallback, can_compact=can_compact)

    def _append_turn(self) -> None:
        """Append the model's turn to the history, once, if the API would accept it there."""
        turn = self.state.turn
        if turn is None or turn is self._appended_turn or not self.state.may_append_turn:
            return
        self._appended_turn = turn
        self.history.append_turn(turn)

    async def _drop_turn(self, action: RetryTurn | UseFallback | Compact) -> None:
        if isinstance(action, UseFallback):
            await self.model_turns.switch_to_fallback(action.reason)
        elif isinstance(action, Compact):
            await self.model_turns.compact_history()
        else:
            await self._emit_reset(self.state.turns, action.reason)
        self.state = self.state.turn_dropped(action)

    async def _emit_reset(self, turn: int, reason: str) -> None:
        log().info("model call is asked again", turn=turn, attempt=2, reason=reason)
        await self.scope.emit(lambda origin: TurnReset(**origin, turn=turn, attempt=2, reason=reason, wait_s=0.0))

    def _leave_valid_history(self) -> None:
        """Leave a valid history behind: every call of the last turn has a result, and nothing is pending."""
        turn, has_results = self.state.turn, self.history.has_pending_content or self.state.are_calls_answered
        self._append_turn()
        if turn is not None and turn is self._appended_turn and not has_results:
            reason = self.finish.reason if self.finish else "The run was cancelled."
            self._tool_turns.abandon_calls([*turn.tool_calls()], self.state.turns, reason)
        self.history.append_user_message()

    async def _check_answer(self, text: str) -> None:
        if self.state.final_turn_finish is None and (reminder := await self._child_runs.reminder(self.scope.steps)):
            self.state = replace(self.state, turn=None, note=reminder)
            return
        reason = await self._validation.accept_text(text, by_tool=self.state.answer_by is AnswerBy.TOOL)
        self.state = self.state.answer_accepted() if reason is None else self.state.answer_rejected(reason)
