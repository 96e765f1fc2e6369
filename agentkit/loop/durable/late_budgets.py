"""Budgets of a run that has ended `budget_exhausted` and is started again: under a larger one it goes on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from agentkit.budget.blocks import enclosing_accounts
from agentkit.budget.budget import Budget
from agentkit.loop.durable.recorded_input import recorded_budget
from agentkit.loop.durable.run_end import EndStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentkit.budget.account import Account
    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.run.steps import Steps

_LIMITS = [limit.name for limit in fields(Budget)]


def tightest(budgets: Iterable[Budget]) -> Budget:
    """Return what some budgets allow together."""
    given = [*budgets]
    limits = {name: [value for one in given if (value := getattr(one, name)) is not None] for name in _LIMITS}
    return Budget(**{name: min(values, default=None) for name, values in limits.items()})


async def goes_on_under(steps: Steps, given: Budget | None, of_agent: Budget | None) -> bool:
    """Return True if a root run has ended since a budget did not cover it, and those of now allow more.

    Args:
        steps: The steps of the run.
        given: The budget that it is given now. None: it keeps the recorded one.
        of_agent: The budget of its agent.
    """
    step = EndStep.reserve(steps)
    end = None if step is None else await step.recorded()
    if end is None or end.budget is None:
        return False
    around = (account.budget for account in enclosing_accounts())
    own = (budget for budget in (given or await recorded_budget(steps), of_agent) if budget is not None)
    now = _values(tightest((*around, *own)))
    pairs = [*zip(now, _values(end.budget), strict=True)]
    return all(new >= old for new, old in pairs) and any(new > old for new, old in pairs)


def end_under(accounts: Sequence[Account], end: RunEnd | None) -> RunEnd | None:
    """Return a recorded end; where it came under another budget than that of now, its reason says so."""
    if end is None or end.budget is None or not accounts:
        return end
    if tightest(account.budget for account in accounts) == end.budget:
        return end
    note = f"This end is recorded: it came under the earlier {end.budget}. To ask anew, give another `run_id`."
    return replace(end, reason=f"{end.reason} {note}")


def _values(budget: Budget) -> list[float]:
    values = (getattr(budget, name) for name in _LIMITS)
    return [math.inf if value is None else value for value in values]
