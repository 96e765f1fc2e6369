"""The tool calls of the model's turns: each is run, or answered without being run, and its result is queued.

Two rules for this file: every call of a turn gets exactly one result, in the model's order, whatever happens; and a
result is queued in the history of the run, never sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentkit.loop.child_runs import CANCEL_TOOL, COLLECT_TOOL, START_TOOL, ChildRuns
from agentkit.loop.durable.removed_agents import REMOVED, removed_agent_runs
from agentkit.loop.parent_call import ParentCall
from agentkit.loop.state import AnswerBy
from agentkit.loop.texts_for_model import (
    CANCELLED_RESULT,
    EFFECT_UNKNOWN_NOTE,
    OUT_OF_TIME_RESULT,
    REPEATED_FAILURE_NOTE,
)
from agentkit.messages.message import ToolCall, text_block
from agentkit.run.outcome import Unfinished
from agentkit.tool_calls.call_events import progress_reporter
from agentkit.tool_calls.call_ids import CallIds
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.call_runner import CallRunner
from agentkit.tool_calls.eager import EagerCalls
from agentkit.tool_calls.executor import ToolCallExecutor
from agentkit.tools.reserved_names import ANSWER_TOOL
from agentkit.tools.run_context import RunContext

if TYPE_CHECKING:
    from agentkit.budget.run_budget import RunBudget
    from agentkit.history.run_history import RunHistory
    from agentkit.loop.actions import RunTools, SkipCalls
    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.loop.nested_runs import NestedRuns
    from agentkit.loop.output_validation import OutputValidation
    from agentkit.loop.state import RunState
    from agentkit.run.agent_spec import AnySpec
    from agentkit.run.result import RunResult
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot


@dataclass(frozen=True, slots=True)
class _ContextMaker:
    """Makes the contexts of the tool calls of one run; an object is cheaper to keep than a closure over all this."""

    spec: AnySpec
    scope: RunScope
    deps: object
    child_runs: ChildRuns
    nested_runs: NestedRuns
    keeps_artifacts: bool

    def __call__(self, call: ToolCall, slot: Slot) -> RunContext[object]:
        parent_call = ParentCall(
            self.scope,
            slot,
            call,
            self.deps,
            self.spec.deps,
            self.child_runs,
            self.nested_runs,
            progress_listener=progress_reporter(self.scope, call),
            artifact_slot=self.scope.artifacts.slot_for(call.id) if self.keeps_artifacts else None,
            redactor=self.scope.redactor,
        )
        return RunContext(self.deps, self.scope.run_id, self.spec.name, call.id, _services=parent_call)


@dataclass(slots=True)
class ToolTurns:
    """The turns of one run in which tools are called."""

    history: RunHistory
    run_budget: RunBudget
    runner: CallRunner
    eager_calls: EagerCalls
    child_runs: ChildRuns
    nested_runs: NestedRuns
    call_ids: CallIds
    validation: OutputValidation[Any]
    """Accepts the answer of a run whose output comes by the answer tool."""
    recorded_end: RunEnd | None = None
    """The end that an earlier execution has recorded: the run is rebuilt. None: it is executed."""
    is_out_of_time: bool = field(default=False, init=False)
    """True if calls were cut off because the time of a budget was over."""
    _unfinished: tuple[Unfinished, ...] = field(default=(), init=False)

    @classmethod
    def for_agent(
        cls,
        spec: AnySpec,
        scope: RunScope,
        history: RunHistory,
        run_budget: RunBudget,
        nested_runs: NestedRuns,
        deps: object,
        validation: OutputValidation[Any],
        recorded_end: RunEnd | None,
    ) -> ToolTurns:
        """Return the tool turns of a run of this agent."""
        child_runs = ChildRuns(recorded_ends={} if recorded_end is None else recorded_end.children)
        make_context = _ContextMaker(spec, scope, deps, child_runs, nested_runs, history.has_artifact_tools)
        runner = CallRunner(
            history.tools,
            scope,
            make_context,
            spec.tool_timeout_s,
            spec.max_concurrent_calls,
            scope.middleware.around_tool,
            nested_runs,
            history.to_dicts if scope.gates else tuple,
        )
        call_ids = CallIds()
        eager_calls = EagerCalls(runner, call_ids, is_enabled=spec.settings.eager)
        return cls(
            history, run_budget, runner, eager_calls, child_runs, nested_runs, call_ids, validation, recorded_end
        )

    async def run_calls(self, action: RunTools, state: RunState) -> RunState:
        """Run the calls of a turn, queue their results, and return the state after that."""
        calls, eager_calls = self.eager_calls.claim_calls(
            action.calls, state.turns, is_any_allowed=action.allowed_tools is None
        )
        by_tool = state.answer_by is AnswerBy.TOOL
        answers = [call for call in calls if by_tool and call.name == ANSWER_TOOL]
        others = [call for call in calls if call not in answers]
        scope = self.runner.scope
        scope.artifacts.number_calls(call.id for call in calls)
        self.child_runs.number_calls(others)
        for call in others:
            if call.id in eager_calls and eager_calls[call.id].call.id != call.id:
                self.child_runs.note_continued(eager_calls[call.id].call, call)
        removed = await self._removed_agent_runs(calls) if scope.steps.is_durable else ()
        results: dict[str, CallResult] = {}
        try:
            await self.eager_calls.discard_unclaimed()
            may_remind = bool(answers) and state.final_turn_finish is None
            reminder = await self.child_runs.reminder(scope.steps) if may_remind else None
            for call in answers:
                results[call.id] = await self.validation.accept_call(call, reminder)
            await ToolCallExecutor(self.runner).run(calls, results, action.allowed_tools, eager_calls)
            for call in others:
                if call.name in (COLLECT_TOOL, CANCEL_TOOL):
                    self.child_runs.note_collected(call, results[call.id])
            _note_repeated_failures(others, results, state)
        finally:
            self.nested_runs.results += removed  # only now: they are not recorded once more, with their call
            self._queue_results(calls, results, self._cut_off_text)
        if faults := [result.program_fault for result in results.values() if result.program_fault]:
            return state.program_failed(faults[0])
        if self.validation.answer is not None:
            return state.answer_accepted()
        rejected = next((str(results[call.id].content) for call in answers if reminder is None), None)
        failed = [call for call in others if results[call.id].is_error]
        succeeded = [call for call in others if not results[call.id].is_error]
        return state.tools_finished(rejected=rejected, failed=failed, succeeded=succeeded)

    async def _removed_agent_runs(self, calls: Sequence[ToolCall]) -> Sequence[RunResult[object]]:
        """Return the recorded runs of sub-agents that the agent has no more; those in the background count as ended."""
        removed = await removed_agent_runs(self.runner, calls, self.child_runs.recorded_ends)
        by_id = {call.id: call for call in calls}
        for result in removed:
            if result.tool == START_TOOL:
                call = by_id[result.call_id]
                self.child_runs.note_ended(str(call.input.get("agent")), call, {"state": "failed", "error": REMOVED})
        return removed

    def skip_calls(self, action: SkipCalls) -> None:
        """Queue an error result for each call of a truncated turn; none is run, and none counts as unfinished."""
        result = CallResult(action.text, is_error=True)
        self._queue_results(action.calls, {call.id: result for call in action.calls}, self._cut_off_text)

    def abandon_calls(self, calls: Sequence[ToolCall], turn: int, reason: str) -> None:
        """Queue an error result with this reason for each call of a turn at which the run ended."""
        self._queue_results(self.call_ids.own_ids(calls, turn), {}, lambda _: f"Not executed. {reason}")

    def unfinished_calls(self) -> tuple[Unfinished, ...]:
        """Return the calls of this run and of the runs below it that were not finished."""
        discarded = self.eager_calls.discarded_ids
        nested = (one for result in self.nested_runs.results for one in result.unfinished)
        children = self.child_runs.unfinished_calls(self.runner.scope.path, excluded=discarded)
        return (*self._unfinished, *children, *nested)

    def _cut_off_text(self, call: ToolCall) -> str:
        """Return the text for a call that the end of the run has cut off: one that only reads has no effect."""
        end = self.recorded_end
        self.is_out_of_time = self.run_budget.is_time_over if end is None else end.is_out_of_time
        text = OUT_OF_TIME_RESULT if self.is_out_of_time else CANCELLED_RESULT
        tool = self.runner.tools.get(call.name)
        return text if tool is None or tool.effect == "read" else f"{text} {EFFECT_UNKNOWN_NOTE}"

    def _queue_results(
        self,
        calls: Sequence[ToolCall],
        results: Mapping[str, CallResult],
        missing: Callable[[ToolCall], str],
    ) -> None:
        """Queue the results in the model's order; a call without a result gets the text of `missing` as an error."""
        cut_off: dict[str, CallResult] = {}
        for call in calls:
            if call.id not in results:
                reason = missing(call)
                self._unfinished += (Unfinished(self.runner.scope.path, call.name, call.id, reason),)
                cut_off[call.id] = CallResult(reason, is_error=True)
        queued = [(results.get(call.id) or cut_off[call.id]).to_block(call) for call in calls]
        for result in results.values():
            if result.added:
                queued += [block for call in calls if call.id in results for block in results[call.id].added]
                break
        self.history.queue_tool_results(queued)


def _note_repeated_failures(calls: Sequence[ToolCall], results: dict[str, CallResult], state: RunState) -> None:
    """Append a note to the result of a call that has failed too often."""
    for call in calls:
        result = results[call.id]
        if not result.is_error:
            continue
        count = state.call_failures.get(call.key, 0) + 1
        if count >= state.limits.max_repairs:
            note = REPEATED_FAILURE_NOTE.format(count=count)
            said = result.content
            content = f"{said}\n{note}" if isinstance(said, str) else [*said, text_block(note)]
            results[call.id] = replace(result, content=content)
