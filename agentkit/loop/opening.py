"""Open what a run needs and does not keep: its models, its deps, its steps."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, cast

from agentkit.errors import UsageError
from agentkit.loop.durable.late_budgets import goes_on_under
from agentkit.models.batching.batched_model import BatchedModel
from agentkit.models.claude import ClaudeModel
from agentkit.models.client import ClientLease, lease_client
from agentkit.models.model import NeedsNoServer
from agentkit.models.overriding_client import overriding_client
from agentkit.models.rate_limiting.limiter import rate_limiter_of
from agentkit.models.wrapped_models import wrapped
from agentkit.run.agent_spec import AgentSpec, AnySpec, Deps, In, Out
from agentkit.run.deps_source import is_deps_type, open_deps_source
from agentkit.run.steps import Steps
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.budget.budget import Budget
    from agentkit.loop.parent_call import ParentCall
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import StepsStore


@asynccontextmanager
async def open_recorded_steps(
    journal: str | PathLike[str] | StepsStore,
    run_id: str,
    budgets: tuple[Budget | None, Budget | None],
    *,
    may_reopen: bool,
) -> AsyncGenerator[Steps]:
    """Open the steps of a root run in its journal, which the run owns meanwhile.

    Args:
        journal: The journal, as the option `journal=` names it.
        run_id: The id of the run.
        budgets: The budgets of now: that of the run, and that of its agent.
        may_reopen: True: a run that has ended `budget_exhausted` goes on where the budgets of now are larger.

    Raises:
        RunInProgress: Somebody else executes it.
        JournalError: The journal cannot be used.
    """
    store = store_of(journal)
    async with store.open_run(run_id) as steps:
        if not may_reopen or not await goes_on_under(steps, *budgets):
            yield steps
            return
    with suppress(UsageError):  # it did not end for a request: its recorded end stays
        await run_in_thread(partial(store.reopen, run_id), name="reopen a run")
    async with store.open_run(run_id) as steps:
        yield steps


def store_of(journal: str | PathLike[str] | StepsStore) -> StepsStore:
    """Return the store that `journal=` names."""
    if not isinstance(journal, str | PathLike):
        return journal
    from agentkit.journal.journal import as_journal  # late: few runs have one

    return as_journal(journal)


async def open_models(spec: AnySpec, scope: RunScope, stack: AsyncExitStack) -> list[Model]:
    """Open the model of an agent, and its fallback if it has one; the stack keeps their clients open."""
    model = await _open_model(spec.model, spec, scope, stack)
    return [model] if spec.fallback is None else [model, await _open_model(spec.fallback, spec, scope, stack)]


async def _open_model(model: str | Model, spec: AnySpec, scope: RunScope, stack: AsyncExitStack) -> Model:
    """Open a model: with the overriding or the run's client, the agent's own model or client, or the shared client."""
    if isinstance(model, BatchedModel):  # opened by the fan-out
        return model
    makes_replies = isinstance(model, NeedsNoServer) and model.needs_no_server
    if not isinstance(model, str) and (makes_replies or (scope.client is None and overriding_client() is None)):
        if isinstance(model, ClaudeModel):
            client = await stack.enter_async_context(ClientLease(model.client))
            return wrapped(model if client is model.client else replace(model, client=client))
        return wrapped(model)
    name = model if isinstance(model, str) else model.name
    client = await stack.enter_async_context(lease_client(scope.client or scope.agent_client))
    return wrapped(ClaudeModel(name, client, spec.retry.idle_timeout_s, rate_limiter_of(client, name)))


async def open_deps(
    spec: AgentSpec[Deps, In, Out], options: RunOptions[Deps], parent: ParentCall | None, stack: AsyncExitStack
) -> Deps:
    """Open the value for `ctx.deps`: as given, the delegating run's, or one for this run, which the stack closes."""
    if "deps" in options:
        return options["deps"]
    if parent is not None and parent.provides_deps(spec.deps):
        return cast("Deps", parent.deps)
    if spec.deps is None or is_deps_type(spec.deps):
        return cast("Deps", None)
    opened = open_deps_source(spec.deps, f"the deps of the agent {spec.name!r}")
    return cast("Deps", await stack.enter_async_context(opened))
