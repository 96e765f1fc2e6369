"""What a budget has left, for everything that spends from it: reserved before a call, settled after it.

Two rules for this file: between looking at what is left and taking it nothing is awaited; and a call waits only for
calls that are on their way, which will be settled, never for anything that may be waiting itself.
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
"""The share of a budget's seconds that is kept for the landing, at the least."""
_NOW_S = 0.05  # two clocks are read, one after the other
_NOTHING = Amount()
_NO_LANDING = Need()


class OverBudget(AgentkitError):
    """A call that a budget does not cover, also when all that is on its way has been settled. It was not made."""

    def __init__(self, message: str, account: Account, *, is_about_prompt: bool) -> None:
        super().__init__(message)
        self.account = account
        """Whose budget it is."""
        self.is_about_prompt = is_about_prompt
        """Whether it might fit if the prompt were shorter than it was taken for."""


class Account:
    """One budget and what was spent of it, by whoever runs below it."""

    def __init__(self, budget: Budget, owner: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.owner = owner
        """Whose budget it is, in words: `the run`, `the agent 'reader'`."""
        self.spent = _NOTHING
        self.is_exhausted = False
        """Whether a call was given up because of it; set by whoever gives it up."""
        self.reserved = _NOTHING
        self.in_flight = 0
        """Calls that are on their way."""
        self.set_aside = _NOTHING
        """What runs keep for the call in which they give their best answer."""
        self.idle = 0
        """Runs that may still call and have no call on its way; each has a fair share of what is free."""
        self.waiting: deque[anyio.Event] = deque()
        self._limit = budget.limit()
        self._clock = clock
        self._began = clock()

    @property
    def seconds_left(self) -> float | None:
        """Until everything below is stopped. None: there is no such limit."""
        limit = self.budget.max_seconds
        return None if limit is None else limit - (self._clock() - self._began)

    def free(self) -> Amount:
        """What is neither spent nor promised."""
        return self._limit - (self.spent + self.reserved + self.set_aside)

    def wake(self) -> None:
        """Something became free: the first that waits looks again, and wakes the next when it is done."""
        if self.waiting:
            self.waiting[0].set()


@dataclass(eq=False)
class Purse:
    """One run's way to the budgets above it. Close it when the run ends."""

    accounts: tuple[Account, ...] = ()
    """From the outermost to the run's own."""
    _kept: Amount = field(default=_NOTHING, init=False)
    """What is set aside for the run's landing, in every account."""
    _landing: Need = field(default=_NO_LANDING, init=False)
    """What that depends on: it grows with the reply that is on its way."""
    _lands: bool = field(default=False, init=False)
    _is_idle: bool = field(default=False, init=False)
    _is_new: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self._set_idle(True)

    @property
    def seconds_left(self) -> float | None:
        """Until the first of the budgets stops the run. None: none does."""
        lefts = [left for account in self.accounts if (left := account.seconds_left) is not None]
        return min(lefts, default=None)

    @property
    def is_time_over(self) -> bool:
        """Whether one of the budgets has stopped the run, or does so now."""
        left = self.seconds_left
        return left is not None and left <= _NOW_S

    def is_time_short(self, longest_s: float) -> bool:
        """Whether the next call should be the last: there is not much more time than for the longest one so far."""
        for account in self.accounts:
            left, limit = account.seconds_left, account.budget.max_seconds
            if left is not None and limit is not None and left < max(LANDING_SHARE * limit, 1.5 * longest_s):
                return True
        return False

    @property
    def limits_money(self) -> bool:
        """Whether one of the budgets is about money."""
        return any(account.budget.max_cost_usd is not None for account in self.accounts)

    async def reserve(self, call: Need, max_tokens: int, least: int, landing: Need | None) -> Reservation:
        """Take what the call could use, waiting for calls on their way where it does not fit now.

        `max_tokens` is what is wished for; the reservation's own may be smaller, down to `least`. `landing` is set
        aside beside it; None: the call is the landing itself, or the run needs none. Raises OverBudget.
        """
        if self._is_new:
            self._is_new = False
            await anyio.lowlevel.checkpoint()  # runs that start together see one another before the first one takes
        # A landing does not stand in line, and neither do its retries: what was set aside for it is there.
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
        """The run will not call any more: what it set aside is free."""
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
        """Reserve, or say which account to wait for. Raises OverBudget where waiting does not help."""
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
        # What the landing needs more because of the reply is known only with it, so it is reserved, not set aside.
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
        """What was reserved becomes what was used."""
        for account in self.accounts:
            account.reserved -= reservation.amount
            account.in_flight -= 1
            account.spent += used
            if not account.in_flight:
                account.reserved = _NOTHING  # no rounding stays behind
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
            f"{_words(account.spent)} spent, {_words(account.set_aside)} set aside for answers, and the call could "
            f"use {_words(call)}.",
            account,
            is_about_prompt=missing.requests <= 0 and missing.output_tokens <= 0,
        )


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a call may use. Settle it once, whatever came of the call."""

    purse: Purse
    amount: Amount
    max_tokens: int
    """The limit that the request must have."""

    def settle(self, used: Amount) -> None:
        """Give back what was not used."""
        self.purse.settle(self, used)


def _words(amount: Amount) -> str:
    return (
        f"${amount.cost_usd:.4f}, {amount.input_tokens:,.0f} input tokens, {amount.output_tokens:,.0f} output tokens "
        f"and {amount.requests:,.0f} requests"
    )
