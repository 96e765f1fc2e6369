"""Builds the agent loop of one run from what was opened for it: transcript, history, guardrails, model turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from agentkit.errors import UsageError
from agentkit.history.cache_markers import CacheMarkers
from agentkit.history.exchange import Exchange
from agentkit.history.open_transcript import open_transcript, record_prompt_prefix
from agentkit.history.run_history import RunHistory
from agentkit.loop.agent_loop import AgentLoop
from agentkit.loop.guardrails.run_guard import RunGuard
from agentkit.loop.model_calls.exchange import CallResources
from agentkit.loop.model_calls.model_call import ModelCaller
from agentkit.loop.model_turns import ModelTurns
from agentkit.loop.parent_call import call_of_run
from agentkit.messages.message import Content, text_of
from agentkit.run.agent_spec import Deps, In, Out
from agentkit.tools.run_context import CallServices, RunContext, current_services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.budget.run_budget import RunBudget
    from agentkit.history.conversation_state import ConversationState
    from agentkit.history.transcript import Transcript
    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.loop.nested_runs import NestedRuns
    from agentkit.loop.output_validation import OutputCheckFunction
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.scope import RunScope


@dataclass(slots=True)
class LoopBuilder(Generic[Deps, In, Out]):
    """Builds the loop of one run. Call `build` once."""

    spec: AgentSpec[Deps, In, Out]
    conversation: ConversationState
    scope: RunScope
    deps: Deps
    run_budget: RunBudget
    nested_runs: NestedRuns
    has_tools_of_run: bool
    """True if the run was given `tools=` of its own."""
    _needs_artifact_tools: bool = field(default=False, init=False)

    async def build(
        self,
        models: Sequence[Model],
        content: Content,
        output_check: OutputCheckFunction[Out] | None,
        recorded_end: RunEnd | None,
    ) -> AgentLoop[Deps, In, Out]:
        """Return the loop.

        Args:
            models: The model, and the fallback if there is one.
            content: The content of the prompt, without secrets.
            output_check: A check of the output beyond its type. None: no further check.
            recorded_end: The end that an earlier execution has recorded. None: the run is executed.
        """
        spec, scope = self.spec, self.scope
        self._needs_artifact_tools = scope.artifacts.has_handle_in(text_of(content))
        transcript = await self._transcript(models[0].name)
        start = transcript.checkpoint() if spec.guardrails else None
        history = RunHistory.begin(transcript, content, CacheMarkers(spec.settings.cache_marker), scope.redactor)
        guard: RunGuard | None = None
        if start is not None:
            exchange = Exchange.begin(transcript, start, content)
            guard = RunGuard.for_run(spec, scope, self.deps, self.nested_runs, exchange)
        if guard is not None:
            self.scope = scope = guard.scope
            current_services.set(call_of_run(scope, self.nested_runs))  # reset with that of the run
        resources = CallResources(scope, spec.retry, self.run_budget, spec.own_prices)
        around = scope.middleware.around_model
        caller = ModelCaller(resources, around) if guard is None else guard.model_caller(resources)
        model, fallback = models[0], next(iter(models[1:]), None)
        turns = ModelTurns(scope, spec.settings, model, fallback, history, caller, self._open_relaxed_transcript)
        budget, nested, deps = self.run_budget, self.nested_runs, self.deps
        return AgentLoop(spec, scope, history, turns, budget, nested, deps, output_check, recorded_end, guard=guard)

    async def _transcript(self, model: str) -> Transcript:
        """Return the transcript of the conversation, opened with its first message."""
        conversation = self.conversation
        if conversation.transcript is None:
            conversation.transcript = await open_transcript(
                self.spec,
                self._context(),
                self.scope.steps,
                model,
                conversation.saved,
                needs_artifact_tools=self._needs_artifact_tools,
            )
        elif self.has_tools_of_run:
            raise UsageError("A conversation keeps the tools of its first message: give `tools=` with that one.")
        else:
            await record_prompt_prefix(conversation.transcript, self.scope.steps)
        conversation.transcript.go_on(model, self.spec.settings.extra.get("container"))
        return conversation.transcript

    async def _open_relaxed_transcript(self) -> Transcript:
        needs_artifact_tools = self._needs_artifact_tools
        return await open_transcript(
            self.spec, self._context(), self.scope.steps, is_strict=False, needs_artifact_tools=needs_artifact_tools
        )

    def _context(self) -> RunContext[Deps]:
        """Return the context that `instructions` and `available=` functions are called with."""
        services = CallServices(redactor=self.scope.redactor)
        return RunContext(self.deps, self.scope.run_id, self.spec.name, _services=services)
