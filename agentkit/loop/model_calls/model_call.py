"""The model calls of one run: middleware around each, and its attempts inside."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.loop.model_calls.call_attempts import CallAttempts
from agentkit.loop.model_calls.exchange import CallResources, ChargeMeter, ModelReply, ModelRequest
from agentkit.models.reply_shape import find_reply_fault
from agentkit.run.guarded_middleware import ProgramFault, guard_model_middleware
from agentkit.run.middleware import AroundModel, ModelCall, compose_middleware

if TYPE_CHECKING:
    from agentkit.messages.message import AssistantTurn
    from agentkit.models.model import Model


@dataclass(slots=True)
class ModelCaller:
    """Makes the model calls of one run."""

    resources: CallResources
    middleware: Sequence[AroundModel] = ()
    """Middleware around every call; the first is the outermost."""

    async def call(self, model: Model, model_request: ModelRequest, meter: ChargeMeter) -> ModelReply:
        """Return a complete turn, retried where that helps.

        Raises:
            OverBudget: A budget does not cover the call.
            ModelError: The call failed for good. Charges of failed attempts are in `meter`.
        """
        run_budget, request = self.resources.run_budget, model_request.request
        began = time.monotonic()
        if self.middleware:
            reply = await self._call_within_middleware(model, model_request, meter)
        else:
            attempts = CallAttempts(self.resources, model, model_request, request, meter, request.options["max_tokens"])
            reply = _reply_of(attempts, await attempts.run_until_complete())
        if run_budget.has_time_limit:
            run_budget.record_call_time(time.monotonic() - began)
        return reply

    async def _call_within_middleware(
        self, model: Model, model_request: ModelRequest, meter: ChargeMeter
    ) -> ModelReply:
        """Return the turn that the middleware returns; it may call the model several times, even at once."""
        resources, scope, request = self.resources, self.resources.scope, model_request.request
        made: list[CallAttempts] = []

        async def inner(call: ModelCall) -> AssistantTurn:
            made.append(CallAttempts.of_changed_request(resources, model, model_request, call.request, meter))
            return await made[-1].run_until_complete()

        call = ModelCall(request, scope.run_id, scope.path, model_request.turn_number)
        turn = await compose_middleware(guard_model_middleware(self.middleware), inner)(call)
        found = next((one for one in made if one.turn is turn), None)
        turn = replace(turn)  # its blocks may have been changed in place, after the turn was encoded
        if found is not None:
            return _reply_of(found, turn)
        _check_made_turn(turn)
        max_tokens = made[-1].max_tokens if made else request.options["max_tokens"]
        return ModelReply(turn, max_tokens, meter.charges, counts_prompt=False)  # it is not on the server

    def use_table_prices(self) -> None:
        """Price all further calls by the price table: another model goes on."""
        self.resources = replace(self.resources, own_prices=None)


def _reply_of(attempts: CallAttempts, turn: AssistantTurn) -> ModelReply:
    counts = attempts.is_unchanged and attempts.is_answered_as_asked
    return ModelReply(turn, attempts.max_tokens, attempts.meter.charges, attempts.request.thread, counts)


def _check_made_turn(turn: AssistantTurn) -> None:
    """Raise ProgramFault for a turn made by middleware that does not have the shape of a reply."""
    end = {"stop_reason": turn.stop_reason, "stop_details": turn.stop_details}
    if fault := find_reply_fault({"id": turn.id, "model": turn.model}, end, turn):
        raise ProgramFault(f"The middleware (around_model) returned a turn that is no reply of the API: {fault}.")
