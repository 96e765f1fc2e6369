"""Budgets around a block of code: nestable, in two forms, one that raises and one that ends quietly.

with stop_over_budget(Budget(max_cost_usd=1)) as spent:
    results = await reader.map(documents)
print(spent.cost_usd, spent.is_exhausted)
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from agentkit.account import Account
from agentkit.budget import Budget
from agentkit.errors import BudgetExceeded
from agentkit.tree import Tree


@dataclass(frozen=True, slots=True)
class Enclosing:
    """What the runs that begin here have in common."""

    accounts: tuple[Account, ...] = ()
    tree: Tree | None = None
    """None: each run is a tree of its own."""


_NOTHING = Enclosing()
_enclosing: ContextVar[Enclosing] = ContextVar("agentkit_enclosing", default=_NOTHING)


def enclosing() -> Enclosing:
    """What encloses the code that runs now."""
    return _enclosing.get()


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent in a block, at any time."""

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
        """Whether a call was not made because the budget does not cover it, or the time is over."""
        left = self._account.seconds_left
        return self._account.is_exhausted or (left is not None and left <= 0)


@contextmanager
def stop_over_budget(budget: Budget) -> Generator[Spending]:
    """All runs that begin in the block share this budget; over it, they end with `budget_exhausted`, quietly.

    Blocks nest: a run has to fit into every budget around it. Only runs are limited, no other code of the block.
    """
    account = Account(budget, "the block")
    outer = _enclosing.get()
    token = _enclosing.set(Enclosing((*outer.accounts, account), outer.tree))
    try:
        yield Spending(account)
    finally:
        _enclosing.reset(token)


@contextmanager
def fail_over_budget(budget: Budget) -> Generator[Spending]:
    """As `stop_over_budget`, but raises BudgetExceeded at the end of the block when a call did not fit.

    Every run in it has ended by then, and has returned what it had. An exception of the block goes on as it is.
    """
    with stop_over_budget(budget) as spending:
        yield spending
    if spending.is_exhausted:
        raise BudgetExceeded(
            f"{budget} did not cover everything in the block: {spending.requests} requests for "
            f"${spending.cost_usd:.4f} were made. Use stop_over_budget(...) to go on without an error."
        )


@contextmanager
def sharing(budget: Budget | None, owner: str) -> Generator[None]:
    """The runs that begin in the block are one tree, under one budget, the `owner`'s, if there is one."""
    outer = _enclosing.get()
    accounts = () if budget is None else (Account(budget, owner),)
    token = _enclosing.set(Enclosing((*outer.accounts, *accounts), outer.tree or Tree()))
    try:
        yield
    finally:
        _enclosing.reset(token)
