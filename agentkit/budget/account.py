"""The account of one budget: what all runs below it have spent, reserved, and keep for their final turns.

Two rules for this file: runs in several threads may share an account, so it is read for a decision, and changed, under
the lock of the accounts; and an amount is never changed, only replaced.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from agentkit.budget.budget import NO_AMOUNT, Amount, Budget
from agentkit.budget.waiting_line import CallInFlight, WaitingLine, accounts_lock
from agentkit.errors import AgentkitError


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
        self.spent = NO_AMOUNT
        self.is_exhausted = False
        """True if a call was given up because of this budget; set by the caller that gives it up."""
        self.has_recorded_spending = False
        """True if the spending of earlier executions of all runs below is counted already."""
        self.reserved = NO_AMOUNT
        self.in_flight: set[CallInFlight] = set()
        """The model calls that are reserved and not settled."""
        self.final_turn_reserve = NO_AMOUNT
        """The sum of what runs keep for their final turn, the call in which they give their best answer."""
        self.idle_runs = 0
        """Runs that may still call and have no call in flight; each has a fair share of what is available."""
        self.waiters = WaitingLine(self.in_flight)
        self._limit = budget.to_amount()
        self._clock = clock
        self._started_at = clock()

    def continue_from(self, spent: Amount, worked_s: float = 0.0) -> None:
        """Count what earlier executions of the work below have spent, and the seconds for which they worked."""
        with accounts_lock:
            self.spent += spent
            self._started_at -= worked_s

    @property
    def seconds_left(self) -> float | None:
        """Seconds until everything below is stopped. None: no limit."""
        limit = self.budget.max_seconds
        return None if limit is None else limit - (self._clock() - self._started_at)

    def available(self, kept: Amount = NO_AMOUNT) -> Amount:
        """Return what is neither spent nor reserved, for a run that has itself `kept` a part for its final turn."""
        limit, spent, held, aside = self._limit, self.spent, self.reserved, self.final_turn_reserve
        return Amount(
            limit.cost_usd - (spent.cost_usd + held.cost_usd + aside.cost_usd) + kept.cost_usd,
            limit.input_tokens - (spent.input_tokens + held.input_tokens + aside.input_tokens) + kept.input_tokens,
            limit.output_tokens - (spent.output_tokens + held.output_tokens + aside.output_tokens) + kept.output_tokens,
            limit.requests - (spent.requests + held.requests + aside.requests) + kept.requests,
        )

    def add_call(self, call: CallInFlight, amount: Amount) -> None:
        """Reserve an amount for a call."""
        self.reserved = self.reserved + amount if self.in_flight else amount
        self.in_flight.add(call)

    def settle_call(self, call: CallInFlight, reserved: Amount, used: Amount) -> None:
        """Replace the reserved amount of a call by the used one."""
        self.in_flight.remove(call)
        self.reserved = self.reserved - reserved if self.in_flight else NO_AMOUNT  # which drops rounding errors
        self.spent += used

    def update_run(self, kept: Amount, amount: Amount, idle_runs: int) -> None:
        """Replace what a run has `kept` for its final turn by another amount, and wake a call that may fit now.

        Args:
            kept: The amount that the run has kept so far.
            amount: The amount that it keeps from now on.
            idle_runs: 1 if the run becomes idle, -1 if it is idle no more, 0 if it stays what it is.
        """
        if self.final_turn_reserve is kept:  # no other run keeps anything
            self.final_turn_reserve = amount
        else:
            self.final_turn_reserve += amount - kept
        self.idle_runs += idle_runs
        if self.waiters.queue:
            self.waiters.wake_next()
