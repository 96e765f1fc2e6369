"""Faults of tools, as middleware around every tool call of a run and of those below it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import anyio

from agentkit.errors import ToolError
from agentkit.evals.faults.chance import Chance
from agentkit.evals.faults.spec import Faults
from agentkit.messages.message import Content, encode
from agentkit.run.middleware import CallTool, ToolRun

_MOST_FAULTS_OF_A_CALL = 2
"""Faults that one and the same call meets at the most, however often it is made again."""


class ToolCrashed(RuntimeError):
    """The exception of a tool that crashes: the model reads no more than that it failed."""


@dataclass(frozen=True, slots=True)
class ToolFaults:
    """Middleware: it lets tool calls fail, lose or damage their results, or take longer. Sub-agents are left alone."""

    faults: Faults
    """The share of each kind."""
    chance: Chance
    """Decides which calls are hit."""
    met: Counter[str]
    """Counts the faults that were met, by kind."""

    async def __call__(self, run: ToolRun, next_: CallTool) -> Content:
        """Execute a tool call with its faults."""
        if run.tool.is_agent:
            return await next_(run)
        event = ("tool", run.call.name, encode(run.call.input).decode(errors="replace"))
        numbers = self.chance.draw(*event)
        if self.faults.latency_s:
            await anyio.sleep(self.faults.latency_s * next(numbers))
        if self.chance.times(*event) > _MOST_FAULTS_OF_A_CALL:
            return await next_(run)
        hit, kind = next(numbers), next(numbers)
        if hit < self.faults.tool_errors:
            self._fail("tool_errors", kind)
        result = await next_(run)
        if next(numbers) < self.faults.lost_results:
            self._fail("lost_results", kind)
        if run.tool.effect == "read" and next(numbers) < self.faults.wrong_data and isinstance(result, str):
            self.met["wrong_data"] += 1
            return result[: len(result) // 2]
        return result

    def _fail(self, fault: str, kind: float) -> None:
        self.met[fault] += 1
        if kind < 0.5:
            raise ToolError("The service does not answer at the moment.", hint="Look at the state, then try again.")
        raise ToolCrashed("planted by the evaluation")
