"""What the tests of accounts are made of: needs, budgets, and runs that ask in tasks of their own."""

from __future__ import annotations

import anyio
from anyio import wait_all_tasks_blocked

from agentkit.budget.account import Account, OverBudget, Purse, Reservation
from agentkit.budget.budget import Amount, Budget, Need


def need(*, requests: int = 1, prompt: float = 0, per_token: int = 0) -> Need:
    """A call that takes so many requests and prompt tokens, and output tokens as `max_tokens` says."""
    return Need(Amount(input_tokens=prompt, requests=requests), Amount(output_tokens=per_token))


CALL = need()


def account(budget: Budget | None = None, **limits: int) -> Account:
    return Account(budget or Budget(**limits), "the run")


async def taken(purse: Purse, call: Need = CALL, wished: int = 100, least: int = 1) -> Reservation:
    return await purse.reserve(call, wished, least, None)


class Asking:
    """A run that asks in a task of its own, and what came of it."""

    def __init__(self, purse: Purse, call: Need = CALL, landing: Need | None = None, least: int = 1) -> None:
        self.purse = purse
        self.asked = call, landing, least
        self.scope = anyio.CancelScope()
        self.got: Reservation | None = None
        self.refusal: OverBudget | None = None

    async def ask(self) -> None:
        call, landing, least = self.asked
        with self.scope:
            try:
                self.got = await self.purse.reserve(call, 100, least, landing)
            except OverBudget as refusal:
                self.refusal = refusal


async def all_at_once(runs: list[Asking]) -> None:
    """Let them ask, and leave those that have to wait."""
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for run in runs:
                tasks.start_soon(run.ask)
            await wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()


def is_clean(*accounts: Account) -> bool:
    return all(
        (one.in_flight, one.idle, len(one.waiting), one.reserved, one.set_aside) == (0, 0, 0, Amount(), Amount())
        for one in accounts
    )
