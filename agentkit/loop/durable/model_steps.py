"""The model calls of one run as steps: a reply, or a failure, is recorded with its charges and retries.

Three rules for this file: where there is a budget, the most that a request may cost is announced before it is sent;
what an earlier execution announced and never finished counts as used; and a sub-agent that begins while the reply is
streamed is announced before it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from agentkit.budget.account import OverBudget
from agentkit.budget.budget import Amount
from agentkit.budget.charges import Charge, merge_charges
from agentkit.budget.waiting_line import accounts_lock
from agentkit.errors import ModelError
from agentkit.history.request_hash import RequestHasher
from agentkit.loop.durable.call_intent import CallIntent
from agentkit.loop.durable.recorded_spending import amount_of
from agentkit.loop.model_calls.exchange import CallFailure, ChargeMeter, GivenUp, ModelReply, TurnRetry
from agentkit.run.guarded_middleware import ProgramFault
from agentkit.run.steps import NotRecorded, Step, is_cut_off

if TYPE_CHECKING:
    from agentkit.loop.model_calls.exchange import ModelRequest
    from agentkit.loop.model_calls.model_call import ModelCaller
    from agentkit.messages.message import JSONObject, ToolCall
    from agentkit.messages.request import Request
    from agentkit.models.model import Model
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot, Steps


@dataclass(slots=True)
class ModelSteps:
    """Makes the model calls of one run, each as a step."""

    caller: ModelCaller
    charges: tuple[Charge, ...] = field(default=(), init=False)
    """The charge of every request so far, in the recorded calls and in the others."""
    unrecorded_charges: tuple[Charge, ...] = field(default=(), init=False)
    """Those of calls that were cancelled, which no step has recorded."""
    last_step: str = field(default="", init=False)
    """The name of the last step that has ended. Empty: there is none, or the steps are not durable."""
    _merged: tuple[int, tuple[Charge, ...]] = field(default=(0, ()), init=False)
    """The number of charges that are merged already, and what they come to."""
    _count: int = field(default=0, init=False)
    _hasher: RequestHasher | None = field(default=None, init=False)
    """None: no request was hashed, as is the case where the steps are not durable."""

    def merged_charges(self) -> tuple[Charge, ...]:
        """Return the charges so far, added up by model and price."""
        count, merged = self._merged
        if new := self.charges[count:]:
            merged = merge_charges((*merged, *new))
            self._merged = count + len(new), merged
        return merged

    @property
    def _steps(self) -> Steps:
        return self.caller.resources.scope.steps

    async def call(self, model: Model, model_request: ModelRequest) -> ModelReply:
        """Return the reply to a request: of the model, or of an earlier execution.

        Raises:
            OverBudget: A budget does not cover the request.
            ModelError: The request failed.
        """
        self._count += 1
        if self._steps.is_durable:
            return await self._call_as_step(model, model_request)
        meter = ChargeMeter()
        try:
            return await self.caller.call(model, model_request, meter)
        finally:
            self.charges += meter.charges

    async def _call_as_step(self, model: Model, model_request: ModelRequest) -> ModelReply:
        slot = self._reserve(model_request.request)
        early = model_request.eager_calls
        intent = CallIntent(self._steps, slot, self.caller.resources.run_budget.accounts, early)
        if early is not None:
            early.begin_model_call(model_request.turn_number, intent.started_early, intent.announce_early)
        meter, was_called = intent.meter, False

        async def effect() -> JSONObject:
            nonlocal was_called
            was_called = True
            if slot.intent is not None:
                scope = self.caller.resources.scope
                scope.stop_flag.lift(scope.run_id)
            return await self._end_as_json(model, model_request, intent)

        try:
            value = await self._steps.run(slot, effect)
        except BaseException as error:
            # An end of the run that is recorded has the charges of what was cut off.
            if not isinstance(error, NotRecorded) or is_cut_off(self._steps):
                self.charges += meter.charges
                self.unrecorded_charges += meter.charges
            raise
        meter.announce = None  # it refers back to the intent: a run that is over is freed without a garbage collection
        if early is not None:
            early.announce = None
        self.last_step = slot.step.name
        return await self._end_of(slot, value, model_request, is_replayed=not was_called)

    async def _end_as_json(self, model: Model, model_request: ModelRequest, intent: CallIntent) -> JSONObject:
        """Return the end of a call that is made now: the reply or the failure, and what happened on the way."""
        resources, early, meter = self.caller.resources, model_request.eager_calls, intent.meter
        calls: Sequence[ToolCall] = ()
        try:
            if intent.is_about_batches(model):
                async with intent.model_for_call(model) as used:
                    reply = await self.caller.call(used, model_request, meter)
            else:
                reply = await self.caller.call(model, model_request, meter)
            end, calls = reply.to_json(), reply.turn.tool_calls()
        except (ModelError, OverBudget, ProgramFault, GivenUp) as error:
            failure = CallFailure(error, meter.charges)
            end = failure.to_json(resources.scope.accounts, resources.scope.redactor.text)
        if meter.retries:
            end = {**end, "retries": [asdict(retry) for retry in meter.retries]}
        if (kept := resources.run_budget.final_turn_reserve) != Amount():
            end = {**end, "final_turn_reserve": astuple(kept)}
        if early is not None:
            await early.wait_until_announced()
            if started := early.started_as_json(calls):
                end = {**end, "early": started}
        return end

    def _reserve(self, request: Request) -> Slot:
        messages = request.messages
        self._hasher = self._hasher or RequestHasher()
        return self._steps.reserve(
            Step(
                f"model:{self._count}",
                "model",
                request_hash=self._hasher.hash_of(request),
                describe=lambda: messages[-1].encoded.decode() if messages else "",
            )
        )

    async def _end_of(
        self, slot: Slot, value: JSONObject, model_request: ModelRequest, *, is_replayed: bool
    ) -> ModelReply:
        """Return the reply that a step has recorded, or raise the error."""
        scope = self.caller.resources.scope
        if is_replayed:
            for retry in [TurnRetry(**one) for one in value.get("retries", ())]:
                await scope.emit(partial(retry.event, turn_number=model_request.turn_number), is_replayed=True)
        end = (
            CallFailure.from_json(value, scope.accounts)
            if "error" in value
            else replace(ModelReply.from_json(value), is_replayed=is_replayed)
        )
        self.charges += end.charges
        if is_replayed:
            self._continue_from(end, slot, value, model_request)
        if isinstance(end, CallFailure):
            raise end.error
        return end

    def _continue_from(
        self, end: ModelReply | CallFailure, slot: Slot, value: JSONObject, model_request: ModelRequest
    ) -> None:
        """Take over what a call has left behind that an earlier execution has made: calls, budget, credentials."""
        run_budget = self.caller.resources.run_budget
        if model_request.eager_calls is not None and (started := value.get("early")):
            calls = () if isinstance(end, CallFailure) else end.turn.tool_calls()
            model_request.eager_calls.restore_started(model_request.turn_number, started, calls)
        _follow_credentials(self.caller.resources.scope, end)
        with accounts_lock:
            run_budget.set_final_turn_reserve(Amount(*value.get("final_turn_reserve", ())))
        if isinstance(end, ModelReply):
            run_budget.record_call_time(slot.duration_s)
        if self._steps.recorded_charges() is None:
            spent = amount_of(end.charges)
            for account in run_budget.accounts:
                account.continue_from(spent)


def _follow_credentials(scope: RunScope, end: ModelReply | CallFailure) -> None:
    """Stop the tree where an earlier execution was refused the credentials, unless it has gone on after that."""
    if isinstance(end, ModelReply):
        scope.stop_flag.lift(scope.run_id)
    elif isinstance(end.error, ModelError):
        scope.stop_flag.record_replayed(end.error, scope.run_id)
