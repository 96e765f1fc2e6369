"""The lifecycle of one run: open the models, deps and transcript, run the agent loop, close everything."""

from __future__ import annotations

import math
import time
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Generic, cast

import anyio
import anyio.lowlevel

from agentkit.budget.run_budget import RunBudget
from agentkit.errors import JournalError, UsageError
from agentkit.history.conversation_state import ConversationState, CurrentRun
from agentkit.log import LogContext, log
from agentkit.loop.actions import Finish
from agentkit.loop.agent_loop import AgentLoop
from agentkit.loop.durable.late_budgets import end_under
from agentkit.loop.durable.recorded_input import FromJournal, RunInput, recorded_budget
from agentkit.loop.durable.recorded_model import RecordedModel
from agentkit.loop.durable.run_end import CUT_OFF, EndStep, RunEnd
from agentkit.loop.loop_builder import LoopBuilder
from agentkit.loop.nested_runs import NestedRuns
from agentkit.loop.opening import open_deps, open_models, open_recorded_steps
from agentkit.loop.parent_call import ParentCall, call_of_run, enclosing_call, new_run_id
from agentkit.loop.run_checks import check_deps_demands, check_prices
from agentkit.loop.run_scope import scope_of_run
from agentkit.messages.message import Content
from agentkit.models.client_check import credentials_of_models
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.redaction.exceptions import redact_exception
from agentkit.run.agent_spec import AgentSpec, Deps, In, Out, check_run_options, spec_with_options
from agentkit.run.delegation_terms import model_id
from agentkit.run.deps_source import has_own_deps
from agentkit.run.outcome import Outcome
from agentkit.run.result import RunResult
from agentkit.run.run_log import log_end, log_start, text_of_raised
from agentkit.run.scope import EventListener, RunScope
from agentkit.run.steps import IN_MEMORY, NotRecorded, RecordedSteps, Steps, StepsStore
from agentkit.tools.run_context import current_services, stop_request

if TYPE_CHECKING:
    from agentkit.loop.output_validation import OutputCheckFunction
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.input import Part

_CANCELLED_BEFORE = Finish(Outcome.CANCELLED, "The run was cancelled before it began.")


