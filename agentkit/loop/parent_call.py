"""The tool call of a parent run that starts a child run, by itself or by its code: what the run takes from it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.loop.child_runs import CallNumber, ChildRuns
from agentkit.messages.message import ToolCall
from agentkit.run.deps_source import inherits_deps
from agentkit.run.steps import NO_SLOT, Step
from agentkit.tools.run_context import CallServices, current_services, stop_request

if TYPE_CHECKING:
    from agentkit.budget.account import Account
    from agentkit.loop.nested_runs import NestedRuns
    from agentkit.models.overriding_client import Client
    from agentkit.run.events import Event
    from agentkit.run.guardrails.gates import ToolGate
    from agentkit.run.result import RunResult
    from agentkit.run.scope import EventListener, RunScope
    from agentkit.run.steps import Slot


_NO_CALL, _NO_CHILD_RUNS = ToolCall("", "", {}), ChildRuns()
"""The call of code that belongs to none, and its child runs: it delegates nothing."""


@dataclass(frozen=True, slots=True)
class ParentCall(CallServices):
    """One tool call of a parent run: its services, and what the child run that it starts takes from the parent."""

    scope: RunScope
    """The scope of the delegating run."""
    slot: Slot
    """The call's slot among the steps; the child run's steps are under it."""
    call: ToolCall
    deps: object
    """The value of `ctx.deps` in the delegating run's tools."""
    deps_source: object
    """The type or factory of these deps, as the delegating agent names it."""
    child_runs: ChildRuns
    """All child runs of the delegating run."""
    nested_runs: NestedRuns
    """The runs that its code starts."""
    known_scope: RunScope | None = None
    """The child's scope where it was set already. None: it is derived from the call."""

    @property
    def call_number(self) -> CallNumber:
        """The number of this call in the delegating run."""
        return self.child_runs.call_number(self.call)

    @property
    def depth(self) -> int:
        """Levels of the child below the root run: 1 is directly below it."""
        return len(self.scope.path)

    def child_scope(self, agent: str) -> RunScope:
        """Return the scope of the child run."""
        return self.known_scope or self.scope.child_scope(agent, self.call.id, self.slot)

    def add_child_result(self, result: RunResult[object]) -> None:
        """Add the child's result to the delegating run."""
        self.child_runs.add_result(self.call, result)

    def with_child_scope(self, agent: str, accounts: tuple[Account, ...]) -> ParentCall:
        """Return the same call with its child scope set, for all tries of the call, under further budgets."""
        scope = self.child_scope(agent)
        return replace(self, known_scope=replace(scope, accounts=(*scope.accounts, *accounts)) if accounts else scope)

    def for_next_try(self, agent: str) -> ParentCall:
        """Return the same call with a scope for the next try."""
        return self.for_try(agent, self.child_runs.count_tries(self.call) + 1)

    def for_try(self, agent: str, number: int) -> ParentCall:
        """Return the same call with a scope for a try, from 1; later ones have run ids and steps of their own."""
        if number <= 1:
            return self
        first = self.child_scope(agent)
        slot = first.steps.reserve(Step(f"try:{number}", "try"))
        return replace(
            self, known_scope=replace(first, run_id=f"{first.run_id}.{number}", steps=first.steps.under(slot))
        )

    def provides_deps(self, deps_source: object) -> bool:
        """Return True if a child that names this type or factory of deps uses those of the delegating run."""
        return inherits_deps(deps_source, self.deps_source, parent_has_deps=self.deps is not None)


def call_of_run(scope: RunScope, nested_runs: NestedRuns) -> ParentCall:
    """Return the services for code of a run that belongs to no tool call: instructions, middleware, checks."""
    return ParentCall(scope, NO_SLOT, _NO_CALL, None, None, _NO_CHILD_RUNS, nested_runs, redactor=scope.redactor)


def enclosing_call() -> ParentCall | None:
    """Return the tool call, or else the run, whose code runs now. None: no run is around it that goes on.

    Where only a run further out goes on, it is the call there, with the budgets of the one that has ended, and with its
    gates if the call there was stopped.
    """
    call = innermost = current_services.get()
    while isinstance(call, ParentCall) and call.nested_runs.is_closed:
        call = call.nested_runs.around
    if not isinstance(call, ParentCall) or not isinstance(innermost, ParentCall):
        return None
    if call is innermost:
        return call
    gates = gates_of_stopped_call() or call.scope.gates
    return replace(call, scope=replace(call.scope, accounts=innermost.scope.accounts, gates=gates), known_scope=None)


def gates_of_stopped_call() -> tuple[ToolGate, ...]:
    """Return the gates for code of a call that was stopped, such as a thread, and that goes on after its run."""
    call, was_stopped = current_services.get(), stop_request.get()
    return call.scope.gates if isinstance(call, ParentCall) and was_stopped is not None and was_stopped() else ()


def enclosing_client(own: Client | None) -> Client | None:
    """Return the client of a run that begins here and was given none; `own` is that of its agent."""
    call = enclosing_call()
    return own if call is None else call.scope.client or own or call.scope.agent_client


def nested_scope(call: ParentCall, agent: str, own: RunScope) -> RunScope:
    """Return the scope of a run that the code of this call starts; `own` is that of the run for itself."""
    around = call.scope
    return replace(
        own,
        path=(*around.path, agent),
        parent_call_id=call.call.id or None,
        client=own.client or around.client,
        agent_client=own.agent_client or around.agent_client,
        listener=_both_listeners(around.listener, own.listener),
        accounts=tuple(dict.fromkeys((*around.accounts, *own.accounts))),
        stop_flag=around.stop_flag.for_this_loop(),
        redactor=around.redactor,
        middleware=around.middleware,
        gates=around.gates,
    )


def new_run_id(parent: ParentCall | None, around: ParentCall | None, name: str) -> str:
    """Return an id for a run of this agent: the child of a tool call, one that such a call has around it, or a root."""
    if parent is not None:
        return parent.child_scope(name).run_id
    return f"run-{secrets.token_hex(8)}" if around is None else nested_run_id(around, name)


def nested_run_id(call: ParentCall, name: str) -> str:
    """Return the id of the next run, of an agent or of a fan-out, that the code of this call starts."""
    place = f"{call.scope.run_id}/{call.call.id}" if call.call.id else call.scope.run_id
    return f"{place}/{name}-{call.nested_runs.next_number(call.call.id)}"


def _both_listeners(around: EventListener | None, own: EventListener | None) -> EventListener | None:
    return own or around if own is None or around is None else _BothListeners(around, own)


@dataclass(frozen=True, slots=True)
class _BothListeners:
    """Sends the events of a nested stream to its own reader and to that of the run around it."""

    around: EventListener
    own: EventListener

    async def send(self, event: Event) -> None:
        """See `EventListener.send`. The own reader is waited for, as in any stream."""
        self.around.send_soon(event)
        await self.own.send(event)

    def send_soon(self, event: Event) -> None:
        """See `EventListener.send_soon`."""
        self.around.send_soon(event)
        self.own.send_soon(event)
