"""Named points of a run: a process that comes to one says so, and stands still until it is killed.

The steps of a journal are wrapped for them; a run that is killed at a random moment uses the journal as it is.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit import Journal, Slot, Step, Steps

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.run.steps import StepFunction, StepKind

BEFORE_EFFECT, AFTER_EFFECT = "in a write tool, before its effect", "in a write tool, after its effect"
IN_RECONCILE, IN_SUB_AGENT = "in a reconcile function", "in a tool of a sub-agent's sub-agent"

POINTS = {
    "before the input is recorded": 1,
    "before the intent of a write tool": 7,
    "after the intent of a write tool": 7,
    BEFORE_EFFECT: 7,
    AFTER_EFFECT: 7,
    "before a tool result is recorded": 12,
    "after a tool result is recorded": 12,
    IN_SUB_AGENT: 3,
    "before a request that is announced is sent": 12,
    "before a model reply is recorded": 12,
    "after a model reply is recorded": 12,
    "in a compaction, before its summary is recorded": 1,
    "in a compaction, after its summary is recorded": 1,
    "between a child's end and its call's value": 3,
    "after a sub-agent's result is recorded": 3,
    "before the end of the run is recorded": 1,
    "after the end of the run is recorded": 1,
}
"""The points, each with a number of times for which every run that is not disturbed comes by."""

_RECORDED: dict[StepKind, str] = {"model": "a model reply", "tool": "a tool result", "agent": "a sub-agent's result"}


@dataclass(slots=True)
class Points:
    """The point at which this process is to be killed."""

    name: str = ""
    """The point. Empty: none."""
    left: int = 1
    """How often the process has yet to come by, this time included."""

    def reach(self, name: str) -> None:
        """Come by a point; at the one that is meant, never go on."""
        if name != self.name:
            return
        self.left -= 1
        if self.left == 0:
            print(f"at {name}", flush=True)
            sys.stdin.read()


@dataclass(frozen=True, slots=True)
class PointedJournal:
    """A journal whose runs come by the points."""

    journal: Journal
    points: Points

    @asynccontextmanager
    async def open_run(self, run_id: str) -> AsyncGenerator[Steps]:
        """See `StepsStore.open_run`."""
        async with self.journal.open_run(run_id) as steps:
            yield PointedSteps(steps, self.points)

    def open_runs(self, run_id: str) -> AbstractAsyncContextManager[Sequence[JSONObject]]:
        """See `StepsStore.open_runs`."""
        return self.journal.open_runs(run_id)

    def reopen(self, run_id: str) -> None:
        """See `StepsStore.reopen`."""
        self.journal.reopen(run_id)


@dataclass(slots=True)
class PointedSteps(Steps):
    """The steps of a journal, with the points around what they do."""

    own: Steps
    points: Points
    is_root: bool = True
    is_compacting: bool = field(default=False, init=False)

    @property
    def is_replaying(self) -> bool:
        """See `Steps.is_replaying`."""
        return self.own.is_replaying

    @property
    def worked_s(self) -> float:
        """See `Steps.worked_s`."""
        return self.own.worked_s

    def recorded_charges(self) -> Sequence[JSONObject] | None:
        """See `Steps.recorded_charges`."""
        return self.own.recorded_charges()

    def reserve(self, step: Step) -> Slot:
        """See `Steps.reserve`."""
        return self.own.reserve(step)

    def under(self, slot: Slot) -> Steps:
        """See `Steps.under`."""
        return PointedSteps(self.own.under(slot), self.points, is_root=False)

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        """See `Steps.announce`."""
        is_tool = slot.step.kind == "tool"
        if is_tool:
            self.points.reach("before the intent of a write tool")
        await self.own.announce(slot, intent)
        self.points.reach(
            "after the intent of a write tool" if is_tool else "before a request that is announced is sent"
        )

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        """See `Steps.run`."""
        before, after = self._points_around(slot.step)

        async def observed() -> JSONObject:
            value = await effect()
            self.points.reach(before)
            return value

        value = await self.own.run(slot, observed)
        if slot.step.name == "compaction":
            self.is_compacting = True
        elif slot.step.kind == "model" and "error" not in value:
            self.is_compacting = False
        if not slot.is_recorded:
            self.points.reach(after)
        return value

    def _points_around(self, step: Step) -> tuple[str, str]:
        what = _RECORDED.get(step.kind, "")
        if step.kind == "model" and self.is_compacting:
            return "in a compaction, before its summary is recorded", "in a compaction, after its summary is recorded"
        if step.kind == "end":
            if not self.is_root:
                return "", "between a child's end and its call's value"
            what = "the end of the run"
        elif step.kind == "input" and self.is_root:
            what = "the input"
        return f"before {what} is recorded", f"after {what} is recorded"
