"""The scope of a run: its place in the tree of runs, what it shares with the tree, and how it emits events."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypedDict

from agentkit.budget.account import Account
from agentkit.budget.blocks import enclosing_accounts, find_missed_block, within_account
from agentkit.budget.budget import Amount, Budget
from agentkit.log import log
from agentkit.models.stop_flag import StopFlag
from agentkit.redaction.redactor import Redactor
from agentkit.run.middleware import TreeMiddleware
from agentkit.tools.artifacts.artifact import ConversationArtifacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentkit.models.overriding_client import Client
    from agentkit.run.events import Event
    from agentkit.run.guardrails.gates import ToolGate
    from agentkit.run.steps import Slot, Steps


class EventOrigin(TypedDict):
    """The origin of an event: the fields that every event has."""

    run_id: str
    path: tuple[str, ...]
    parent_call_id: str | None
    is_replayed: bool


class EventListener(Protocol):
    """Receives the events of a tree of runs, from any thread and event loop."""

    async def send(self, event: Event) -> None:
        """Deliver an event; waits until the listener takes it."""
        ...

    def send_soon(self, event: Event) -> None:
        """Deliver an event without waiting, from synchronous code."""
        ...


@dataclass(frozen=True, slots=True)
class RunScope:
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
    listener: EventListener | None = None
    """Receives the events of the whole tree. None: no event is built."""
    artifacts: ConversationArtifacts = field(default_factory=ConversationArtifacts)
    """Artifacts of tool results that are too long for the model; the whole tree shares one store."""
    accounts: tuple[Account, ...] = ()
    """The budgets that this run and those below it spend from, outermost first."""
    stop_flag: StopFlag = field(default_factory=StopFlag)
    """Stops all model calls of the tree once the API has refused its credentials."""
    redactor: Redactor = Redactor()
    """Removes known secrets from what is sent to the model."""
    middleware: TreeMiddleware = TreeMiddleware()
    """Middleware around the calls of this run and of those below it."""
    gates: tuple[ToolGate, ...] = ()
    """The gates that the tool calls of this run and of those below it pass, outermost first."""

    def event_origin(self, is_replayed: bool | None = None) -> EventOrigin:
        """Return the origin of this run's events. They are replayed if that is said, or else while its steps are."""
        said = self.steps.is_replaying if is_replayed is None else is_replayed
        return {"run_id": self.run_id, "path": self.path, "parent_call_id": self.parent_call_id, "is_replayed": said}

    async def emit(self, make: Callable[[EventOrigin], Event], *, is_replayed: bool | None = None) -> None:
        """Send an event to the listener; it is built only if there is one. For `is_replayed` see `event_origin`."""
        if self.listener is not None:
            await self.listener.send(make(self.event_origin(is_replayed)))

    def emit_soon(self, make: Callable[[EventOrigin], Event]) -> None:
        """Send an event from synchronous code, without waiting."""
        if self.listener is not None:
            self.listener.send_soon(make(self.event_origin()))

    def child_scope(self, agent: str, call_id: str, slot: Slot) -> RunScope:
        """Return the scope of the child run that a tool call starts."""
        return replace(
            self,
            run_id=f"{self.run_id}/{call_id}",
            path=(*self.path, agent),
            steps=self.steps.under(slot),
            parent_call_id=call_id,
            stop_flag=self.stop_flag.for_this_loop(),
            artifacts=self.artifacts.for_subagent(call_id),
        )


@dataclass(frozen=True, slots=True)
class EnclosingBlocks:
    """Budgets and stop flag of the enclosing blocks of code."""

    accounts: tuple[Account, ...] = ()
    stop_flag: StopFlag | None = None
    """Shared by the runs that start here. None: each root run has a flag of its own."""


_shared_stop_flag: ContextVar[StopFlag | None] = ContextVar("agentkit_tree", default=None)


def enclosing_blocks() -> EnclosingBlocks:
    """Return budgets and stop flag of the blocks around a run that begins here, in the running event loop."""
    accounts, stop_flag = enclosing_accounts(), _shared_stop_flag.get()
    if not accounts and (budget := find_missed_block()) is not None:
        log().warning(
            "a run begins in another thread while a budget block is open, which does not hold for it",
            budget=str(budget),
            hint="start the thread's work with contextvars.copy_context().run where the block is meant to hold for it",
        )
    return EnclosingBlocks(accounts, None if stop_flag is None else stop_flag.for_this_loop())


@contextmanager
def share_budget(budget: Budget | None, owner: str, recorded: Amount | None = None) -> Generator[None]:
    """Let the runs that start in the block share one stop flag and, if given, one budget, named after its `owner`.

    `recorded` is what earlier executions of all these runs have spent. None: each of them counts its own.
    """
    token = _shared_stop_flag.set(_shared_stop_flag.get() or StopFlag())
    try:
        account = None if budget is None else Account(budget, owner)
        if account is not None and recorded is not None:
            account.continue_from(recorded)
            account.has_recorded_spending = True
        with nullcontext() if account is None else within_account(account):
            yield
    finally:
        _shared_stop_flag.reset(token)
