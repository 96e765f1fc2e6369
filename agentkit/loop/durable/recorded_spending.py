"""Spending of earlier executions of a run, counted in its budgets before anything is reserved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from agentkit.budget.account import Account
from agentkit.budget.budget import Amount
from agentkit.budget.charges import Charge, total_cost, total_usage
from agentkit.budget.usage import Usage

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Steps


def open_account(budget: Budget, owner: str, steps: Steps) -> Account:
    """Return the account of a budget on what these steps execute, with what they have spent and worked before."""
    account = Account(budget, owner)
    if steps.is_durable:
        account.continue_from(recorded_amount(steps.recorded_charges()), steps.worked_s)
    return account


def count_recorded_spending(accounts: Iterable[Account], steps: Steps) -> None:
    """Count what these steps have spent before in accounts that were opened outside of their run."""
    if steps.is_durable:
        amount = recorded_amount(steps.recorded_charges())
        for account in accounts:
            if not account.has_recorded_spending:
                account.continue_from(amount)


def recorded_amount(recorded: Iterable[JSONObject] | None) -> Amount:
    """Return the amount of recorded charges. None: they are not known yet."""
    return amount_of([Charge.from_json(one) for one in recorded or ()])


def amount_of(charges: Sequence[Charge]) -> Amount:
    """Return the amount of charges. An empty one is that of a request that failed: it was sent, and cost nothing."""
    failed = sum(charge.usage == Usage() for charge in charges)
    return Amount.from_usage(total_usage(charges), total_cost(charges)) + Amount(requests=failed)
