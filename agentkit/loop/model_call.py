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
from agentkit.budget.account import OverBudget, Purse, Reservation
from agentkit.budget.budget import Amount
from agentkit.budget.charges import Charge
from agentkit.budget.prices import PRICES, Price, price_of, prices_of
from agentkit.budget.upper_bounds import Rates
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.loop import refused_requests as repairs
from agentkit.loop.exchange import Asked, Meter, Question
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.messages.request import Request
from agentkit.messages.server_threads import Thread
from agentkit.models.model import CountsTokens
from agentkit.models.stream_accumulator import TurnReader
from agentkit.run.events import TextDelta, ThinkingDelta, TurnReset
from agentkit.run.middleware import AroundModel, ModelCall, composed

if TYPE_CHECKING:
    from agentkit.models.model import Model
    from agentkit.models.retry import Retry
    from agentkit.run.scope import Scope


@dataclass(slots=True)
class Asking:
    """Makes the model calls of one run."""

    scope: Scope
    retry: Retry
    purse: Purse
    own_prices: tuple[Price, ...] | None = None
    """The agent's own price tiers. None: those of the price table."""
    around: Sequence[AroundModel] = ()
    """Middleware around every call; the first is the outermost."""
    longest_s: float = field(default=0.0, init=False)
    """Seconds that the longest call so far took."""

    async def ask(self, model: Model, question: Question, meter: Meter) -> Asked:
        """Return a complete turn, retried where that helps.

        Raises:
            OverBudget: A budget does not cover the call.
            ModelError: The call failed for good. Charges of failed attempts are in `meter`.
        """
        attempts = _Attempts(self, model, question, question.request, meter)

        async def inner(call: ModelCall) -> AssistantTurn:
            nonlocal attempts
            attempts = _Attempts(self, model, question, call.request, meter)
            return await attempts.until_whole()

        began = time.monotonic()
        if self.around:
            call = ModelCall(question.request, self.scope.run_id, self.scope.path, question.turn)
            turn = await composed(self.around, inner)(call)
        else:
            turn = await attempts.until_whole()
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        thread = attempts.request.thread if turn is attempts.turn else None  # a middleware's turn is not on the server
        return Asked(turn, attempts.max_tokens, tuple(meter.charges), thread)

    def charge(self, model: str, answered: str, usage: Usage) -> Charge:
        """Return the charge of a reply, priced by the answering model where its price is known, else by `model`."""
        name = answered if answered in PRICES else model
        return Charge(name, price_of(name, usage, self.own_prices), usage)

    async def emit_delta(self, kind: str, text: str) -> None:
        """Emit a TextDelta or ThinkingDelta event."""
        event = TextDelta if kind == "text" else ThinkingDelta
        await self.scope.emit(lambda place: event(**place, text=text))


