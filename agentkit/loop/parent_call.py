"""What a tool call knows of its run, so that a sub-agent's run becomes its child."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.loop.child_runs import CallNumber, Children
from agentkit.tool_calls.executor import progress_reporter
from agentkit.tools.run_context import RunContext

if TYPE_CHECKING:
    from agentkit.budget.account import Account
    from agentkit.messages.message import ToolCall
    from agentkit.run.result import RunResult
    from agentkit.run.scope import Scope
    from agentkit.run.steps import Slot


@dataclass(frozen=True, slots=True)
class Delegation:
    """One tool call of a run, seen from the run of the sub-agent that it starts."""

    scope: Scope
    """The place of the delegating run."""
    slot: Slot
    """The call's place among the steps, which the child run takes."""
    call: ToolCall
    deps: object
    """What the delegating run's tools find in `ctx.deps`."""
    deps_source: object
    """Where they came from: the type or factory that the delegating agent names."""
    children: Children
    """All sub-agents of the delegating run."""
    place: Scope | None = None
    """The child's place, where it is known already. None: the one that belongs to the call."""

    @property
    def number(self) -> CallNumber:
        """Which call of its sub-agent this is in the delegating run."""
        return self.children.number(self.call)

    @property
    def depth(self) -> int:
        """How many levels below the root run the child is."""
        return len(self.scope.path)

    def child(self, agent: str) -> Scope:
        """The place of the child's run."""
        return self.place or self.scope.child(agent, self.call.id, self.slot)

    def adopt(self, result: RunResult[object]) -> None:
        """Add the child's result to the delegating run."""
        self.children.adopt(self.call, result)

    def placed(self, agent: str, accounts: tuple[Account, ...]) -> Delegation:
        """The same, with the place that all tries of the call share, and more budgets over it."""
        place = self.child(agent)
        return replace(self, place=replace(place, accounts=(*place.accounts, *accounts)) if accounts else place)

    def next_try(self, agent: str) -> Delegation:
        """The same, with a place for the next try: further ones stand below the first, so that nothing is mixed up."""
        first, number = self.child(agent), self.children.tries(self.call) + 1
        if number == 1:
            return self
        slot = first.steps.reserve(f"try:{number}")
        return replace(self, place=replace(first, run_id=f"{first.run_id}.{number}", steps=first.steps.under(slot)))

    def serves(self, deps_source: object) -> bool:
        """Whether a child that names this type or factory of deps works on those of the delegating run."""
        if deps_source is None or deps_source == self.deps_source:
            return True
        return isinstance(deps_source, type) and self.deps is not None

    def context(self, agent: str, *, keeps_results: bool) -> RunContext[object]:
        """What the call's tool gets as its context."""
        call = self.call
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
