"""The reservation of one model call in the budgets above it, from the upper bound of its prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget.account import OverBudget
from agentkit.budget.budget import NO_NEED, Need
from agentkit.budget.prices import prices_of
from agentkit.budget.reply_charges import PRICE_FACTORS
from agentkit.budget.request_terms import RequestTerms, fallback_models
from agentkit.budget.upper_bounds import ADDED_TOKENS, cache_write_lifetime, max_prompt_tokens
from agentkit.loop.run_limits import MIN_REPLY_TOKENS
from agentkit.models.batching.batched_model import price_factor_of
from agentkit.models.model import CountsTokens
from agentkit.run.guarded_middleware import ProgramFault

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    call_need: Need = field(default=NO_NEED, init=False)
    """The most that the request can use, as it was reserved last; the reserve for the final turn is not in it."""
    _counted_tokens: int | None = field(default=None, init=False)
    """Prompt tokens as the server counted them for this call. None: it was not asked."""

    async def reserve(self, request: Request) -> Reservation:
        """Reserve what the request can use at most; its `max_tokens` shrinks to what the budgets have.

        Raises:
            OverBudget: A budget does not cover the request.
        """
        run_budget, stop_flag = self.resources.run_budget, self.resources.scope.stop_flag
        wished = int(request.options["max_tokens"])
        answer = self._answer_tokens(request, wished)
        useful = max(min(wished, self.model_request.min_tokens), answer)
        least = max(min(wished, self.model_request.good_tokens), useful)
        if run_budget.is_new:
            await run_budget.let_others_start()
        while True:
            stop_flag.raise_if_set()
            final_turn = self._bound_needs(request, wished, answer)
            try:
                return await run_budget.reserve(self.call_need, wished, least, final_turn, stop_flag.cancellable_wait)
            except OverBudget as refusal:
                if refusal.is_about_prompt and await self._count_prompt_tokens(request):
                    continue
                if least == useful:
                    refusal.account.is_exhausted = True
                    raise
                least = useful

    def prompt_tokens_bound(self, request: Request) -> int:
        """Return an upper bound of the prompt's tokens."""
        if self._counted_tokens is not None:
            return self._counted_tokens + ADDED_TOKENS["request"]
        if not self.is_unchanged:
            return max_prompt_tokens(request)
        return max_prompt_tokens(request, self.model_request.counted_tokens, self.model_request.counted_messages)

    async def _count_prompt_tokens(self, request: Request) -> bool:
        """Have the server count the prompt, once per call, where the upper bound does not fit. True if it counted."""
        if self._counted_tokens is not None or not isinstance(self.model, CountsTokens):
            return False
        with self.resources.scope.stop_flag.cancellable_wait():
            self._counted_tokens = await self.model.count_tokens(request)
        return self._counted_tokens is not None

    def _bound_needs(self, request: Request, wished: int, answer: int) -> Need | None:
        """Bound the need of the request, `call_need`; return that of the final turn. None: nothing is kept for it."""
        prompt_tokens, terms = self.prompt_tokens_bound(request), self._terms_of(request)
        cache_writes = cache_write_lifetime(request) if terms.prices else None
        self.call_need = terms.call_need(prompt_tokens, cache_writes)
        if not self.model_request.needs_final_turn_reserve:
            return None
        return terms.final_turn_need(prompt_tokens, wished, answer, cache_writes)

    def _terms_of(self, request: Request) -> RequestTerms:
        """Return the terms of the request; most requests of a run have those of the one before."""
        run_budget = self.resources.run_budget
        own = self.resources.own_prices if request.options["model"] == self.model.name else None
        source = own, price_factor_of(self.model)
        known = run_budget.known_terms
        if known is not None and known[0] == source and known[1].hold_for(request):
            return known[1]
        prices = _highest_prices(request, *source) if run_budget.has_cost_limit else ()
        terms = RequestTerms.of_request(request, prices)
        run_budget.known_terms = source, terms
        return terms

    def _answer_tokens(self, request: Request, wished: int) -> int:
        """Return the smallest useful `max_tokens` of an answer: a thinking budget is spent from it before any text."""
        least = min(self.model_request.min_tokens, MIN_REPLY_TOKENS)
        thinking: JSONObject | None = request.options.get("thinking")
        if thinking:
            least += int(thinking.get("budget_tokens") or 0)
        return min(wished, least)


def _highest_prices(request: Request, own: tuple[Price, ...] | None, factor: float) -> tuple[Price, ...]:
    """Return the tiers of every model that may answer the request.

    Args:
        request: The request.
        own: The agent's own tiers, if they hold for the model that is asked. None: those of the price table hold.
        factor: The factor on the prices of the table.

    Raises:
        ProgramFault: Middleware has changed the request to one whose price is not known.
    """
    asked = str(request.options["model"])
    tiers = own or prices_of(asked)
    if "fallbacks" in request.options:
        tiers = _with_prices_of(fallback_models(request.options), tiers)
    if tiers is None or not PRICE_FACTORS.keys().isdisjoint(request.options):
        raise ProgramFault(
            "Middleware (around_model) changed a request under Budget(max_cost_usd=...) to one without a known "
            f"price, by its model {asked!r}, `fallbacks`, or {', '.join(PRICE_FACTORS)}. Leave them as they were, "
            "or limit tokens instead."
        )
    return tiers if own or factor == 1 else tuple([price.times(factor) for price in tiers])


def _with_prices_of(models: Sequence[str] | None, tiers: tuple[Price, ...] | None) -> tuple[Price, ...] | None:
    """Return the tiers with those of fallback models. None: one of all these models is not known, or has no price."""
    if models is None or tiers is None:
        return None
    for model in models:
        found = prices_of(model)
        if found is None:
            return None
        tiers += found
    return tiers
