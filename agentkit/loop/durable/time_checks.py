"""Looks at the clock, as steps: a replay finds the time of the run as nearly over as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.run.steps import Step

if TYPE_CHECKING:
    from agentkit.budget.run_budget import RunBudget
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Steps


@dataclass(slots=True)
class TimeChecks:
    """The looks of one run at the clock, before its turns."""

    steps: Steps
    run_budget: RunBudget
    has_limit: bool
    """True if a budget limits the time."""
    _count: int = field(default=0, init=False)

    @classmethod
    def of_run(cls, steps: Steps, run_budget: RunBudget) -> TimeChecks | None:
        """Return those of a run. None: its time is not limited, and was not in an earlier execution."""
        has_limit = bool(run_budget.accounts) and run_budget.seconds_left is not None
        return cls(steps, run_budget, has_limit) if has_limit or steps.is_durable else None

    async def refusal(self) -> str:
        """Return the reason why the next turn should be the last. Empty: there is time."""
        self._count += 1
        slot = self.steps.reserve(Step(f"time:{self._count}", "time"))
        if not self.has_limit and not slot.is_recorded:
            return ""

        async def effect() -> JSONObject:
            return {"refusal": self.run_budget.time_text("is nearly over") if self.run_budget.is_time_short else ""}

        return str((await self.steps.run(slot, effect))["refusal"])
