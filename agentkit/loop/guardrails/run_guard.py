"""The guardrails of one run: what they look at, and the end of a run that they block.

Two rules for this file: a block cancels the run from inside, so that everything below it ends as in any cancellation;
and whatever the run ends with, nothing that was not cleared is shown, answered or remembered.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.lowlevel

from agentkit.loop.actions import CheckAnswer, Finish, RunTools
from agentkit.loop.guardrails.check_calls import CheckCalls, Sight
from agentkit.loop.guardrails.guarded_calls import GuardedModelCaller
from agentkit.loop.guardrails.input_checks import InputChecks
from agentkit.loop.guardrails.output_checks import OutputChecks
from agentkit.loop.guardrails.replies import answer_of_reply, text_of_reply
from agentkit.loop.guardrails.seen_text import all_text_of
from agentkit.loop.guardrails.tool_checks import ToolChecks
from agentkit.messages.message import user
from agentkit.run.guardrails.held_events import HeldEvents
from agentkit.run.guardrails.verdict_event import VerdictGiven
from agentkit.run.guardrails.verdicts import Block, VerdictRecord
from agentkit.run.outcome import Outcome
from agentkit.run.steps import RecordedSteps
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
    from agentkit.history.exchange import Exchange
    from agentkit.loop.model_calls.exchange import CallResources
    from agentkit.loop.nested_runs import NestedRuns
    from agentkit.loop.state import RunState
    from agentkit.messages.message import JSONObject, Message
    from agentkit.run.agent_spec import AgentSpec, AnySpec
    from agentkit.run.result import Answer
    from agentkit.run.scope import RunScope

_HEAD_START = 6
"""The checkpoints of a run before its work begins: a check that decides without waiting has decided by then."""

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(slots=True)
class RunGuard:
    """The guardrails of one run at work."""

    checks: CheckCalls
    exchange: Exchange
    scope: RunScope
    """The scope of the run, with its gate and its held events."""
    events: HeldEvents | None = None
    """The events of the run. None: nobody listens."""
    blocked: VerdictRecord | None = field(default=None, init=False)
    """The verdict that ends the run. None: there is none."""
    inputs: InputChecks = field(init=False, repr=False)
    outputs: OutputChecks = field(init=False, repr=False)
    _work: anyio.CancelScope | None = field(default=None, init=False)
    _last_reply: Message | None = field(default=None, init=False)
    """The last reply before the turn that is under way."""

    @classmethod
    def for_run(
        cls, spec: AnySpec, scope: RunScope, deps: object, nested_runs: NestedRuns, exchange: Exchange
    ) -> RunGuard:
        """Return the guard of a run, with a scope for the run in place of this one."""
        events = None if scope.listener is None else HeldEvents(scope.listener, scope.run_id)
        checks = CheckCalls.for_run(spec, scope, deps, nested_runs)
        guard = cls(checks, exchange, replace(scope, listener=events), events)
        content = exchange.new_content
        sight = Sight("input", "\n".join(map(all_text_of, content)), exchange.prompt, spec.name, guard._prompt_messages)
        report, on_block = guard.report, guard.block
        has_server_tools = exchange.transcript.has_server_tools
        guard.inputs = InputChecks(checks, guard.scope, events, sight, report, on_block, has_server_tools)
        guard.outputs = OutputChecks(checks, events, guard._all_messages, report, on_block)
        gate = ToolChecks(
            checks, guard.inputs, nested_runs.loop, len(scope.path), lambda: guard.blocked is not None, report, on_block
        )
        if gate.is_needed:
            guard.scope = replace(guard.scope, gates=(*scope.gates, gate))
        return guard

    def model_caller(self, resources: CallResources) -> GuardedModelCaller:
        """Return what makes the model calls of the run."""
        return GuardedModelCaller(resources, self.scope.middleware.around_model, input_checks=self.inputs)

    def _prompt_messages(self) -> Sequence[JSONObject]:
        return [message.to_dict() for message in (*self.exchange.opened, user(self.exchange.prompt))]

    def _all_messages(self) -> Sequence[JSONObject]:
        return [message.to_dict() for message in self.exchange.transcript.messages]

    # -- the run -----------------------------------------------------------------------------------------------

    async def run(self, work: Coroutine[object, None, None]) -> None:
        """Do the work of the run, with the checks of the input before and beside it. After a block it returns."""
        failure: Exception | None = None
        try:
            with closing(work), anyio.CancelScope() as self._work:
                await self.inputs.check_before()
                async with anyio.create_task_group() as tasks:
                    if self.inputs.is_beside and self.blocked is None:
                        tasks.start_soon(self.inputs.check_beside, name="guardrails")
                    for _ in range(_HEAD_START):  # a block before it ends the run here
                        await anyio.lowlevel.checkpoint()
                    try:
                        await work
                    except Exception as error:  # noqa: BLE001 - raised below, once the verdict is in
                        failure = error
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None
        if failure is not None and self.blocked is None:
            raise failure

    async def begin_turn(self, note: str | None, *, is_new: bool) -> str | None:
        """Return the note for the next user message, with that of a caution. A paused turn is not a new one."""
        if not is_new:
            return note
        self.outputs.begin_turn()
        self._last_reply = self.exchange.last_reply
        return await self.inputs.add_note(note)

    async def gives_up(self, action: RunTools | CheckAnswer, state: RunState) -> bool:
        """Return True if the turn that brought this action is given up for a caution, before any of it was done."""
        calls, tools = action.calls if isinstance(action, RunTools) else (), self.exchange.transcript.tools
        reads = any(call.name in tools and tools[call.name].effect == "read" for call in calls)
        if await self.inputs.gives_up_turn(has_started=reads):
            return True
        is_output = state.final_turn_finish is not None and state.turn is not None and state.turn.text.strip()
        if calls and not is_output:
            self.outputs.turn_goes_on(calls)
        return False

    async def check_output(self, output: object) -> str | None:
        """Return the reason why the output is sent back, or None."""
        if await self.inputs.holds_answer_back():  # the answer came together with calls that only read
            return "Your answer was not taken yet: there is a note for you. Read it, then give your answer again."
        return await self.outputs.check(output)

    def report(self, record: VerdictRecord) -> None:
        """Emit the event of a verdict."""
        self.scope.emit_soon(lambda origin: VerdictGiven(**origin, record=record))

    def block(self, record: VerdictRecord) -> None:
        """End the run, at once; one that is rebuilt goes on to the end of what was recorded."""
        if self.blocked is not None:
            return
        self.blocked = record
        if self.events is not None:
            self.events.close()
        if self._work is not None and not isinstance(self.scope.steps, RecordedSteps):
            self._work.cancel()

    # -- its end -----------------------------------------------------------------------------------------------

    def end(self, finish: Finish | None) -> Finish | None:
        """Return the end of the run, after the last of its work: `blocked` if it was, or else the given one."""
        self.inputs.end()
        self._leave_history()
        if self.blocked is not None:
            record = replace(self.blocked, tokens_saved=self.inputs.tokens_cut)
            self.checks.replace_record(self.blocked, record)
            self.blocked = record
            self.report(record)
            reason = record.verdict.reason if isinstance(record.verdict, Block) else ""
            return Finish(Outcome.BLOCKED, self.scope.redactor.text(reason))
        if self.events is not None:
            if not self.is_cleared:
                self.events.close()
            self.events.release("output", without_last_reply=True)
            self.events.release("input")
        return finish

    @property
    def is_cleared(self) -> bool:
        """True if the input was checked, and neither it nor anything after it was blocked."""
        return self.inputs.is_cleared and self.blocked is None

    def _leave_history(self) -> None:
        """Take back what was blocked, or never checked to the end, from the conversation."""
        verdict = None if self.blocked is None else self.blocked.verdict
        if isinstance(verdict, Block) and verdict.keep:
            text = text_of_reply(verdict.reply)
            self.exchange.keep_prompt(self.scope.redactor.text(text))
        elif not self.is_cleared:
            self.exchange.forget()
        elif self.outputs.is_unchecked and self.exchange.last_reply is not self._last_reply:
            self.exchange.withhold_last_reply()

    def answer(self, spec: AgentSpec[Deps, In, Out], given: Answer[Out] | None) -> Answer[Out] | None:
        """Return the output of the run: the given one, or of a blocked run the reply of the block, if it fits."""
        if self.blocked is None or not isinstance(self.blocked.verdict, Block):
            return given
        return answer_of_reply(spec.output_spec, self.blocked.verdict.reply)
