"""One model call of a run, from the request to a complete turn: budget reserved, sent, and retried where that helps.

Two rules for this file: every request is reserved before it is sent and settled after it, whatever becomes of it; and
of a reply that broke off only the charge is kept.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from agentkit.budget import upper_bounds as bounds
from agentkit.budget.account import OverBudget, Reservation, RunBudget
from agentkit.budget.budget import Amount
from agentkit.budget.charges import Charge
from agentkit.budget.prices import PRICES, Price, price_of, prices_of
from agentkit.budget.upper_bounds import WorstCaseRates
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.loop import refused_requests
from agentkit.loop.exchange import ChargeMeter, ModelReply, ModelRequest
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.messages.request import Request
from agentkit.messages.server_threads import ServerThread
from agentkit.models.model import CountsTokens
from agentkit.models.stream_accumulator import StreamAccumulator
from agentkit.run.events import TextDelta, ThinkingDelta, TurnReset
from agentkit.run.middleware import AroundModel, ModelCall, compose_middleware

if TYPE_CHECKING:
    from agentkit.models.model import Model
    from agentkit.models.retry import Retry
    from agentkit.run.scope import RunScope


@dataclass(slots=True)
class ModelCaller:
    """Makes the model calls of one run."""

    scope: RunScope
    retry: Retry
    run_budget: RunBudget
    own_prices: tuple[Price, ...] | None = None
    """The agent's own price tiers. None: those of the price table."""
    middleware: Sequence[AroundModel] = ()
    """Middleware around every call; the first is the outermost."""

    async def call(self, model: Model, model_request: ModelRequest, meter: ChargeMeter) -> ModelReply:
        """Return a complete turn, retried where that helps.

        Raises:
            OverBudget: A budget does not cover the call.
            ModelError: The call failed for good. Charges of failed attempts are in `meter`.
        """
        attempts = _CallAttempts(self, model, model_request, model_request.request, meter)

        async def inner(call: ModelCall) -> AssistantTurn:
            nonlocal attempts
            attempts = _CallAttempts(self, model, model_request, call.request, meter)
            return await attempts.run_until_complete()

        began = time.monotonic()
        if self.middleware:
            call = ModelCall(model_request.request, self.scope.run_id, self.scope.path, model_request.turn_number)
            turn = await compose_middleware(self.middleware, inner)(call)
        else:
            turn = await attempts.run_until_complete()
        if self.run_budget.accounts:
            self.run_budget.record_call_time(time.monotonic() - began)
        thread = attempts.request.thread if turn is attempts.turn else None  # a middleware's turn is not on the server
        return ModelReply(turn, attempts.max_tokens, tuple(meter.charges), thread)

    def charge_for(self, model: str, answering_model: str, usage: Usage) -> Charge:
        """Return the charge of a reply, priced by the answering model where its price is known, else by `model`."""
        name = answering_model if answering_model in PRICES else model
        return Charge(name, price_of(name, usage, self.own_prices), usage)

    def use_table_prices(self) -> None:
        """Price all further calls by the price table: another model goes on."""
        self.own_prices = None

    async def emit_delta(self, kind: str, text: str) -> None:
        """Emit a TextDelta or ThinkingDelta event."""
        event = TextDelta if kind == "text" else ThinkingDelta
        await self.scope.emit(lambda origin: event(**origin, text=text))


