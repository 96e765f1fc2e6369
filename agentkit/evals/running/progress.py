"""The progress of an evaluation, with live estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.budget.usage import usd_text
from agentkit.patterns.classify.intervals import Interval, wilson

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The state of an evaluation after a trial."""

    trial: AnyTrial
    """The trial that has just ended."""
    is_kept: bool
    """True if the store had it, so that nothing was run."""
    done: int
    """The trials that have ended."""
    planned: int
    """All trials, those to come included; where tries may end early, the most there can be."""
    spent_usd: float
    """US dollars spent so far by this execution, kept trials aside."""
    rates: Mapping[str, tuple[int, int]]
    """For each agent the trials that passed, and all that were judged."""

    def rate(self, agent: str) -> Interval:
        """Return a live estimate of an agent's pass rate, of trials and not of tasks: it is rough.

        Args:
            agent: The name of the agent.
        """
        passed, judged = self.rates[agent]
        return Interval(passed / judged, *wilson(passed, judged)) if judged else Interval(math.nan, 0.0, 1.0)

    def __str__(self) -> str:
        rates = ", ".join(f"{agent} {passed}/{judged}" for agent, (passed, judged) in self.rates.items())
        return f"{self.done} of {self.planned} trials, {usd_text(self.spent_usd)}: {rates}"
