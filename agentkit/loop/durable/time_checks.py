"""Looks at the clock, as steps: a replay finds the time of the run as nearly over as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.run.steps import run_step

if TYPE_CHECKING:
    from agentkit.budget.account import RunBudget
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import Steps


@dataclass(slots=True)
class TimeChecks:
    """The looks of one run at the clock, before its turns."""

    steps: Steps
    run_budget: RunBudget
    _has_limit: bool = field(init=False)
    _count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._has_limit = self.run_budget.seconds_left is not None

    async def refusal(self) -> str:
        """Return the reason why the next turn should be the last. Empty: there is time."""
        if not self._has_limit:
            return ""
        self._count += 1

        async def effect() -> JSONObject:
            return {"refusal": self.run_budget.time_text("is nearly over") if self.run_budget.is_time_short else ""}

        recorded = await run_step(self.steps, f"time:{self._count}", "time", effect)
        return str(recorded["refusal"])
