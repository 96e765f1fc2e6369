"""The agent loop: call the model, run its tool calls, call it again, until the state machine returns `Finish`.

Two rules for this file: the next action is chosen in `state.py`, never here; and whatever happens, a cancellation
included, the history that is left behind is one that the API accepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from agentkit.budget.account import OverBudget
from agentkit.budget.model_limits import limits_of
from agentkit.errors import ModelError
from agentkit.history.compaction import is_too_long
from agentkit.loop.actions import (
    CALL_ANSWER_TOOL,
    CANCELLED,
    FAILED_AGAIN,
    OUT_OF_TIME,
    STOPPED,
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
from agentkit.loop.child_runs import Children
from agentkit.loop.output_validation import AnswerBox, Check
from agentkit.loop.parent_call import Delegation
from agentkit.loop.state import RunState, next_step
from agentkit.messages.message import AssistantTurn, ToolCall, text_block
from agentkit.run.events import RunFinished, RunStarted, TurnFinished, TurnReset, TurnStarted
from agentkit.run.outcome import Outcome, Unfinished
from agentkit.run.result import RunResult
from agentkit.tool_calls.call_result import Executed
from agentkit.tool_calls.eager import EarlyCalls
from agentkit.tool_calls.executor import Execution
from agentkit.tools.reserved_names import ANSWER_TOOL
from agentkit.tools.run_context import RunContext

if TYPE_CHECKING:
    from agentkit.loop.model_turns import Dialogue
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.scope import Scope
    from agentkit.run.steps import Slot

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass
class Run(Generic[Deps, In, Out]):
    """One run in progress. Call `run` once; `result` returns the result so far at any time."""

    spec: AgentSpec[Deps, In, Out]
    scope: Scope
    dialogue: Dialogue
    deps: Deps
    check: Check[Out] | None = None
    """A check of the output beyond its type. None: no further check."""
    state: RunState = field(init=False)
    children: Children = field(default_factory=Children)
    unfinished: list[Unfinished] = field(default_factory=list[Unfinished])
    error: ModelError | None = None
    finish: Finish | None = None
    """The end of the run. None: it has not ended, or it was cancelled."""

    def __post_init__(self) -> None:
        given = self.spec.settings.max_tokens
        known, transcript = limits_of(self.dialogue.model.name), self.dialogue.transcript
        most = max(given, known.max_output_tokens) if known else given
        limits = Limits(self.spec.max_turns, self.spec.output_retries, max_tokens=given, most_tokens=most)
        self.state = RunState(limits, has_tools=transcript.has_tools)
        self._take_notice()
        spec, limiter = self.spec, anyio.Semaphore(self.spec.max_concurrent_calls, fast_acquire=True)
        self._execution = Execution(
            transcript.tools, self.scope, self._context, spec.tool_timeout_s, limiter, spec.around_tool
        )
        self._early = EarlyCalls(self._execution, self._is_stuck, is_on=spec.settings.eager)
        self._box = AnswerBox(self.spec.answer, self.scope, self.check)
        self._kept: AssistantTurn | None = None
        self._seen_ids: set[str] = set()

    async def drive(self) -> None:
        """Execute actions until the state machine ends the run."""
        await self.scope.emit(lambda place: RunStarted(**place, model=self.dialogue.model.name))
        purse, tools = self.dialogue.asking.purse, self._execution.tools
        try:
            with anyio.move_on_after(purse.seconds_left):
                await self.children.beside(lambda: self._early.beside(self._step_by_step), tools)
        except ModelError as error:
            self.error = error
            outcome = Outcome.CONTEXT_EXCEEDED if is_too_long(error) else Outcome.FAILED
            self.finish = Finish(outcome, str(error))
        finally:
            if self.finish is None and purse.is_time_over:
                self.finish = OUT_OF_TIME
            self._settle()
        result = self.result()
        await self.scope.emit(
            lambda place: RunFinished(
                **place, outcome=result.outcome, reason=result.reason, usage=result.usage, cost=result.cost.total
            )
        )

    async def _step_by_step(self) -> None:
        while not isinstance(step := next_step(self.state), Finish):
            await self._take(step)
        self.finish = step

    def result(self) -> RunResult[Out]:
        """Return the result so far; the outcome is `cancelled` for a run that has not ended by itself."""
        finish = self.finish or Finish(Outcome.CANCELLED, "The run was cancelled.")
        in_children = self.children.unfinished(self.scope.path, but=self._early.thrown_away)
        return RunResult(
            run_id=self.scope.run_id,
            agent=self.spec.name,
            outcome=finish.outcome,
            reason=finish.reason,
            answer=self._box.answer,
            charges=self.dialogue.charges,
            children=tuple(self.children.results),
            messages=tuple(message.to_dict() for message in self.dialogue.transcript.messages),
            unfinished=(*self.unfinished, *in_children),
            artifacts=self.scope.artifacts.kept(),
            cache_breaks=tuple(self.dialogue.cache.breaks),
            error=self.error,
        )

    async def _take(self, step: Step) -> None:
        match step:
            case CallModel():
                await self._ask(step)
            case RunTools():
                self._keep_turn()
                await self._run_tools(step)
            case AnswerCalls() | CheckAnswer() | AskToSpeak():
                self._keep_turn()
                await self._early.drop()
                await self._take_words(step)
            case AskAgain() | FallBack() | Compact():
                await self._drop_turn(step)
            case Finish():
                pass

    async def _take_words(self, step: AnswerCalls | CheckAnswer | AskToSpeak) -> None:
        match step:
            case AnswerCalls():
                told = Executed(step.text, is_error=True)
                self._answer_calls(step.calls, {call.id: told for call in step.calls}, step.text)
                self.state = self.state.cut_off()
            case CheckAnswer():
                await self._check(step.text)
            case AskToSpeak():
                self.state = self.state.asked_to_speak()

    # -- calling the model -------------------------------------------------------------------------------------

    async def _ask(self, step: CallModel) -> None:
        if self.state.turn is not None:
            self._keep_turn()
            self.state = self.state.resumed()
        asking, needs_landing = self.dialogue.asking, self.state.has_tools and not step.is_last
        if needs_landing and asking.purse.is_time_short(asking.longest_s):
            self.state = self.state.over_budget("The time of the budget is nearly over.")
            return
        self.dialogue.say(step.note)
        turn_number = self.state.turns + 1
        self.state = self.state.said()
        await self.scope.emit(lambda place: TurnStarted(**place, turn=turn_number, is_last=step.is_last))
        try:
            on_call = None if step.is_last else self._early.on_call
            asked = await self.dialogue.ask(step, turn_number, needs_landing=needs_landing, on_call=on_call)
        except OverBudget as refusal:
            self.state = self.state.over_budget(str(refusal))
            return
        turn, ids = asked.turn, [call.id for call in asked.turn.calls()]
        is_repeated = len(set(ids)) < len(ids) or not self._seen_ids.isdisjoint(ids)
        self._take_notice()
        self.state = self.state.replied(turn, max_tokens=asked.max_tokens, has_repeated_ids=is_repeated)
        stop, text, usage, cost = turn.stop_reason, turn.text, asked.usage, asked.cost
        await self.scope.emit(
            lambda place: TurnFinished(**place, turn=turn_number, stop_reason=stop, text=text, usage=usage, cost=cost)
        )

    def _take_notice(self) -> None:
        """Copy into the state what a repair of a refused request may have changed in the model turns."""
        by, fallback, compacted = self.dialogue.answer_by, self.dialogue.fallback, self.dialogue.has_compacted
        known = self.state.answer_by, self.state.has_fallback, self.state.can_compact
        if known != (by, fallback is not None, not compacted):
            has_fallback, can_compact = fallback is not None, not compacted
            self.state = replace(self.state, answer_by=by, has_fallback=has_fallback, can_compact=can_compact)

    def _keep_turn(self) -> None:
        """Append the model's turn to the history, once, if the API would accept it there."""
        turn = self.state.turn
        if turn is None or turn is self._kept or not self.state.may_go_back:
            return
        self._kept = turn
        self._seen_ids.update(call.id for call in turn.calls())
        self.dialogue.keep(turn)

    async def _drop_turn(self, step: AskAgain | FallBack | Compact) -> None:
        if isinstance(step, FallBack):
            await self.dialogue.fall_back(step.reason)
        elif isinstance(step, Compact):
            await self.dialogue.compact()
        else:
            number = self.state.turns
            await self.scope.emit(
                lambda place: TurnReset(**place, turn=number, attempt=2, reason=step.reason, wait_s=0.0)
            )
        self.state = self.state.dropped(step)

    # -- running tools -----------------------------------------------------------------------------------------

    async def _run_tools(self, step: RunTools) -> None:
        by_tool = self.dialogue.transcript.answers_by_tool
        answers = [call for call in step.calls if call.name == ANSWER_TOOL and by_tool]
        others = [call for call in step.calls if call not in answers]
        self.scope.artifacts.expect(call.id for call in step.calls)
        self.children.expect(others)
        execution = self._execution
        execution.tools, execution.results = self.dialogue.transcript.tools, {}
        try:
            begun = await self._early.claim(step.calls if step.only is None else ())
            may_remind = bool(answers) and self.state.landing is None
            not_yet = await self.children.reminder(self.scope.steps) if may_remind else None
            for call in answers:
                execution.results[call.id] = await self._box.take_call(call, not_yet)
            await execution.run(others, step.only, begun)
            self._warn(others, execution.results)
        finally:
            is_late = self.dialogue.asking.purse.is_time_over
            self._answer_calls(step.calls, execution.results, STOPPED if is_late else CANCELLED)
        if self._box.answer is not None:
            self.state = self.state.answered()
            return
        rejected = next((str(execution.results[call.id].content) for call in answers if not_yet is None), None)
        failed = [call for call in others if execution.results[call.id].is_error]
        succeeded = [call for call in others if not execution.results[call.id].is_error]
        self.state = self.state.ran_tools(rejected=rejected, failed=failed, succeeded=succeeded)

    def _is_stuck(self, call: ToolCall) -> bool:
        return self.state.is_stuck(call)

    def _warn(self, calls: Sequence[ToolCall], results: dict[str, Executed]) -> None:
        """Append a note to the result of a call that has failed too often."""
        for call in calls:
            result = results[call.id]
            if not result.is_error:
                continue
            count = self.state.failures.get(call.key, 0) + 1
            if count >= self.state.limits.max_repairs:
                note = FAILED_AGAIN.format(count=count)
                said = result.content
                content = f"{said}\n{note}" if isinstance(said, str) else [*said, text_block(note)]
                results[call.id] = replace(result, content=content)

    def _context(self, call: ToolCall, slot: Slot) -> RunContext[object]:
        delegation = Delegation(self.scope, slot, call, self.deps, self.spec.deps, self.children)
        keeps_results = self.dialogue.transcript.keeps_results
        return delegation.context(self.spec.name, keeps_results=keeps_results)

    def _answer_calls(self, calls: Sequence[ToolCall], results: dict[str, Executed], missing: str) -> None:
        """Make the results pending, in the model's order; a call without a result gets `missing` as an error."""
        for call in calls:
            if call.id not in results:
                self.unfinished.append(Unfinished(self.scope.path, call.name, call.id, missing))
        blank = Executed(missing, is_error=True)
        self.dialogue.pending = [results.get(call.id, blank).to_block(call) for call in calls]

    def _settle(self) -> None:
        """Leave a valid history behind: every call of the last turn has a result, and nothing is pending."""
        turn, has_results = self.state.turn, bool(self.dialogue.pending) or self.state.are_calls_answered
        self._keep_turn()
        if turn is not None and turn is self._kept and not has_results:
            reason = self.finish.reason if self.finish else "The run was cancelled."
            self._answer_calls(turn.calls(), {}, f"Not executed. {reason}")
        self.dialogue.say(None)

    async def _check(self, text: str) -> None:
        if self.state.landing is None and (not_yet := await self.children.reminder(self.scope.steps)):
            self.state = replace(self.state, turn=None, note=not_yet)
            return
        by_tool, box = self.dialogue.transcript.answers_by_tool, self._box
        reason = await (box.reject(CALL_ANSWER_TOOL) if by_tool else box.take_text(text))
        self.state = self.state.answered() if reason is None else self.state.rejected(reason)
