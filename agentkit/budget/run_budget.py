"""Reservations: before a model call, amounts are reserved in every budget above its run, and settled after it.

Three rules for this file: nothing is awaited between the check of what is available and its reservation; a call
waits only for calls in flight, which will be settled, never for anything that may be waiting itself, and not for ever
where their event loop is blocked; and runs in several threads may share an account, so every change is made under the
lock, and a waiter is woken in its own event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio.lowlevel

from agentkit.budget.account import Account, OverBudget
from agentkit.budget.budget import NO_AMOUNT, NO_NEED, Amount, Need
from agentkit.budget.limit_texts import blocked_text, limits_text, time_text
from agentkit.budget.waiting_line import Waiter, accounts_lock
from agentkit.event_loop import EventLoop

if TYPE_CHECKING:
    from agentkit.budget.request_terms import RequestTerms

FINAL_TURN_TIME_SHARE = 0.1
"""The share of `max_seconds` that is kept for the final turn, at the least."""
_CLOCK_TOLERANCE_S = 0.05  # two clocks are read, one after the other, so the time may be over a little before 0


@dataclass(eq=False)
class RunBudget:
    """The budgets that limit one run: its own and those above it. Close it when the run ends."""

    accounts: tuple[Account, ...] = ()
    """The accounts, from the outermost to the run's own."""
    loop: EventLoop | None = None
    """The event loop of the run. None: it is not known, and taken for one that is not blocked."""
    final_turn_reserve: Amount = field(default=NO_AMOUNT, init=False)
    """The amount reserved for the run's final turn, in every account."""
    has_cost_limit: bool = field(init=False)
    """True if one of the budgets limits the cost."""
    has_request_limit: bool = field(init=False)
    """True if one of the budgets limits the number of requests."""
    has_time_limit: bool = field(init=False)
    """True if one of the budgets limits the time."""
    is_new: bool = field(default=True, init=False)
    """True until it has let others start."""
    known_terms: tuple[object, RequestTerms] | None = field(default=None, init=False, repr=False)
    """The source of the last call's prices, and its terms. None: no call was reserved yet."""
    _final_turn_need: Need = field(default=NO_NEED, init=False)
    """The need that this amount is computed from; it grows with the reply in flight."""
    _longest_call_s: float = field(default=0.0, init=False)
    _is_final_turn: bool = field(default=False, init=False)
    _is_idle: bool = field(default=True, init=False)
    _is_closed: bool = field(default=False, init=False)
    """True if the run has ended. A call of it may still go on: one that middleware has left behind."""

    def __post_init__(self) -> None:
        budgets = [account.budget for account in self.accounts]
        self.has_cost_limit = any(budget.max_cost_usd is not None for budget in budgets)
        self.has_request_limit = any(budget.max_requests is not None for budget in budgets)
        self.has_time_limit = any(budget.max_seconds is not None for budget in budgets)
        with accounts_lock:
            for account in self.accounts:
                account.idle_runs += 1

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the first of the budgets stops the run. None: no limit."""
        lefts = [left for account in self.accounts if (left := account.seconds_left) is not None]
        return min(lefts, default=None)

    @property
    def is_time_over(self) -> bool:
        """True if the time of one of the budgets is over."""
        left = self.seconds_left
        return left is not None and left <= _CLOCK_TOLERANCE_S

    def record_call_time(self, seconds: float) -> None:
        """Record the seconds that a call of the run took, retries included."""
        self._longest_call_s = max(self._longest_call_s, seconds)

    @property
    def is_time_short(self) -> bool:
        """True if the next call should be the last: the time left is not much more than the longest call took."""
        for account in self.accounts:
            limit, left = account.budget.max_seconds, account.seconds_left
            if limit is None or left is None:
                continue
            if left < FINAL_TURN_TIME_SHARE * limit or left < 1.5 * self._longest_call_s:
                return True
        return False

    def time_text(self, state: str) -> str:
        """Return a sentence on the time limit that is reached first: that it `is over`, and its numbers."""
        timed = [(left, account) for account in self.accounts if (left := account.seconds_left) is not None]
        left, account = min(timed, key=lambda one: one[0])
        numbers = time_text(account.budget, left, self._longest_call_s)
        return f"The time of the budget of {account.owner} {state}: {numbers}."

    async def let_others_start(self) -> None:
        """Let the runs that start together with this one count as idle. Await it once, before the first call."""
        self.is_new = False
        await anyio.lowlevel.checkpoint()

    async def reserve(
        self,
        call: Need,
        max_tokens: int,
        min_tokens: int,
        final_turn: Need | None,
        open_wait: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> Reservation:
        """Reserve the most that the call can use; wait for calls in flight where it does not fit now.

        Args:
            call: The upper bound of the call.
            max_tokens: The wanted `max_tokens`. That of the reservation may be smaller.
            min_tokens: The smallest `max_tokens` with which the call makes sense.
            final_turn: The upper bound of the final turn, kept in reserve. None: this is that turn, or there is none.
            open_wait: Returns the context manager of a wait. Most calls wait for nothing.

        Raises:
            OverBudget: The call does not fit, even with `min_tokens` and once all calls in flight are settled; or none
                of them can be settled, since they are made in event loops that are blocked.
        """
        with accounts_lock:
            found = self._reserve_or_join_line(call, max_tokens, min_tokens, final_turn or NO_NEED, None)
        blocked: set[EventLoop | None] = set()
        while isinstance(found, Waiter):
            waiter = found
            try:
                if blocked and waiter.waits_only_for(blocked):
                    raise self._blocked_error(waiter)
                with open_wait():
                    blocked = await waiter.wait()
                with accounts_lock:
                    found = self._reserve_or_join_line(call, max_tokens, min_tokens, final_turn or NO_NEED, waiter)
            except BaseException:
                with accounts_lock:
                    waiter.leave()
                    self._wake_waiters()
                raise
        return found

    def close(self) -> None:
        """Release the reserve of the run, which makes no more calls."""
        with accounts_lock:
            self._is_closed = True
            self._set_state(NO_AMOUNT, is_idle=False)

    def _reserve_or_join_line(
        self, call: Need, max_tokens: int, min_tokens: int, final_turn: Need, waited: Waiter | None
    ) -> Reservation | Waiter:
        """Reserve, or return the place in line to wait at: its end, but the head for a call that `waited` already."""
        blocking: Account | None = None
        # A final turn does not wait in line, and neither do its retries: its reserve is there.
        if final_turn is NO_NEED and not self._is_final_turn:
            self._is_final_turn = self.final_turn_reserve != NO_AMOUNT
        if waited is not None:
            waited.leave()
        elif not self._is_final_turn:
            for account in self.accounts:
                if account.waiters.queue:
                    blocking = account
                    break
        if blocking is None:
            found = self._try_reserve(call, max_tokens, min_tokens, final_turn)
            if isinstance(found, Reservation):
                return found
            blocking = found
        return blocking.waiters.join(is_first=waited is not None or self._is_final_turn)

    def _try_reserve(self, call: Need, max_tokens: int, min_tokens: int, final_turn: Need) -> Reservation | Account:
        """Reserve, or return the account to wait for. Raises OverBudget where waiting does not help."""
        # The longer this reply gets, the more the final turn needs: that part is reserved with the call.
        tokens, amount = max_tokens, call.amount_at(max_tokens, final_turn)
        for account in self.accounts:
            free = account.available(self.final_turn_reserve)
            if not amount.fits_share_of(free, account.idle_runs, beside=final_turn.fixed):  # it does nearly always
                found = self._max_tokens_within(account, free, call + final_turn, min_tokens)
                if isinstance(found, Account):
                    return found
                tokens = int(min(tokens, found))
        if tokens < max_tokens:
            amount = call.amount_at(tokens, final_turn)
        reservation = Reservation(self, amount, tokens)
        for account in self.accounts:
            account.add_call(reservation, amount)
        self._final_turn_need = final_turn
        self._set_state(final_turn.fixed, is_idle=False)
        return reservation

    def _max_tokens_within(self, account: Account, free: Amount, need: Need, min_tokens: int) -> float | Account:
        """Return the largest `max_tokens` that an account has for a run, or that account where it has to be waited for.

        Raises:
            OverBudget: Waiting does not help.
        """
        most = need.max_tokens_within(free)
        if most >= min_tokens:  # a run that is alone may take all
            runs = account.idle_runs
            return most if runs <= 1 else min(most, max(min_tokens, need.fair_max_tokens(free, runs)))
        if account.in_flight and need.max_tokens_within(free + account.reserved) >= min_tokens:
            self._wake_waiters(but=account)
            return account
        self._wake_waiters()
        raise self._over_budget_error(account, need, min_tokens, free)

    def settle(self, reservation: Reservation, used: Amount) -> None:
        """Replace the reserved amount by the used one, in every account."""
        with accounts_lock:
            for account in self.accounts:
                account.settle_call(reservation, reservation.amount, used)
            replied = min(reservation.max_tokens, int(used.output_tokens))
            self._set_state(self._final_turn_need.amount_at(replied), is_idle=True)

    def set_final_turn_reserve(self, amount: Amount) -> None:
        """Keep another amount for the run's final turn. Called under `accounts_lock`."""
        self._set_state(amount, is_idle=self._is_idle)

    def _set_state(self, final_turn_reserve: Amount, *, is_idle: bool) -> None:
        """Keep an amount for the final turn, count the run as idle or not, and wake those who may fit now."""
        if self._is_closed:
            final_turn_reserve, is_idle = NO_AMOUNT, False
        added = is_idle - self._is_idle
        for account in self.accounts:
            account.update_run(self.final_turn_reserve, final_turn_reserve, added)
        self.final_turn_reserve, self._is_idle = final_turn_reserve, is_idle

    def _wake_waiters(self, but: Account | None = None) -> None:
        for account in self.accounts:
            if account.waiters.queue and account is not but:
                account.waiters.wake_next()

    def _over_budget_error(self, account: Account, need: Need, min_tokens: int, free: Amount) -> OverBudget:
        set_aside = account.reserved + account.final_turn_reserve - self.final_turn_reserve
        limits = limits_text(account.budget, account.spent, set_aside, need.amount_at(min_tokens))
        return OverBudget(
            f"The budget of {account.owner} does not cover another call: {limits}.",
            account,
            is_about_prompt=need.exceeds_by_prompt(free, min_tokens),
        )

    def _blocked_error(self, waiter: Waiter) -> OverBudget:
        account = next(one for one in self.accounts if one.waiters is waiter.line)
        return OverBudget(blocked_text(account.owner, account.budget), account, is_about_prompt=False)


@dataclass(slots=True, eq=False)
class Reservation:
    """The amount that one call may use. Settle it once, also when the call fails. Nobody changes it, see `Amount`."""

    run_budget: RunBudget
    amount: Amount
    max_tokens: int
    """The `max_tokens` that the request must have."""

    @property
    def loop(self) -> EventLoop | None:
        """The event loop in which the call is made. None: it is not known."""
        return self.run_budget.loop

    def settle(self, used: Amount) -> None:
        """Replace the reserved amount by the used one."""
        self.run_budget.settle(self, used)
