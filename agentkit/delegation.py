"""What a tool call knows of its run, so that a sub-agent's run becomes its child."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.context import RunContext
from agentkit.execute import progress_reporter

if TYPE_CHECKING:
    from agentkit.messages import ToolCall
    from agentkit.result import RunResult
    from agentkit.scope import Scope
    from agentkit.steps import Slot


@dataclass(frozen=True, slots=True)
class Delegation:
    """One tool call of a run, seen from the run of the sub-agent that it starts."""

    scope: Scope
    """The place of the delegating run."""
    slot: Slot
    """The call's place among the steps, which the child run takes."""
    call_id: str
    deps: object
    """What the delegating run's tools find in `ctx.deps`."""
    deps_source: object
    """Where they came from: the type or factory that the delegating agent names."""
    adopt: Callable[[RunResult[object]], None]
    """Adds the child's result to the delegating run."""

    def serves(self, deps_source: object) -> bool:
        """Whether a child that names this type or factory of deps works on those of the delegating run."""
        if deps_source is None or deps_source == self.deps_source:
            return True
        return isinstance(deps_source, type) and self.deps is not None

    def context(self, agent: str, call: ToolCall, *, keeps_results: bool) -> RunContext[object]:
        """What the call's tool gets as its context."""
        return RunContext(
            deps=self.deps,
            run_id=self.scope.run_id,
            agent=agent,
            call_id=call.id,
            listener=progress_reporter(self.scope, call),
            run=self,
            artifacts=self.scope.artifacts.shelf(call.id) if keeps_results else None,
            redactor=self.scope.redactor,
        )