@dataclass(slots=True)
class _CallAttempts:
    """The attempts of one model call."""

    caller: ModelCaller
    model: Model
    model_request: ModelRequest
    request: Request
    meter: ChargeMeter
    max_tokens: int = field(init=False)
    """The `max_tokens` of the last attempt; before the first one, that of the request."""
    turn: AssistantTurn | None = None
    """The complete turn. None: no attempt has succeeded."""
    _is_unchanged: bool = field(init=False)
    """True if no middleware has changed prefix or messages, so that the server's last token count still holds."""
    _counted_tokens: int | None = None
    """Prompt tokens as the server counted them for this call. None: it was not asked."""
    _is_answered: bool = False
    """True if a reply to the last attempt has started to arrive, if only its headers."""

    def __post_init__(self) -> None:
        self.max_tokens = self.request.options["max_tokens"]
        original, sent = self.model_request.request, self.request
        self._is_unchanged = sent is original or (sent.prefix, sent.messages) == (original.prefix, original.messages)
        if not self._is_unchanged:
            self.request = replace(sent, thread=None)

    async def run_until_complete(self) -> AssistantTurn:
        """Retry the call until it returns a complete turn or `Retry` gives it up."""
        scope, retry = self.caller.scope, self.caller.retry
        failures, give_up_at = 0, 0.0
        while True:
            scope.stop_flag.raise_if_set()
            reservation = await self._reserve() if self.caller.run_budget.accounts else None
            if reservation is not None:
                self.max_tokens = reservation.max_tokens
            try:
                self.turn = await self._send_once(self.request.with_max_tokens(self.max_tokens), reservation)
                return self.turn
            except ModelError as error:
                scope.stop_flag.record(error)
                failures += 1
                if self._drop_refused_thread(error):
                    await self._emit_turn_reset(error, failures + 1, 0.0)
                    continue
                give_up_at = give_up_at or time.monotonic() + retry.max_seconds
                wait_s = retry.wait_s(error, failures, self._seconds_until(give_up_at))
                if wait_s is None:
                    raise
                await self._emit_turn_reset(error, failures + 1, wait_s)
            with scope.stop_flag.cancellable_wait():
                await anyio.sleep(wait_s)

    def _drop_refused_thread(self, error: ModelError) -> bool:
        """Return True if the server refused the thread; the next attempt sends the conversation whole."""
        thread = self.request.thread
        if thread is None:
            return False
        is_refused = refused_requests.is_thread_error(error)
        if is_refused or self._is_answered:  # of a reply that broke off, the server may hold a part
            self.request = replace(self.request, thread=thread.after_refusal() if is_refused else ServerThread())
        return is_refused

    async def _emit_turn_reset(self, error: ModelError, attempt: int, wait_s: float) -> None:
        turn = self.model_request.turn_number
        await self.caller.scope.emit(
            lambda origin: TurnReset(**origin, turn=turn, attempt=attempt, reason=str(error), wait_s=wait_s)
        )

    def _seconds_until(self, moment: float) -> float:
        left = self.caller.run_budget.seconds_left
        return moment - time.monotonic() if left is None else min(left, moment - time.monotonic())

    # -- one attempt -------------------------------------------------------------------------------------------

    async def _send_once(self, request: Request, reservation: Reservation | None) -> AssistantTurn:
        accumulator = StreamAccumulator(self.model_request.on_call)
        self._is_answered = False
        charge: Charge | None = None
        try:
            turn = await self._read_stream(request, accumulator)
            charge = self.caller.charge_for(self.model.name, turn.model, Usage.from_api(turn.usage))
            return turn
        finally:  # a cancelled call is charged, too
            charge = charge or self._charge_for_partial_reply(request, accumulator)
            self.meter.add(charge)
            if reservation is not None:
                reservation.settle(replace(Amount.from_usage(charge.usage, charge.cost), requests=1))

    async def _read_stream(self, request: Request, accumulator: StreamAccumulator) -> AssistantTurn:
        tree, seconds = self.caller.scope.stop_flag, self.caller.retry.total_timeout_s
        listens = self.caller.scope.listener is not None
        waits = True
        with tree.cancellable_wait() as scope:
            async with self.model.stream(request) as events:
                self._is_answered = True
                scope.deadline = anyio.current_time() + seconds
                async for event in events:
                    if waits:
                        tree.remove_waiting_scope(scope)
                        waits = False
                    delta = accumulator.feed(event)
                    if delta is not None and listens:
                        await self.caller.emit_delta(*delta)
        if scope.cancelled_caught:
            text = f"The reply was not complete after {seconds:g} s."
            raise ModelError(text, kind="stream_interrupted", is_retryable=True)
        return accumulator.turn()

    def _charge_for_partial_reply(self, request: Request, accumulator: StreamAccumulator) -> Charge:
        """Return the charge of a reply that broke off: its whole prompt, and the output received."""
        if not self._is_answered:
            return Charge(self.model.name, None, Usage())
        usage, model, received = accumulator.partial_reply
        reported = replace(Usage.from_api(usage), requests=0, aborted_requests=1)
        if not reported.prompt_tokens:
            reported += bounds.worst_case_usage(request, self._prompt_tokens_bound())
        output = max(1, reported.output_tokens, min(received, int(request.options["max_tokens"])))
        return self.caller.charge_for(self.model.name, model, replace(reported, output_tokens=output))

    # -- budget ------------------------------------------------------------------------------------------------

    async def _reserve(self) -> Reservation:
        wished = int(self.request.options["max_tokens"])
        while True:
            try:
                return await self._reserve_for(self._prompt_tokens_bound(), wished)
            except OverBudget as refusal:
                if not (refusal.is_about_prompt and await self._count_prompt_tokens()):
                    refusal.account.is_exhausted = True
                    raise

    async def _count_prompt_tokens(self) -> bool:
        """Have the server count the prompt, once per call, where the upper bound does not fit. True if it counted."""
        if self._counted_tokens is not None or not isinstance(self.model, CountsTokens):
            return False
        with self.caller.scope.stop_flag.cancellable_wait():
            self._counted_tokens = await self.model.count_tokens(self.request)
        return self._counted_tokens is not None

    async def _reserve_for(self, prompt_tokens: int, wished: int) -> Reservation:
        prices = self.caller.own_prices or prices_of(self.model.name) or ()
        rates = WorstCaseRates.for_request(prices if self.caller.run_budget.has_cost_limit else (), self.request)
        least = self._min_tokens(wished)
        call = bounds.call_need(self.request, prompt_tokens, rates)
        final_turn_need = (
            bounds.final_turn_need(prompt_tokens, wished, least, rates)
            if self.model_request.needs_final_turn_reserve
            else None
        )
        with self.caller.scope.stop_flag.cancellable_wait():
            return await self.caller.run_budget.reserve(call, wished, least, final_turn_need)

    def _min_tokens(self, wished: int) -> int:
        """Return the smallest useful `max_tokens`: a thinking budget is spent from it before any text."""
        thinking: JSONObject = self.request.options.get("thinking") or {}
        return min(wished, self.model_request.min_tokens + int(thinking.get("budget_tokens") or 0))

    def _prompt_tokens_bound(self) -> int:
        if self._counted_tokens is not None:
            return self._counted_tokens + bounds.ADDED_TOKENS["request"]
        if not self._is_unchanged:
            return bounds.max_prompt_tokens(self.request)
        return bounds.max_prompt_tokens(
            self.request, self.model_request.counted_tokens, self.model_request.counted_messages
        )
