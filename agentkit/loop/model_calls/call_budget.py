"""The reservation of one model call in the budgets above it, from the upper bound of its prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget import upper_bounds as bounds
from agentkit.budget.account import OverBudget
from agentkit.budget.budget import Need
from agentkit.budget.prices import prices_of
from agentkit.budget.reply_charges import PRICE_FACTORS
from agentkit.budget.upper_bounds import WorstCaseRates
from agentkit.loop.run_limits import MIN_REPLY_TOKENS
from agentkit.models.batching.batched_model import price_factor_of
from agentkit.models.model import CountsTokens
from agentkit.run.guarded_middleware import ProgramFault

if TYPE_CHECKING:
    from agentkit.budget.prices import Price
    from agentkit.budget.run_budget import Reservation
    from agentkit.loop.model_calls.exchange import CallResources, ModelRequest
    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import Request
    from agentkit.models.model import Model


@dataclass(slots=True)
class CallBudget:
    """Reserves the budget of one model call, whose attempts may differ in `max_tokens` and thread only."""

    resources: CallResources
    model: Model
    model_request: ModelRequest
    is_unchanged: bool
    """True if no middleware has changed prefix or messages, so that the server's last token count still holds."""
    call_need: Need = field(default_factory=Need, init=False)
    """The most that the request can use, as it was reserved last; the reserve for the final turn is not in it."""
    _counted_tokens: int | None = field(default=None, init=False)
    """Prompt tokens as the server counted them for this call. None: it was not asked."""

    async def reserve(self, request: Request) -> Reservation:
        """Reserve what the request can use at most; its `max_tokens` shrinks to what the budgets have.

        Raises:
            OverBudget: A budget does not cover the request.
        """
        wished = int(request.options["max_tokens"])
        least, *smaller = self._min_tokens(request, wished)
        while True:
            try:
                return await self._reserve_for(request, self.prompt_tokens_bound(request), wished, least)
            except OverBudget as refusal:
                if refusal.is_about_prompt and await self._count_prompt_tokens(request):
                    continue
                if not smaller:
                    refusal.account.is_exhausted = True
                    raise
                least = smaller.pop(0)

    def prompt_tokens_bound(self, request: Request) -> int:
        """Return an upper bound of the prompt's tokens."""
        if self._counted_tokens is not None:
            return self._counted_tokens + bounds.ADDED_TOKENS["request"]
        if not self.is_unchanged:
            return bounds.max_prompt_tokens(request)
        return bounds.max_prompt_tokens(request, self.model_request.counted_tokens, self.model_request.counted_messages)

    async def _count_prompt_tokens(self, request: Request) -> bool:
        """Have the server count the prompt, once per call, where the upper bound does not fit. True if it counted."""
        if self._counted_tokens is not None or not isinstance(self.model, CountsTokens):
            return False
        with self.resources.scope.stop_flag.cancellable_wait():
            self._counted_tokens = await self.model.count_tokens(request)
        return self._counted_tokens is not None

    async def _reserve_for(self, request: Request, prompt_tokens: int, wished: int, least: int) -> Reservation:
        run_budget, stop_flag = self.resources.run_budget, self.resources.scope.stop_flag
        stop_flag.raise_if_set()
        prices = self._highest_prices(request) if run_budget.has_cost_limit else ()
        rates = WorstCaseRates.for_request(prices, request)
        self.call_need = call = bounds.call_need(request, prompt_tokens, rates)
        final_turn_need = (
            bounds.final_turn_need(prompt_tokens, wished, self._answer_tokens(request, wished), rates)
            if self.model_request.needs_final_turn_reserve
            else None
        )
        return await run_budget.reserve(call, wished, least, final_turn_need, stop_flag.cancellable_wait)

    def _highest_prices(self, request: Request) -> tuple[Price, ...]:
        """Return the tiers of every model that may answer the request.

        Raises:
            ProgramFault: Middleware has changed the request to one whose price is not known.
        """
        asked, fallbacks = str(request.options["model"]), bounds.fallback_models(request.options)
        own = self.resources.own_prices if asked == self.model.name else None
        tiers = [own or prices_of(asked), *((None,) if fallbacks is None else map(prices_of, fallbacks))]
        factors = [name for name in PRICE_FACTORS if name in request.options]
        if None in tiers or factors:
            raise ProgramFault(
                "Middleware (around_model) changed a request under Budget(max_cost_usd=...) to one without a known "
                f"price, by its model {asked!r}, `fallbacks`, or {', '.join(PRICE_FACTORS)}. Leave them as they were, "
                "or limit tokens instead."
            )
        factor = 1.0 if own else price_factor_of(self.model)
        return tuple(price.times(factor) for tier in tiers for price in tier or ())

    def _min_tokens(self, request: Request, wished: int) -> list[int]:
        """Return the smallest `max_tokens` that is good, and then the smallest that is useful where it is another."""
        least = max(min(wished, self.model_request.min_tokens), self._answer_tokens(request, wished))
        good = min(wished, self.model_request.good_tokens)
        return [good, least] if good > least else [least]

    def _answer_tokens(self, request: Request, wished: int) -> int:
        """Return the smallest useful `max_tokens` of an answer: a thinking budget is spent from it before any text."""
        thinking: JSONObject = request.options.get("thinking") or {}
        least = min(self.model_request.min_tokens, MIN_REPLY_TOKENS)
        return min(wished, least + int(thinking.get("budget_tokens") or 0))
