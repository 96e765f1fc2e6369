"""The model calls of a guarded run: each is given up where a caution comes while it is under way."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentkit.budget.charges import total_usage
from agentkit.loop.model_calls.exchange import GivenUp
from agentkit.loop.model_calls.model_call import ModelCaller

if TYPE_CHECKING:
    from agentkit.loop.guardrails.input_checks import InputChecks
    from agentkit.loop.model_calls.exchange import ChargeMeter, ModelReply, ModelRequest
    from agentkit.models.model import Model


@dataclass
class GuardedModelCaller(ModelCaller):
    """Makes the model calls of one guarded run."""

    input_checks: InputChecks = field(kw_only=True)

    def call(  # pyright: ignore[reportIncompatibleMethodOverride] - a coroutine as well, of whichever function it is
        self, model: Model, model_request: ModelRequest, meter: ChargeMeter
    ) -> Coroutine[Any, Any, ModelReply]:
        """See `ModelCaller.call`. Raises GivenUp, too, but not for the request of a summary."""
        may_be_cut_off = model_request.turn_number and not self.input_checks.is_over
        call = self._call_until_verdict if may_be_cut_off else super().call
        return call(model, model_request, meter)

    async def _call_until_verdict(self, model: Model, model_request: ModelRequest, meter: ChargeMeter) -> ModelReply:
        checks = self.input_checks
        checks.tokens_cut = 0
        try:
            with checks.call_that_may_be_given_up():
                return await ModelCaller.call(self, model, model_request, meter)
        except BaseException:
            most = int(model_request.request.options["max_tokens"])
            checks.tokens_cut = max(0, most - total_usage(meter.charges).output_tokens)
            raise
        raise GivenUp("The call was given up for the note of a guardrail.")
