"""A child run under its delegation terms: retried where they say so, with one budget and time limit for all tries.

Two rules for this file: the result of every try is added to the delegating run, whatever ended it, so that its cost is
counted; and whatever ends one child, an error of the program included, does not end its siblings.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, cast

import anyio

from agentkit.agents.escalation import FailedTry, last_reply_text, may_try_again, replace_model, with_failures
from agentkit.agents.output_checks import POINTER_ONLY_NOTE, is_pointer_only
from agentkit.errors import UsageError
from agentkit.history.conversation_state import ConversationState
from agentkit.loop.background_run import StopSignal
from agentkit.loop.durable.recorded_input import FROM_JOURNAL, was_started
from agentkit.loop.durable.recorded_spending import open_account
from agentkit.loop.durable.run_end import CUT_OFF, EndStep
from agentkit.loop.lifecycle import RunLifecycle
from agentkit.loop.verification import Verification
from agentkit.run.agent_spec import AnySpec, In, Out
from agentkit.run.delegation_terms import Terms, model_id
from agentkit.run.outcome import Outcome
from agentkit.run.scope import share_budget
from agentkit.run.steps import RecordedSteps, is_cut_off

if TYPE_CHECKING:
    from agentkit.loop.parent_call import ParentCall
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.input import Part
    from agentkit.run.result import RunResult


@dataclass(frozen=True, slots=True)
class ChildRun(Generic[In, Out]):
    """One delegation, from the prompt to a result."""

    agents: Sequence[AgentSpec[object, In, Out]]
    """The agents to try, one after another."""
    terms: Terms[Out]
    parent: ParentCall | None
    """The tool call that delegates. None: the delegation comes from Python."""
    stop_signal: StopSignal = field(default_factory=StopSignal)
    """Stops the run from another task."""

    async def run(self, prompt: In | str) -> RunResult[Out]:
        """Return the result of the first try that gave an answer, or of the last one.

        Raises whatever `verify` raises, and UsageError; the result has been added to the parent by then.
        """
        first, *others = self.agents
        deadline = anyio.current_time() + (self.terms.timeout_s or math.inf)
        failures: list[FailedTry] = []
        with self._within_budget() as parent:
            result = await self._run_one_try(first, prompt, parent, deadline)
            for agent in others:
                if result.answer is not None or not may_try_again(result):
                    break
                failures.append(FailedTry.of(self.agents[len(failures)], result))
                shown = failures if self.terms.escalations else ()
                result = await self._run_one_try(agent, with_failures(agent, prompt, shown), parent, deadline)
        return result

    async def rebuild(self, *, was_cut_off: bool = False) -> None:
        """Rebuild the tries of a recorded call from their steps, in order; for `was_cut_off` see `DelegatingTool`."""
        with self._within_budget() as parent:
            while parent is not None and await self._rebuild_next_try(parent, was_cut_off=was_cut_off):
                pass

    async def _rebuild_next_try(self, parent: ParentCall, *, was_cut_off: bool) -> bool:
        """Return True if there was one, and there may be another."""
        agent = self.agents[0]
        try_call = parent.for_next_try(agent.name)
        scope = try_call.child_scope(agent.name)
        step, run_id = EndStep.reserve(scope.steps), _id_below(scope.run_id, parent)
        end = None if step is None else await step.recorded()
        end = end or parent.child_runs.recorded_ends.get(run_id)
        if end is None and (was_cut_off or is_cut_off(scope.steps)) and was_started(scope.steps):
            end = CUT_OFF
        if end is None:
            return False
        own = agent if end.model in ("", model_id(agent.model)) else replace_model(agent, end.model)
        lifecycle = RunLifecycle(
            own, ConversationState(), FROM_JOURNAL, {}, try_call, self._output_check(own, try_call), end
        )
        await lifecycle.run(parent.scope.listener)
        parent.child_runs.record_start(parent.call)
        result = lifecycle.result()
        self._add_to_parent(result)
        if end is CUT_OFF:
            parent.child_runs.unrecorded_ends[run_id] = lifecycle.end_so_far(result)
        return end is not CUT_OFF

    async def record_drop(self) -> None:
        """Record the end of a run that was stopped because its call was dropped. One that had an end keeps that."""
        with self._within_budget() as parent:
            if parent is None or isinstance(parent.scope.steps, RecordedSteps):
                return
            name = self.agents[0].name
            scope = parent.for_try(name, parent.child_runs.count_tries(parent.call)).child_scope(name)
            end = parent.child_runs.unrecorded_ends.pop(_id_below(scope.run_id, parent), None)
            step = None if end is None else EndStep.reserve(scope.steps)
            if end is not None and step is not None:
                await step.record(replace(end, was_reported=False))

    @contextmanager
    def _within_budget(self) -> Generator[ParentCall | None]:
        """Yield the parent call with the child's scope set, under the budget of the delegation."""
        name, budget = self.agents[0].name, self.terms.budget
        owner = f"the delegation to {name!r}"
        if self.parent is None:
            with share_budget(budget, owner):
                yield None
        else:
            steps = self.parent.child_scope(name).steps
            accounts = () if budget is None else (open_account(budget, owner, steps),)
            yield self.parent.with_child_scope(name, accounts)

    async def _run_one_try(
        self,
        agent: AgentSpec[object, In, Out],
        prompt: In | str | Sequence[Part],
        parent: ParentCall | None,
        deadline: float,
    ) -> RunResult[Out]:
        try_call = None if parent is None else parent.for_next_try(agent.name)
        check = self._output_check(agent, try_call)
        lifecycle = RunLifecycle(agent, ConversationState(), prompt, {}, try_call, check)
        try:
            with anyio.CancelScope(deadline=deadline) as time:
                self.stop_signal.attach_scope(time)
                await lifecycle.run(parent.scope.listener if parent is not None else None)
        except Exception as error:
            reason = str(error) if isinstance(error, UsageError) else f"The program raised {type(error).__name__}."
            await self._end_early(lifecycle, Outcome.FAILED, reason)
            raise
        except BaseException:
            result = lifecycle.result()
            self._add_to_parent(result)
            if parent is not None:
                end = lifecycle.end_so_far(result)
                parent.child_runs.unrecorded_ends[_id_below(result.run_id, parent)] = end
            raise
        if time.cancelled_caught:
            late = f"It was stopped after {self.terms.timeout_s} s, its time limit."
            return await self._end_early(lifecycle, Outcome.CANCELLED, self.stop_signal.reason or late)
        result = lifecycle.result()
        await lifecycle.record_end()
        self._add_to_parent(result)
        return result

    def _output_check(self, agent: AgentSpec[object, In, Out], try_call: ParentCall | None) -> ChildOutputCheck[Out]:
        is_text, verify = agent.output_spec.is_text, self.terms.verify
        if verify is None:
            return ChildOutputCheck(is_text)
        if try_call is None:
            return ChildOutputCheck(is_text, Verification(verify, "verify"))
        scope = try_call.child_scope(agent.name)
        redact = scope.redactor.extended(agent.redact, ()).text
        return ChildOutputCheck(is_text, Verification(verify, "verify", scope.steps, redact))

    async def _end_early(
        self, lifecycle: RunLifecycle[object, In, Out], outcome: Outcome, reason: str
    ) -> RunResult[Out]:
        """Return the result of a run that was stopped from here, and emit the RunFinished that it could not emit."""
        has_ended = (
            lifecycle.agent_loop is not None and lifecycle.agent_loop.finish is not None
        )  # only its clean-up was interrupted
        result = lifecycle.result() if has_ended else replace(lifecycle.result(), outcome=outcome, reason=reason)
        await lifecycle.record_end(result)
        self._add_to_parent(result)
        if lifecycle.agent_loop is not None and not has_ended:
            await lifecycle.agent_loop.report.emit_finished(lambda: result)
        return result

    def _add_to_parent(self, result: RunResult[Out]) -> None:
        if self.parent is not None:
            self.parent.add_child_result(cast("RunResult[object]", result))