@dataclass(slots=True)
class _Attempts:
    """The attempts of one model call."""

    asking: Asking
    model: Model
    question: Question
    request: Request
    meter: Meter
    max_tokens: int = field(init=False)
    """The `max_tokens` of the last attempt; before the first one, that of the request."""
    turn: AssistantTurn | None = None
    """The complete turn. None: no attempt has succeeded."""
    _is_as_asked: bool = field(init=False)
    """True if no middleware has changed prefix or messages, so that the server's last token count still holds."""
    _counted: int | None = None
    """Prompt tokens as the server counted them for this call. None: it was not asked."""
    _is_answered: bool = False
    """True if a reply to the last attempt has started to arrive, if only its headers."""

    def __post_init__(self) -> None:
        self.max_tokens = self.request.options["max_tokens"]
        asked, sent = self.question.request, self.request
        self._is_as_asked = sent is asked or (sent.prefix, sent.messages) == (asked.prefix, asked.messages)
        if not self._is_as_asked:
            self.request = replace(sent, thread=None)

    async def until_whole(self) -> AssistantTurn:
        """Retry the call until it returns a complete turn or `Retry` gives it up."""
        scope, retry = self.asking.scope, self.asking.retry
        failures, give_up_at = 0, 0.0
        while True:
            scope.tree.check()
            reservation = await self._reserve() if self.asking.purse.accounts else None
            if reservation is not None:
                self.max_tokens = reservation.max_tokens
            try:
                self.turn = await self._attempt(self.request.with_limit(self.max_tokens), reservation)
                return self.turn
            except ModelError as error:
                scope.tree.saw(error)
                failures += 1
                if self._is_out_of_thread(error):
                    await self._announce(error, failures + 1, 0.0)
                    continue
                give_up_at = give_up_at or time.monotonic() + retry.max_seconds
                wait_s = retry.wait_s(error, failures, self._seconds_until(give_up_at))
                if wait_s is None:
                    raise
                await self._announce(error, failures + 1, wait_s)
            with scope.tree.waiting():
                await anyio.sleep(wait_s)

    def _is_out_of_thread(self, error: ModelError) -> bool:
        """Return True if the server refused the thread; the next attempt sends the conversation whole."""
        thread = self.request.thread
        if thread is None:
            return False
        is_refused = repairs.is_about_threads(error)
        if is_refused or self._is_answered:  # of a reply that broke off, the server may hold a part
            self.request = replace(self.request, thread=thread.refused() if is_refused else Thread())
        return is_refused

    async def _announce(self, error: ModelError, attempt: int, wait_s: float) -> None:
        turn = self.question.turn
        await self.asking.scope.emit(
            lambda place: TurnReset(**place, turn=turn, attempt=attempt, reason=str(error), wait_s=wait_s)
        )

    def _seconds_until(self, moment: float) -> float:
        left = self.asking.purse.seconds_left
        return moment - time.monotonic() if left is None else min(left, moment - time.monotonic())

    # -- one attempt -------------------------------------------------------------------------------------------

    async def _attempt(self, request: Request, reservation: Reservation | None) -> AssistantTurn:
        reader = TurnReader(self.question.on_call)
        self._is_answered = False
        charge: Charge | None = None
        try:
            turn = await self._read(request, reader)
            charge = self.asking.charge(self.model.name, turn.model, Usage.of(turn.usage))
            return turn
        finally:  # a cancelled call is charged, too
            charge = charge or self._of_what_came(request, reader)
            self.meter.add(charge)
            if reservation is not None:
                reservation.settle(replace(Amount.of(charge.usage, charge.cost), requests=1))

    async def _read(self, request: Request, reader: TurnReader) -> AssistantTurn:
        tree, seconds = self.asking.scope.tree, self.asking.retry.total_timeout_s
        listens = self.asking.scope.listener is not None
        waits = True
        with tree.waiting() as scope:
            async with self.model.stream(request) as events:
                self._is_answered = True
                scope.deadline = anyio.current_time() + seconds
                async for event in events:
                    if waits:
                        tree.stop_waiting(scope)
                        waits = False
                    delta = reader.feed(event)
                    if delta is not None and listens:
                        await self.asking.emit_delta(*delta)
        if scope.cancelled_caught:
            text = f"The reply was not complete after {seconds:g} s."
            raise ModelError(text, kind="stream_interrupted", is_retryable=True)
        return reader.turn()

    def _of_what_came(self, request: Request, reader: TurnReader) -> Charge:
        """Return the charge of a reply that broke off: its whole prompt, and the output received."""
        if not self._is_answered:
            return Charge(self.model.name, None, Usage())
        usage, model, received = reader.begun
        reported = replace(Usage.of(usage), requests=0, aborted_requests=1)
        if not reported.prompt_tokens:
            reported += bounds.unreported(request, self._prompt_tokens())
        output = max(1, reported.output_tokens, min(received, int(request.options["max_tokens"])))
        return self.asking.charge(self.model.name, model, replace(reported, output_tokens=output))

    # -- budget ------------------------------------------------------------------------------------------------

    async def _reserve(self) -> Reservation:
        wished = int(self.request.options["max_tokens"])
        while True:
            try:
                return await self._reserve_for(self._prompt_tokens(), wished)
            except OverBudget as refusal:
                if not (refusal.is_about_prompt and await self._count()):
                    refusal.account.is_exhausted = True
                    raise

    async def _count(self) -> bool:
        """Have the server count the prompt, once per call, where the upper bound does not fit. True if it counted."""
        if self._counted is not None or not isinstance(self.model, CountsTokens):
            return False
        with self.asking.scope.tree.waiting():
            self._counted = await self.model.count_tokens(self.request)
        return self._counted is not None

    async def _reserve_for(self, prompt_tokens: int, wished: int) -> Reservation:
        prices = self.asking.own_prices or prices_of(self.model.name) or ()
        rates = Rates.of(prices if self.asking.purse.limits_money else (), self.request)
        least = self._least(wished)
        call = bounds.call_need(self.request, prompt_tokens, rates)
        landing = bounds.landing_need(prompt_tokens, wished, least, rates) if self.question.needs_landing else None
        with self.asking.scope.tree.waiting():
            return await self.asking.purse.reserve(call, wished, least, landing)

    def _least(self, wished: int) -> int:
        """Return the smallest useful `max_tokens`: a thinking budget is spent from it before any text."""
        thinking: JSONObject = self.request.options.get("thinking") or {}
        return min(wished, self.question.least_tokens + int(thinking.get("budget_tokens") or 0))

    def _prompt_tokens(self) -> int:
        if self._counted is not None:
            return self._counted + bounds.ADDED_TOKENS["request"]
        if not self._is_as_asked:
            return bounds.prompt_tokens(self.request)
        return bounds.prompt_tokens(self.request, self.question.known_tokens, self.question.known_messages)