@dataclass
class RunLifecycle(Generic[Deps, In, Out]):
    """One run with all that it needs. Call `run` once; `result` returns the result so far at any time."""

    spec: AgentSpec[Deps, In, Out]
    conversation: ConversationState
    prompt: In | str | Sequence[Part] | FromJournal
    options: RunOptions[Deps]
    parent: ParentCall | None = None
    """The tool call that this run is the child of. None: it is the root of a tree."""
    output_check: OutputCheckFunction[Out] | None = None
    """A check of the output beyond its type. None: no further check."""
    recorded_end: RunEnd | None = None
    """The end that an earlier execution has recorded: the run is rebuilt, and nothing is opened or sent. None: it is
    looked up in the steps of the run."""
    agent_loop: AgentLoop[Deps, In, Out] | None = None
    """The loop. None: the run ended, or was cancelled, before it could start."""
    _steps: Steps = field(init=False, repr=False)
    _end_step: EndStep | None = field(default=None, init=False)
    """None: the steps are not durable, or the run has not started."""
    _content: Content | None = field(default=None, init=False)
    """The content of the prompt, where it is no step. None: it is one."""

    def __post_init__(self) -> None:
        check_run_options(self.spec, self.options)
        self.spec = spec_with_options(self.spec, self.options)
        self._budget = self.options.get("budget")
        self._around = enclosing_call() if self.parent is None else None
        """The call, or the run, whose code starts this run. None: it is a root, or the child of a tool call."""
        self._run_id = self.options.get("run_id") or new_run_id(self.parent, self._around, self.spec.name)
        self._current_run: CurrentRun | None = None
        self._is_stopping = False
        self._finish_without_loop = _CANCELLED_BEFORE

    def run(self, listener: EventListener | None) -> Coroutine[object, None, None]:
        """Run to the end. Raises UsageError for what only the caller can put right; the rest is in the result."""
        if (journal := self.options.get("journal")) is not None:
            return self._run_with_journal(journal, listener)
        given = self.options.get("steps")
        self._steps = IN_MEMORY if given is None else given
        return self._run_or_stop(listener)

    async def _run_with_journal(
        self, journal: str | PathLike[str] | StepsStore, listener: EventListener | None
    ) -> None:
        is_asked = self._around is None and (self._budget is not None or not isinstance(self.prompt, FromJournal))
        budgets = self._budget, self.spec.budget
        async with open_recorded_steps(journal, self._run_id, budgets, may_reopen=is_asked) as self._steps:
            await self._run_or_stop(listener)

    def _run_or_stop(self, listener: EventListener | None) -> Coroutine[object, None, None]:
        """Return the run itself, to be awaited, which stops where the code around it is stopped."""
        run_here = partial(self._run_here, listener)
        return run_here() if self._around is None else self._around.nested_runs.run_stopped_with_call(run_here)

    async def _run_here(self, listener: EventListener | None) -> None:
        if self._budget is None and self._steps.is_durable and self.parent is None:
            self._budget = await recorded_budget(self._steps)
        scope = self._run_scope(listener)
        self._end_step = EndStep.reserve(scope.steps)
        if self._end_step is not None:
            self.recorded_end = end_under(scope.accounts, await self._end_step.recorded()) or self.recorded_end
        if self.recorded_end is not None:
            self.spec = self.recorded_end.spec_as_it_was(self.spec)
            scope = replace(scope, steps=RecordedSteps(scope.steps, was_cut_off=self.recorded_end is CUT_OFF))
        else:
            self._check(scope)
        self._current_run = CurrentRun(is_stopping=self._is_stopping)
        await self.conversation.begin_run(self.spec.name, self._current_run)
        nested_runs = NestedRuns(self.parent or self._around)
        run_budget = RunBudget(scope.accounts, nested_runs.loop)
        token = current_services.set(call_of_run(scope, nested_runs))
        # That of the call around this run belongs to the event loop of that call.
        stop_token = None if stop_request.get() is None else stop_request.set(None)
        began = time.monotonic()
        try:
            if self.recorded_end is not None:
                if self.recorded_end.has_started:
                    await self._rebuild(scope, run_budget, nested_runs, self.recorded_end)
                return
            if run_budget.seconds_left is None:
                await self._open_and_run(scope, run_budget, nested_runs)
            else:
                await self._open_in_time(scope, run_budget, nested_runs)
            if self.agent_loop is None:
                with LogContext(scope.redactor, run_id=scope.run_id, agent=self.spec.name):
                    log_end(self.result(), 0, began)
            if self.parent is None:
                await self.record_end()
        except JournalError as error:
            self._finish_without_loop = Finish(Outcome.PAUSED, str(error))
        except UsageError as error:
            redact_exception(error, scope.redactor.text)
            self._finish_without_loop = Finish(Outcome.FAILED, str(error))
            raise
        finally:
            current_services.reset(token)
            if stop_token is not None:
                stop_request.reset(stop_token)
            try:
                await nested_runs.close()
            finally:  # asyncio may cancel the task once more, where no shield helps
                self._end(self._current_run, run_budget)

    def _end(self, current_run: CurrentRun, run_budget: RunBudget) -> None:
        """Give back what others wait for: the reserve of the run, and its conversation."""
        run_budget.close()
        self.conversation.end_run(current_run)
        if self._around is not None:
            self._around.nested_runs.add_result(self._around.call, cast("RunResult[object]", self.result()))

    def _check(self, scope: RunScope) -> None:
        """Raise UsageError for what only the caller can put right, before anything is opened."""
        if not scope.steps.is_durable:
            self._content = self.spec.input_spec.to_content(cast("In", self.prompt))
        if self.parent is None:  # of a sub-agent it was checked where the root began
            check_deps_demands(self.spec, has_deps=has_own_deps(self.spec.deps, self.options.get("deps")))
        check_prices(self.spec, scope.accounts)

    async def _open_in_time(self, scope: RunScope, run_budget: RunBudget, nested_runs: NestedRuns) -> None:
        """Open what the run needs while there is time, and run the loop."""
        with anyio.CancelScope() as opening:
            set_deadline(opening, run_budget.seconds_left)
            await self._open_and_run(scope, run_budget, nested_runs, opening)
        if opening.cancelled_caught:
            reason = run_budget.time_text("was over before the run could begin")
            self._finish_without_loop = Finish(Outcome.BUDGET_EXHAUSTED, reason)

    async def _open_and_run(
        self,
        scope: RunScope,
        run_budget: RunBudget,
        nested_runs: NestedRuns,
        opening: anyio.CancelScope | None = None,
    ) -> None:
        """Open what the run needs, until the deadline of `opening`, run the loop, and close everything."""
        async with AsyncExitStack() as stack:
            agent_loop = await self._open_loop(scope, run_budget, nested_runs, stack)
            if opening is not None:
                if opening.cancel_called:  # the time is over, although nothing has waited so far
                    await anyio.lowlevel.checkpoint()
                opening.deadline = math.inf
            self.agent_loop = agent_loop
            await self._run_loop(agent_loop)

    async def _open_loop(
        self, scope: RunScope, run_budget: RunBudget, nested_runs: NestedRuns, stack: AsyncExitStack
    ) -> AgentLoop[Deps, In, Out]:
        spec = self.spec
        models = await open_models(spec, scope, stack)
        scope = replace(scope, redactor=scope.redactor.extended(spec.redact, credentials_of_models(models)))
        deps = await open_deps(spec, self.options, self.parent, stack)
        if deps is None:
            check_deps_demands(spec, has_deps=False)
        return await self._make_loop(scope, models, deps, run_budget, nested_runs)

    async def _run_loop(self, agent_loop: AgentLoop[Deps, In, Out]) -> None:
        """Run the loop, and log its start and its end."""
        began, scope = time.monotonic(), agent_loop.scope
        with LogContext(scope.redactor, run_id=scope.run_id, agent=self.spec.name):
            log_start(self.spec)
            try:
                await agent_loop.run()
            except BaseException as error:
                log_end(agent_loop.result(), agent_loop.state.turns, began, text_of_raised(error, scope.redactor))
                raise
            log_end(agent_loop.result(), agent_loop.state.turns, began)

    async def _rebuild(
        self, scope: RunScope, run_budget: RunBudget, nested_runs: NestedRuns, recorded_end: RunEnd
    ) -> None:
        """Execute the recorded steps of a run that has ended, without anything that it had opened."""
        first, fallback = recorded_end.model or self.spec.model, self.spec.fallback
        models: list[Model] = [RecordedModel(model_id(one)) for one in (first, fallback) if one is not None]
        with suppress(NotRecorded):
            self.agent_loop = await self._make_loop(scope, models, cast("Deps", None), run_budget, nested_runs)
            await self.agent_loop.run()
        if self.agent_loop is not None and self.parent is None:
            self.agent_loop.report.check_recorded_answer(recorded_end, self.agent_loop.result())

    async def _make_loop(
        self, scope: RunScope, models: list[Model], deps: Deps, run_budget: RunBudget, nested_runs: NestedRuns
    ) -> AgentLoop[Deps, In, Out]:
        content = await self._prompt_content(scope)
        has_tools = self.options.get("tools") is not None
        builder = LoopBuilder(self.spec, self.conversation, scope, deps, run_budget, nested_runs, has_tools)
        return await builder.build(models, content, self.output_check, self.recorded_end)

    async def _prompt_content(self, scope: RunScope) -> Content:
        """Return the content of the prompt, without secrets."""
        if self._content is not None:
            return scope.redactor.content(self._content)
        run_input = RunInput(self.spec, self.prompt, self.conversation.hash(), self._budget)
        return await run_input.content(scope, scope.redactor)

    async def record_end(self, result: RunResult[Out] | None = None) -> None:
        """Record how the run has ended, as its last step: with this result, of a run that was stopped from outside."""
        if self._end_step is None or self.recorded_end is not None:
            return
        try:
            await self._end_step.record(self.end_so_far(result or self.result()))
        except JournalError as error:  # without its end, the run is executed from its other steps again
            log().error("the end of a run could not be recorded", exc_info=None, run_id=self._run_id, error=str(error))

    def end_so_far(self, result: RunResult[Out]) -> RunEnd:
        """Return the end of the run, as it would be recorded with this result."""
        spec = self.spec
        end = RunEnd(result.outcome, result.reason, model_id(spec.model), result.error, guardrails=spec.guardrails)
        return replace(end, has_started=False) if self.agent_loop is None else self.agent_loop.complete_end(end)

    def note_stop(self) -> None:
        """Note, from any thread, that the run was cancelled or its handle dropped: the next message waits."""
        self._is_stopping = True
        if self._current_run is not None:
            self._current_run.is_stopping = True

    def result(self) -> RunResult[Out]:
        """Return the run's result so far."""
        if self.agent_loop is not None:
            return self.agent_loop.result()
        finish = self._finish_without_loop
        result: RunResult[Out] = RunResult(
            run_id=self._run_id, agent=self.spec.name, outcome=finish.outcome, reason=finish.reason
        )
        return result if self.recorded_end is None else self.recorded_end.apply_to(result)

    def _run_scope(self, listener: EventListener | None) -> RunScope:
        name = self.spec.name
        if self.parent is not None:
            own, owner = self.parent.child_scope(name), f"the delegation to {name!r}"
        else:
            client, artifacts, owner = self.options.get("client"), self.conversation.artifacts, "the run"
            own = RunScope(self._run_id, (name,), self._steps, client=client, listener=listener, artifacts=artifacts)
        budgets = ((self._budget, owner), (self.spec.budget, f"the agent {name!r}"))
        return scope_of_run(own, self.spec, budgets, self._around)