def _id_below(run_id: str, parent: ParentCall) -> str:
    """Return the id of a child run below that of its parent."""
    return run_id.removeprefix(f"{parent.scope.run_id}/")


@dataclass(slots=True)
class ChildOutputCheck(Generic[Out]):
    """The check of a child's output beyond its type: it must not only refer to an earlier reply, and pass `verify`."""

    is_text: bool
    verification: Verification[Out] | None = None
    """The `verify=` of the terms. None: they have none."""
    _was_pointer_reported: bool = field(default=False, init=False)

    async def __call__(self, output: Out) -> str | None:
        """Return the reason why the output is sent back, or None. A mere reference is sent back once."""
        if self.is_text and not self._was_pointer_reported and is_pointer_only(str(output)):
            self._was_pointer_reported = True
            return POINTER_ONLY_NOTE
        return None if self.verification is None else await self.verification.check(output)


def describe_failure(agent: AnySpec, result: RunResult[Out], count: int) -> str:
    """Return the text for the delegating model on a child without an answer: its outcome, reason and last reply."""
    again = f" after {count} tries" if count > 1 else ""
    description = (
        f"The sub-agent `{result.agent}` gave no answer{again}; its outcome is {result.outcome}. {result.reason}"
    )
    last_reply = last_reply_text(agent, result)
    return f"{description.rstrip()}\nThe last thing that it said:\n{last_reply}" if last_reply else description.rstrip()
