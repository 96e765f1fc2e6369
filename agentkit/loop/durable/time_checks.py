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
    _count: int = field(default=0, init=False)

    @classmethod
    def of_run(cls, steps: Steps, run_budget: RunBudget) -> TimeChecks | None:
        """Return those of a run. None: its time is not limited, and was not in an earlier execution."""
        is_needed = run_budget.has_time_limit or steps.is_durable
        return cls(steps, run_budget) if is_needed else None

    async def refusal(self) -> str:
        """Return the reason why the next turn should be the last. Empty: there is time."""
        if not self.steps.is_durable:
            return self._refusal_now()
        self._count += 1
        slot = self.steps.reserve(Step(f"time:{self._count}", "time"))
        if not self.run_budget.has_time_limit and not slot.is_recorded:
            return ""

        async def effect() -> JSONObject:
            return {"refusal": self._refusal_now()}

        return str((await self.steps.run(slot, effect))["refusal"])

    def _refusal_now(self) -> str:
        return self.run_budget.time_text("is nearly over") if self.run_budget.is_time_short else ""
