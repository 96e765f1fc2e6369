"""The scope of a run: its place in the tree of runs, what it shares with the tree, and how it emits events."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypedDict

from agentkit.budget.account import Account
from agentkit.budget.blocks import enclosing_accounts, within
from agentkit.budget.budget import Budget
from agentkit.models.stop_flag import Tree
from agentkit.redaction.redactor import Redactor
from agentkit.tools.artifacts.artifact import Artifacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentkit.models.client import Client
    from agentkit.run.events import Event
    from agentkit.run.steps import Slot, Steps


class Place(TypedDict):
    """The origin of an event: the fields that every event has."""

    run_id: str
    path: tuple[str, ...]
    parent_call_id: str | None


class Listener(Protocol):
    """Receives the events of a tree of runs."""

    async def send(self, event: Event) -> None:
        """Deliver an event; waits until the listener takes it."""
        ...

    def send_soon(self, event: Event) -> None:
        """Deliver an event without waiting, from synchronous code on the event loop's thread."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """One run's id and path in the tree, and what it shares with the runs above and below it."""

    run_id: str
    path: tuple[str, ...]
    """The agents from the root to this run's own."""
    steps: Steps
    """Executes the steps of this run."""
    parent_call_id: str | None = None
    """The tool call of the parent that started this run. None: it is the root."""
    client: Client | None = None
    """The client that the root run was given, for the whole tree. None: it was given none."""
    agent_client: Client | None = None
    """The client of this agent or of the nearest agent above that names one. None: none does."""
    listener: Listener | None = None
    """Receives the events of the whole tree. None: no event is built."""
    artifacts: Artifacts = field(default_factory=Artifacts)
    """Artifacts of tool results that are too long for the model; the whole tree shares one store."""
    accounts: tuple[Account, ...] = ()
    """The budgets that this run and those below it spend from, outermost first."""
    tree: Tree = field(default_factory=Tree)
    """Stops all model calls of the tree once the API has refused its credentials."""
    redactor: Redactor = Redactor()
    """Removes known secrets from what is sent to the model."""

    def place(self) -> Place:
        """Return the origin of this run's events."""
        return {"run_id": self.run_id, "path": self.path, "parent_call_id": self.parent_call_id}

    async def emit(self, make: Callable[[Place], Event]) -> None:
        """Send an event to the listener; it is built only if there is one."""
        if self.listener is not None:
            await self.listener.send(make(self.place()))

    def emit_soon(self, make: Callable[[Place], Event]) -> None:
        """Send an event from synchronous code, without waiting."""
        if self.listener is not None:
            self.listener.send_soon(make(self.place()))

    def child(self, agent: str, call_id: str, slot: Slot) -> Scope:
        """Return the scope of the child run that a tool call starts."""
        return replace(
            self,
            run_id=f"{self.run_id}/{call_id}",
            path=(*self.path, agent),
            steps=self.steps.under(slot),
            parent_call_id=call_id,
            artifacts=self.artifacts.under(call_id),
        )


@dataclass(frozen=True, slots=True)
class Enclosing:
    """Budgets and stop flag of the enclosing blocks of code."""

    accounts: tuple[Account, ...] = ()
    tree: Tree | None = None
    """Shared by the runs that start here. None: each root run has a flag of its own."""


_tree: ContextVar[Tree | None] = ContextVar("agentkit_tree", default=None)


def enclosing() -> Enclosing:
    """Return budgets and stop flag of the blocks around the running code."""
    return Enclosing(enclosing_accounts(), _tree.get())


@contextmanager
def sharing(budget: Budget | None, owner: str) -> Generator[None]:
    """Let the runs that start in the block share one stop flag and, if given, one budget, named after its `owner`."""
    token = _tree.set(_tree.get() or Tree())
    try:
        with nullcontext() if budget is None else within(Account(budget, owner)):
            yield
    finally:
        _tree.reset(token)
