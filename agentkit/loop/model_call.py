"""The model calls of one run: middleware around each, and its attempts inside."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.loop.call_attempts import CallAttempts
from agentkit.loop.exchange import CallResources, ChargeMeter, ModelReply, ModelRequest
from agentkit.run.guarded_middleware import guard_model_middleware
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
        resources, request = self.resources, model_request.request
        attempts = CallAttempts(resources, model, model_request, request, meter, request.options["max_tokens"])

        async def inner(call: ModelCall) -> AssistantTurn:
            nonlocal attempts
            attempts = CallAttempts.of_changed_request(resources, model, model_request, call.request, meter)
            return await attempts.run_until_complete()

        began = time.monotonic()
        if self.middleware:
            scope = resources.scope
            call = ModelCall(request, scope.run_id, scope.path, model_request.turn_number)
            turn = await compose_middleware(guard_model_middleware(self.middleware), inner)(call)
        else:
            turn = await attempts.run_until_complete()
        if resources.run_budget.accounts:
            resources.run_budget.record_call_time(time.monotonic() - began)
        thread = attempts.request.thread if turn is attempts.turn else None  # a middleware's turn is not on the server
        return ModelReply(turn, attempts.max_tokens, tuple(meter.charges), thread)

    def use_table_prices(self) -> None:
        """Price all further calls by the price table: another model goes on."""
        self.resources = replace(self.resources, own_prices=None)
