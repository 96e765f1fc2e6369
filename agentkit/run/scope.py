"""Where a run stands in its tree, and how it reports from there."""

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
    """The fields that every event shares."""

    run_id: str
    path: tuple[str, ...]
    parent_call_id: str | None


class Listener(Protocol):
    """Who receives the events of a tree of runs."""

    async def send(self, event: Event) -> None:
        """Hand over an event; waits until the listener takes it."""
        ...

    def send_soon(self, event: Event) -> None:
        """Hand over an event without waiting, from synchronous code on the event loop's thread."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """One run's place in the tree: its id and path, and what it shares with the runs above and below it."""

    run_id: str
    path: tuple[str, ...]
    """The agents from the root to this run's own."""
    steps: Steps
    parent_call_id: str | None = None
    client: Client | None = None
    """The client that the root run was given; it serves the whole tree."""
    agent_client: Client | None = None
    """The client of the nearest agent above that names one; it serves those below that name none."""
    listener: Listener | None = None
    """None: nobody listens, and no event is built."""
    artifacts: Artifacts = field(default_factory=Artifacts)
    """Where results are kept that are too long to be shown whole; one store serves the whole tree."""
    accounts: tuple[Account, ...] = ()
    """The budgets that this run and those below it spend from, outermost first."""
    tree: Tree = field(default_factory=Tree)
    """What the runs above and below share of how the tree is doing."""
    redactor: Redactor = Redactor()
    """Takes known secrets out of what goes to the model."""

    def place(self) -> Place:
        """What an event of this run says of its place."""
        return {"run_id": self.run_id, "path": self.path, "parent_call_id": self.parent_call_id}

    async def emit(self, make: Callable[[Place], Event]) -> None:
        """Report an event; it is built only if someone listens."""
        if self.listener is not None:
            await self.listener.send(make(self.place()))

    def emit_soon(self, make: Callable[[Place], Event]) -> None:
        """Report an event from synchronous code."""
        if self.listener is not None:
            self.listener.send_soon(make(self.place()))

    def child(self, agent: str, call_id: str, slot: Slot) -> Scope:
        """The place of a sub-agent's run that a tool call starts."""
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
    """What the runs that begin here have in common."""

    accounts: tuple[Account, ...] = ()
    tree: Tree | None = None
    """None: each run is a tree of its own."""


_tree: ContextVar[Tree | None] = ContextVar("agentkit_tree", default=None)


def enclosing() -> Enclosing:
    """What encloses the code that runs now."""
    return Enclosing(enclosing_accounts(), _tree.get())


@contextmanager
def sharing(budget: Budget | None, owner: str) -> Generator[None]:
    """The runs that begin in the block are one tree, under one budget, the `owner`'s, if there is one."""
    token = _tree.set(_tree.get() or Tree())
    try:
        with nullcontext() if budget is None else within(Account(budget, owner)):
            yield
    finally:
        _tree.reset(token)
