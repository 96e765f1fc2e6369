"""What the tests of accounts are made of: needs, budgets, and runs that ask in tasks of their own."""

from __future__ import annotations

import anyio
from anyio import wait_all_tasks_blocked

from agentkit.budget.account import Account, OverBudget
from agentkit.budget.budget import Amount, Budget, Need
from agentkit.budget.run_budget import Reservation, RunBudget


def need(*, requests: int = 1, prompt: float = 0, per_token: int = 0) -> Need:
    """A call that takes so many requests and prompt tokens, and output tokens as `max_tokens` says."""
    return Need(Amount(input_tokens=prompt, requests=requests), output_per_token=per_token)


CALL = need()


def account(budget: Budget | None = None, **limits: int) -> Account:
    return Account(budget or Budget(**limits), "the run")


async def reserve_call(run_budget: RunBudget, call: Need = CALL, wished: int = 100, min_tokens: int = 1) -> Reservation:
    return await run_budget.reserve(call, wished, min_tokens, None)


class ReservingRun:
    """A run that asks in a task of its own, and what came of it."""

    def __init__(
        self, run_budget: RunBudget, call: Need = CALL, final_turn: Need | None = None, min_tokens: int = 1
    ) -> None:
        self.run_budget = run_budget
        self.arguments = call, final_turn, min_tokens
        self.scope = anyio.CancelScope()
        self.got: Reservation | None = None
        self.refusal: OverBudget | None = None

    async def reserve(self) -> None:
        call, final_turn, least = self.arguments
        with self.scope:
            await self.run_budget.let_others_start()
            try:
                self.got = await self.run_budget.reserve(call, 100, least, final_turn)
            except OverBudget as refusal:
                self.refusal = refusal


async def all_at_once(runs: list[ReservingRun]) -> None:
    """Let them ask, and leave those that have to wait."""
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for run in runs:
                tasks.start_soon(run.reserve)
            await wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()


def is_clean(*accounts: Account) -> bool:
    return all(
        (len(one.in_flight), one.idle_runs, len(one.waiters), one.reserved, one.final_turn_reserve)
        == (0, 0, 0, Amount(), Amount())
        for one in accounts
    )
