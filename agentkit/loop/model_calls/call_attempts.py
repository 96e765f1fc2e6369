"""The attempts of one model call: sent, retried where that helps, and charged.

Two rules for this file: every request is reserved before it is sent and settled after it, whatever becomes of it; and
of a reply that broke off only the charge is kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from agentkit.budget.budget import Amount, Need
from agentkit.budget.charges import Charge, total_usage, total_usd
from agentkit.budget.reply_charges import ReplyPrices, price_factor
from agentkit.budget.upper_bounds import worst_case_usage
from agentkit.budget.usage import Usage
from agentkit.errors import ConfigurationError, ModelError
from agentkit.loop.model_calls import refused_requests
from agentkit.loop.model_calls.call_budget import CallBudget
from agentkit.loop.model_calls.exchange import TurnRetry
from agentkit.messages.server_threads import ServerThread
from agentkit.models.batching.batched_model import BatchedModel, price_factor_of
from agentkit.models.claude import ClaudeModel
from agentkit.models.model import ReadsBatches, is_waiting_to_send
from agentkit.models.reply_events import ReplyEvents
from agentkit.models.stream_accumulator import StreamAccumulator
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.models.wire.pool import may_send_again
from agentkit.redaction.exceptions import redact_exception
from agentkit.run.cleanup import close_when_cancelled
from agentkit.run.events import CitationDelta, TextDelta, ThinkingDelta
from agentkit.run.run_log import log_asked_again
from agentkit.run.server_tool_events import emit_server_tool

if TYPE_CHECKING:
    from agentkit.budget.run_budget import Reservation
    from agentkit.loop.model_calls.exchange import CallResources, ChargeMeter, ModelRequest
    from agentkit.messages.message import AssistantTurn, JSONObject
    from agentkit.messages.request import Request
    from agentkit.models.model import Model
    from agentkit.models.stream_accumulator import Delta
    from agentkit.run.scope import EventListener


@dataclass(slots=True)
class CallAttempts:
    """The attempts of one model call."""

    resources: CallResources
    model: Model
    model_request: ModelRequest
    request: Request
    meter: ChargeMeter
    max_tokens: int
    """The `max_tokens` of the last attempt; before the first one, that of the request."""
    is_unchanged: bool = True
    """True if no middleware has changed prefix or messages."""
    turn: AssistantTurn | None = None
    """The complete turn. None: no attempt has succeeded."""
    _budget: CallBudget | None = None
    """The reservations of the call. None: it has made none."""
    _reply: StreamAccumulator | None = None
    """The reply to the last attempt, as far as it has come. None: not even its headers have."""
    _has_failed: bool = False
    """True if the last attempt failed before any reply: it was refused, or its connection broke."""

    @classmethod
    def of_changed_request(
        cls, resources: CallResources, model: Model, model_request: ModelRequest, sent: Request, meter: ChargeMeter
    ) -> CallAttempts:
        """Return the attempts for the request that came out of the middleware; if it was changed, without a thread."""
        original = model_request.request
        is_unchanged = sent is original or (
            (sent.prefix, sent.messages) == (original.prefix, original.messages)
            and sent.options.get("model") == original.options.get("model")
        )
        request = sent if is_unchanged else replace(sent, thread=None)
        return cls(resources, model, model_request, request, meter, sent.options["max_tokens"], is_unchanged)

    @property
    def is_answered_as_asked(self) -> bool:
        """True if no other model can have counted the tokens of the turn: each may count them in its own way."""
        return "fallbacks" not in self.request.options

    async def run_until_complete(self) -> AssistantTurn:
        """Retry the call until it returns a complete turn or `Retry` gives it up."""
        scope, retry = self.resources.scope, self.resources.retry
        failures, give_up_at = 0, 0.0
        while True:
            scope.stop_flag.raise_if_set()
            reservation: Reservation | None = None
            if self.resources.run_budget.accounts:
                if self._budget is None:
                    self._budget = CallBudget(self.resources, self.model, self.model_request, self.is_unchanged)
                reservation = await self._budget.reserve(self.request)
                self.max_tokens = reservation.max_tokens
            try:
                self.turn = await self._send_once(self.request.with_max_tokens(self.max_tokens), reservation)
                return self.turn
            except ModelError as error:
                redact_exception(error, scope.redactor.text)
                scope.stop_flag.record(error)
                failures += 1
                if self._drop_refused_thread(error):
                    self._emit_turn_reset(error, failures + 1, 0.0)
                    continue
                if isinstance(self.model, BatchedModel):
                    self._follow_batch(self.model.after(error))
                give_up_at = give_up_at or time.monotonic() + retry.max_seconds
                wait_s = retry.wait_s(error, failures, self._seconds_until(give_up_at))
                if wait_s is None:
                    raise
                self._emit_turn_reset(error, failures + 1, wait_s)
            with scope.stop_flag.cancellable_wait():
                await anyio.sleep(wait_s)

    def _drop_refused_thread(self, error: ModelError) -> bool:
        """Return True if the server refused the thread; the next attempt sends the conversation whole."""
        thread = self.request.thread
        if thread is None:
            return False
        is_refused = refused_requests.is_thread_error(error)
        if is_refused or self._reply is not None:  # of a reply that broke off, the server may hold a part
            self.request = replace(self.request, thread=thread.after_refusal() if is_refused else ServerThread())
        return is_refused

    def _follow_batch(self, model: Model) -> None:
        """Take the model for the next attempt, at its own price."""
        self.model = model
        if self._budget is not None:
            self._budget.model = model

    def _emit_turn_reset(self, error: ModelError, attempt: int, wait_s: float) -> None:
        turn, retry = self.model_request.turn_number, TurnRetry(attempt, str(error), wait_s)
        log_asked_again(error, turn, attempt, wait_s)
        self.meter.retries += (retry,)
        # Without waiting: the time for retries does not pass while a reader pauses.
        self.resources.scope.emit_soon(lambda origin: retry.event(origin, turn))

    def _seconds_until(self, moment: float) -> float:
        left = self.resources.run_budget.seconds_left
        return moment - time.monotonic() if left is None else min(left, moment - time.monotonic())

    # -- one attempt -------------------------------------------------------------------------------------------

    async def _send_once(self, request: Request, reservation: Reservation | None) -> AssistantTurn:
        self.model_request.reported_server_tools.clear()
        self._reply, self._has_failed = None, False
        charges: tuple[Charge, ...] | None = None
        try:
            if self.meter.announce is not None and reservation is not None:
                is_waiting_to_send.set(True)
                await self.meter.announce((self._worst_case_charge(request),))
            turn = await self._read_stream(request)
            charges = self._prices_for(request).charges_of(turn.model, turn.usage)
            return turn
        finally:  # a cancelled call is charged, too
            used: Amount | None = None
            try:
                if charges is None:
                    charges = self._charges_of_partial_reply(request)
                self.meter.charges += charges
                if reservation is not None:
                    used = self._amount_used(charges, reservation)
            finally:
                if reservation is not None:  # without a known usage, the reply has cost what it could cost at most
                    reservation.settle(used or reservation.amount)

    async def _read_stream(self, request: Request) -> AssistantTurn:
        tree, seconds = self.resources.scope.stop_flag, self.resources.retry.total_timeout_s
        # Of a summary nothing is shown: it is no reply to anybody.
        listener = self.resources.scope.listener if self.model_request.turn_number > 0 else None
        waits = True
        is_waiting_to_send.set(False)
        may_send_again.set(not self.resources.run_budget.has_request_limit)
        with tree.cancellable_wait() as scope:
            stream = self.model.stream(request)
            if not isinstance(self.model, ClaudeModel):  # which closes its connection under cancellation by itself
                stream = close_when_cancelled(stream, f"the stream of the model {self.model.name!r}")
            try:
                async with stream as events:
                    self._reply = reply = StreamAccumulator(self.model_request.on_call)
                    set_deadline(scope, seconds)
                    read_batch = _batch_reader(events)
                    while not reply.is_complete and (batch := await read_batch()):
                        if waits:
                            tree.remove_waiting_scope(scope)
                            waits = False
                        for event in batch:
                            delta = reply.feed(event)
                            if delta is not None and listener is not None:
                                self._emit_delta(delta, listener)
                            elif reply.is_complete:
                                break
                    if reply.is_complete:  # whatever the connection does from here on
                        scope.deadline = math.inf
                        await _close_events(events)
            except Exception as error:
                if isinstance(error, ConfigurationError):  # what answered is not the API
                    self._reply = None
                self._has_failed = self._reply is None and not _is_given_up(error)
                raise
        if scope.cancelled_caught:
            text = f"The reply was not complete after {seconds:g} s."
            raise ModelError(text, kind="stream_interrupted", is_retryable=True)
        return reply.turn()

    def _prices_for(self, request: Request) -> ReplyPrices:
        asked = request.options.get("model", self.model.name)
        return ReplyPrices(asked, self.resources.own_prices if asked == self.model.name else None)

    def _charges_of_partial_reply(self, request: Request) -> tuple[Charge, ...]:
        """Return the charge of a reply that broke off: what it reported, or its whole prompt and the output received.

        A request that is given up before any reply is one, too: the server works on it all the same. One that is
        refused, or whose connection breaks before any reply, costs nothing: its empty charge counts it in a journal.
        """
        if self._reply is None and is_waiting_to_send.get():
            return ()
        if self._reply is None and self._has_failed:
            return (Charge(self.model.name, None, Usage()),)
        reply = self._reply or StreamAccumulator()
        usage, model, received = reply.partial_reply
        if reply.is_usage_final and Usage.from_api(usage).prompt_tokens:
            return self._prices_for(request).charges_of(model, usage)
        reported = replace(Usage.from_api(usage), requests=0, aborted_requests=1)
        if not reported.prompt_tokens:
            budget = self._budget or CallBudget(self.resources, self.model, self.model_request, self.is_unchanged)
            reported += worst_case_usage(request, budget.prompt_tokens_bound(self.request))
        least = 0 if self._reply is None else 1
        output = max(least, reported.output_tokens, min(received, int(request.options["max_tokens"])))
        charged = replace(reported, output_tokens=output)
        factor = price_factor(usage) if usage else price_factor_of(self.model)
        return (self._prices_for(request).charge_for(model, charged, factor),)

    def _worst_case_charge(self, request: Request) -> Charge:
        """Return the charge of a request that has used all it could use."""
        need = Need() if self._budget is None else self._budget.call_need
        most = need.amount_at(int(request.options["max_tokens"]))
        usage = worst_case_usage(request, math.ceil(most.input_tokens))
        used = replace(usage, aborted_requests=1, output_tokens=math.ceil(most.output_tokens))
        return self._prices_for(request).charge_for(self.model.name, used, price_factor_of(self.model))

    def _amount_used(self, charges: Sequence[Charge], reservation: Reservation) -> Amount:
        """Return the amount to settle: one request, if it was sent. An unknown cost is that of the reservation."""
        usd, usage = total_usd(charges), total_usage(charges)
        was_sent = bool(charges) or not is_waiting_to_send.get()
        spent_usd = reservation.amount.cost_usd if usd is None else usd
        return Amount(spent_usd, usage.prompt_tokens, usage.output_tokens, int(was_sent))

    def _emit_delta(self, delta: Delta, listener: EventListener) -> None:
        """Emit a part of the reply without waiting for its reader: the reply holds a permit and a reservation."""
        scope = self.resources.scope
        match delta:
            case ("text", piece):
                listener.send_soon(TextDelta(**scope.event_origin(), text=piece))
            case ("thinking", piece):
                listener.send_soon(ThinkingDelta(**scope.event_origin(), text=piece))
            case ("citation", citation):
                listener.send_soon(CitationDelta(**scope.event_origin(), citation=citation))
            case ("block", block):
                emit_server_tool(scope, block, self.model_request.reported_server_tools)


def _is_given_up(error: Exception) -> bool:
    """Return True if no reply came in time: the server may work on the request all the same."""
    return isinstance(error, ModelError) and error.kind == "timeout_error" and error.status is None


def _batch_reader(events: AsyncIterator[JSONObject]) -> Callable[[], Awaitable[Sequence[JSONObject]]]:
    """Return the function that reads the next events, none at the end: several at once, if they come in batches."""
    if isinstance(events, ReplyEvents | ReadsBatches):  # ReplyEvents first: a look at a protocol's members is slow
        return events.batch
    iterator = aiter(events)

    async def read_one() -> Sequence[JSONObject]:
        event = await anext(iterator, None)
        return () if event is None else (event,)

    return read_one


async def _close_events(events: AsyncIterator[JSONObject]) -> None:
    """Close the events of a complete reply if they are a generator: one left open warns when it is collected."""
    close: Callable[[], Awaitable[None]] | None = getattr(events, "aclose", None)
    if close is not None:
        await close()
