"""Budgets around a block of code: nestable context managers, one that raises and one that ends its runs quietly.

with stop_over_budget(Budget(max_cost_usd=1)) as spent:
    results = await reader.map(documents)
print(spent.cost_usd, spent.is_exhausted)
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import cast

from agentkit.budget.account import Account
from agentkit.budget.budget import Budget
from agentkit.budget.usage import usd_text
from agentkit.errors import BudgetExceeded, UsageError
from agentkit.messages.printable import plural

_accounts: ContextVar[tuple[Account, ...]] = ContextVar("agentkit_accounts", default=())

_open_blocks: dict[Account, int] = {}
"""The open blocks, each with the thread that opened it."""
_reported_blocks: set[Account] = set()
"""Those among them that a run in another thread was reported to be outside of."""


def enclosing_accounts() -> tuple[Account, ...]:
    """Return the accounts of the budgets around the running code, outermost first."""
    return _accounts.get()


def find_missed_block() -> Budget | None:
    """Return the budget of a block that another thread has open, once for each block. None: there is none.

    Call it where no budget is around the running code: a thread that got no copy of the context does not see the block.
    """
    if not _open_blocks:
        return None
    thread_id = threading.get_ident()
    for account, opened_by in tuple(_open_blocks.items()):
        if opened_by != thread_id and account not in _reported_blocks:
            _reported_blocks.add(account)
            return account.budget
    return None


@contextmanager
def within_account(account: Account) -> Generator[None]:
    """Let the runs that start in the block spend from this account, too."""
    token = _accounts.set((*_accounts.get(), account))
    try:
        yield
    finally:
        _accounts.reset(token)


@dataclass(frozen=True, slots=True)
class Spending:
    """A live view of what has been spent in a block."""

    _account: Account = field(repr=False)

    @property
    def cost_usd(self) -> float:
        """US dollars."""
        return self._account.spent.cost_usd

    @property
    def input_tokens(self) -> int:
        """Prompt tokens, those read from and written to the cache included."""
        return int(self._account.spent.input_tokens)

    @property
    def output_tokens(self) -> int:
        """Tokens of replies."""
        return int(self._account.spent.output_tokens)

    @property
    def requests(self) -> int:
        """Requests that were sent, those that failed included."""
        return int(self._account.spent.requests)

    @property
    def is_exhausted(self) -> bool:
        """True if a call was not made because the budget does not cover it, or if the time is over."""
        left = self._account.seconds_left
        return self._account.is_exhausted or (left is not None and left <= 0)


@contextmanager
def stop_over_budget(budget: Budget) -> Generator[Spending]:
    """Let all runs that start in the block share this budget; over it, they end with `budget_exhausted`, quietly.

    Blocks nest: a run has to fit into every budget around it. Only runs are limited, no other code of the block. The
    block holds in tasks and threads that are started in it with a copy of the context; `asyncio.to_thread` and sync
    tools make one, a pool does with `contextvars.copy_context().run`.

    Args:
        budget: The limits, shared by all runs of the block.

    Raises:
        UsageError: It is no Budget.
    """
    if not isinstance(cast("object", budget), Budget):
        raise UsageError(f"A block takes a Budget, not {budget!r}: stop_over_budget(Budget(max_cost_usd=0.5)).")
    account = Account(budget, "the block")
    _open_blocks[account] = threading.get_ident()
    try:
        with within_account(account):
            yield Spending(account)
    finally:
        del _open_blocks[account]
        _reported_blocks.discard(account)


@contextmanager
def fail_over_budget(budget: Budget) -> Generator[Spending]:
    """Do as `stop_over_budget`, but raise at the end of the block when a call did not fit.

    Every run in it has ended by then and has returned what it had. An exception of the block is not replaced.

    Args:
        budget: The limits, shared by all runs of the block.

    Raises:
        BudgetExceeded: A call was not made, or the time is over.
    """
    with stop_over_budget(budget) as spending:
        yield spending
    if spending.is_exhausted:
        raise BudgetExceeded(
            f"{budget} did not cover everything in the block: {plural(spending.requests, 'request')} made for "
            f"{usd_text(spending.cost_usd)}. Use stop_over_budget(...) to go on without an error."
        )
