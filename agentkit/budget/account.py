"""Budget accounting: amounts are reserved before a model call and settled after it, in every budget above a run.

Two rules for this file: nothing is awaited between the check of what is available and its reservation; and a call
waits only for calls in flight, which will be settled, never for anything that may be waiting itself.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel

from agentkit.budget.budget import Amount, Budget, Need
from agentkit.errors import AgentkitError

LANDING_SHARE = 0.1
"""The share of `max_seconds` that is kept for the final turn, at the least."""
_NOW_S = 0.05  # two clocks are read, one after the other, so the time may be over a little before 0
_NOTHING = Amount()
_NO_LANDING = Need()


class OverBudget(AgentkitError):
    """A budget does not cover a call, even once all calls in flight are settled. The call was not made."""

    def __init__(self, message: str, account: Account, *, is_about_prompt: bool) -> None:
        super().__init__(message)
        self.account = account
        """The account of the budget that is exhausted."""
        self.is_about_prompt = is_about_prompt
        """True if the call might fit with a shorter prompt, so that counting its tokens exactly may help."""


class Account:
    """One budget and the amounts spent and reserved by all runs below it."""

    def __init__(self, budget: Budget, owner: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.owner = owner
        """The owner of the budget, for error messages: `the run`, `the agent 'reader'`."""
        self.spent = _NOTHING
        self.is_exhausted = False
        """True if a call was given up because of this budget; set by the caller that gives it up."""
        self.reserved = _NOTHING
        self.in_flight = 0
        """Model calls that are reserved and not settled."""
        self.set_aside = _NOTHING
        """The sum of what runs keep for their final turn, the call in which they give their best answer."""
        self.idle = 0
        """Runs that may still call and have no call in flight; each has a fair share of what is available."""
        self.waiting: deque[anyio.Event] = deque()
        self._limit = budget.limit()
        self._clock = clock
        self._began = clock()

    @property
    def seconds_left(self) -> float | None:
        """Seconds until everything below is stopped. None: no limit."""
        limit = self.budget.max_seconds
        return None if limit is None else limit - (self._clock() - self._began)

    def free(self) -> Amount:
        """Return what is neither spent nor reserved."""
        return self._limit - (self.spent + self.reserved + self.set_aside)

    def wake(self) -> None:
        """Wake the first waiter, since something became available. It wakes the next one when it is done."""
        if self.waiting:
            self.waiting[0].set()


@dataclass(eq=False)
class Purse:
    """The budgets that limit one run: its own and those above it. Close it when the run ends."""

    accounts: tuple[Account, ...] = ()
    """The accounts, from the outermost to the run's own."""
    _kept: Amount = field(default=_NOTHING, init=False)
    """The amount reserved for the run's final turn, in every account."""
    _landing: Need = field(default=_NO_LANDING, init=False)
    """The need that this amount is computed from; it grows with the reply in flight."""
    _lands: bool = field(default=False, init=False)
    _is_idle: bool = field(default=False, init=False)
    _is_new: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self._set_idle(True)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the first of the budgets stops the run. None: no limit."""
        lefts = [left for account in self.accounts if (left := account.seconds_left) is not None]
        return min(lefts, default=None)

    @property
    def is_time_over(self) -> bool:
        """True if the time of one of the budgets is over."""
        left = self.seconds_left
        return left is not None and left <= _NOW_S

    def is_time_short(self, longest_s: float) -> bool:
        """True if the next call should be the last: the time left is not much more than the longest call took."""
        for account in self.accounts:
            left, limit = account.seconds_left, account.budget.max_seconds
            if left is not None and limit is not None and left < max(LANDING_SHARE * limit, 1.5 * longest_s):
                return True
        return False

    @property
    def limits_money(self) -> bool:
        """True if one of the budgets limits the cost."""
        return any(account.budget.max_cost_usd is not None for account in self.accounts)

    async def reserve(self, call: Need, max_tokens: int, least: int, landing: Need | None) -> Reservation:
        """Reserve the most that the call can use; wait for calls in flight where it does not fit now.

        Args:
            call: The upper bound of the call.
            max_tokens: The wanted `max_tokens`. That of the reservation may be smaller.
            min_tokens: The smallest `max_tokens` with which the call makes sense.
            final_turn: The upper bound of the final turn, kept in reserve. None: this is that turn, or there is none.

        Raises:
            OverBudget: The call does not fit, even with `min_tokens` and once all calls in flight are settled.
        """
        if self._is_new:
            self._is_new = False
            await (
                anyio.lowlevel.checkpoint()
            )  # runs that start together all count as idle before the first one reserves
        # A final turn does not wait in line, and neither do its retries: its reserve is there.
        self._lands = self._lands or (landing is None and self._kept != _NOTHING)
        blocking = None if self._lands else next((account for account in self.accounts if account.waiting), None)
        has_waited = False
        while True:
            if blocking is None:
                found = self._try(call, max_tokens, least, landing or _NO_LANDING)
                if isinstance(found, Reservation):
                    return found
                blocking = found
            await self._stand_in_line(blocking, is_first=has_waited or self._lands)
            blocking, has_waited = None, True

    def close(self) -> None:
        """Release the reserve of the run, which makes no more calls."""
        self._set_idle(False)
        self._keep(_NOTHING)
        for account in self.accounts:
            account.wake()

    async def _stand_in_line(self, account: Account, *, is_first: bool) -> None:
        turn = anyio.Event()
        if is_first:
            account.waiting.appendleft(turn)
        else:
            account.waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            account.waiting.remove(turn)
            self._pass_on()
            raise
        account.waiting.remove(turn)

    def _try(self, call: Need, max_tokens: int, least: int, landing: Need) -> Reservation | Account:
        """Reserve, or return the account to wait for. Raises OverBudget where waiting does not help."""
        need = call + landing
        granted = float(max_tokens)
        for account in self.accounts:
            free = account.free() + self._kept
            most = need.most_tokens(free)
            if most < least:
                if account.in_flight and need.most_tokens(free + account.reserved) >= least:
                    self._pass_on(but=account)
                    return account
                self._pass_on()
                raise self._refusal(account, call.at(least), need.at(least) - free)
            granted = min(granted, most, max(least, need.fair_tokens(free, account.idle)))
        tokens = int(granted)
        # The longer this reply gets, the more the final turn needs: that part is reserved with the call.
        amount = call.at(tokens) + landing.per_token.times(tokens)
        for account in self.accounts:
            account.reserved += amount
            account.in_flight += 1
        self._set_idle(False)
        self._landing = landing
        self._keep(landing.fixed)
        self._pass_on()
        return Reservation(self, amount, tokens)

    def settle(self, reservation: Reservation, used: Amount) -> None:
        """Replace the reserved amount by the used one, in every account."""
        for account in self.accounts:
            account.reserved -= reservation.amount
            account.in_flight -= 1
            account.spent += used
            if not account.in_flight:
                account.reserved = _NOTHING  # drops rounding errors
        self._keep(self._landing.at(min(reservation.max_tokens, int(used.output_tokens))))
        self._set_idle(True)
        self._pass_on()

    def _pass_on(self, but: Account | None = None) -> None:
        for account in self.accounts:
            if account is not but:
                account.wake()

    def _keep(self, amount: Amount) -> None:
        for account in self.accounts:
            account.set_aside += amount - self._kept
        self._kept = amount

    def _set_idle(self, is_idle: bool) -> None:
        if is_idle != self._is_idle:
            self._is_idle = is_idle
            for account in self.accounts:
                account.idle += 1 if is_idle else -1

    def _refusal(self, account: Account, call: Amount, missing: Amount) -> OverBudget:
        return OverBudget(
            f"The budget of {account.owner}, {account.budget}, does not cover another call: "
            f"{_words(account.spent)} spent, "
            f"{_words(account.set_aside)} set aside for answers, "
            f"and the call could use {_words(call)}.",
            account,
            is_about_prompt=missing.requests <= 0 and missing.output_tokens <= 0,
        )


@dataclass(frozen=True, slots=True)
class Reservation:
    """The amount that one call may use. Settle it once, also when the call fails."""

    purse: Purse
    amount: Amount
    max_tokens: int
    """The `max_tokens` that the request must have."""

    def settle(self, used: Amount) -> None:
        """Replace the reserved amount by the used one."""
        self.purse.settle(self, used)


def _words(amount: Amount) -> str:
    return (
        f"${amount.cost_usd:.4f}, {amount.input_tokens:,.0f} input tokens, {amount.output_tokens:,.0f} output tokens "
        f"and {amount.requests:,.0f} requests"
    )
