"""The result of a run, as far as it has come, from all the parts that know something of it; and its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from agentkit.loop.durable.run_end import check_recorded_answer
from agentkit.run.events import RunFinished, RunStarted, TurnStarted
from agentkit.run.result import RunResult

if TYPE_CHECKING:
    from agentkit.errors import ModelError
    from agentkit.history.run_history import RunHistory
    from agentkit.loop.actions import Finish
    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.loop.guardrails.run_guard import RunGuard
    from agentkit.loop.model_calls.exchange import ModelReply
    from agentkit.loop.model_turns import ModelTurns
    from agentkit.loop.output_validation import OutputValidation
    from agentkit.loop.tool_turns import ToolTurns
    from agentkit.messages.message import AssistantTurn, JSONObject
    from agentkit.run.scope import EventOrigin, RunScope

Out = TypeVar("Out")


@dataclass(slots=True)
class RunReport(Generic[Out]):
    """Reports on one run."""

    agent: str
    scope: RunScope
    history: RunHistory
    model_turns: ModelTurns
    tool_turns: ToolTurns
    validation: OutputValidation[Out]
    recorded_end: RunEnd | None
    """The end that an earlier execution has recorded: the run is rebuilt. None: it is executed."""
    guard: RunGuard | None
    """Its guardrails. None: it has none."""

    def result(
        self,
        finish: Finish,
        error: ModelError | None,
        last_turn: AssistantTurn | None,
        applied_edits: Sequence[JSONObject],
    ) -> RunResult[Out]:
        """Return the result with this end, the error behind it, and what is known of the replies."""
        result: RunResult[Out] = RunResult(
            run_id=self.scope.run_id,
            agent=self.agent,
            outcome=finish.outcome,
            reason=finish.reason,
            answer=self.validation.answer,
            charges=self.model_turns.charges,
            children=(*self.tool_turns.child_runs.results, *self.tool_turns.nested_runs.results),
            messages=self.history.to_dicts(),
            unfinished=self.tool_turns.unfinished_calls(),
            artifacts=self.scope.artifacts.kept_artifacts(),
            cache_breaks=self.model_turns.cache_breaks,
            stop_sequence=None if last_turn is None else last_turn.stop_sequence,
            container=self.history.container,
            verdicts=() if self.guard is None else tuple(self.guard.checks.records),
            applied_edits=tuple(applied_edits),
            error=error,
        )
        return result if self.recorded_end is None else self.recorded_end.apply_to(result)

    def check_recorded_answer(self, end: RunEnd, result: RunResult[Out]) -> None:
        """Raise RunConflict if the run was rebuilt, and its answer is none of the output type that the agent has."""
        turns = self.model_turns
        check_recorded_answer(end, result, self.validation, turns.answer_by, turns.last_step)

    def emit_started(self) -> Awaitable[None]:
        """Emit RunStarted."""
        return self.scope.emit(lambda origin: RunStarted(**origin, model=self.model_turns.model_name))

    def emit_turn_started(self, turn_number: int, *, is_last: bool) -> Awaitable[None]:
        """Emit TurnStarted."""
        return self.scope.emit(lambda origin: TurnStarted(**origin, turn=turn_number, is_last=is_last))

    def emit_turn_finished(self, turn_number: int, reply: ModelReply) -> Awaitable[None]:
        """Emit TurnFinished."""
        make_event = partial(reply.finished_event, turn_number=turn_number)
        return self.scope.emit(make_event, is_replayed=reply.is_replayed)

    async def emit_finished(self, result: Callable[[], RunResult[Out]]) -> None:
        """Emit RunFinished with the result of this function, which is called only if somebody listens."""

        def make_event(origin: EventOrigin) -> RunFinished:
            end = result()
            usage, cost = end.usage, end.cost.total
            return RunFinished(**origin, outcome=end.outcome, reason=end.reason, usage=usage, cost=cost)

        await self.scope.emit(make_event, is_replayed=self.recorded_end is not None)
