"""The runs of a fan-out: one conversation for each item, with one budget, client and log context for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, nullcontext
from dataclasses import KW_ONLY, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, cast

import anyio

from agentkit.agents.fan_out import Done, Emit, Failed, FanOutOptions, fan_out, new_run_id
from agentkit.agents.recorded_messages import without_messages
from agentkit.history.conversation_state import ConversationState
from agentkit.log import LogContext
from agentkit.loop.durable.recorded_input import FROM_JOURNAL
from agentkit.loop.durable.recorded_spending import recorded_amount
from agentkit.loop.lifecycle import RunLifecycle
from agentkit.loop.opening import store_of
from agentkit.loop.parent_call import enclosing_client
from agentkit.loop.run_checks import check_deps_demands
from agentkit.models.batching.batched_model import open_batched_model
from agentkit.models.client import lease_client
from agentkit.redaction.credentials import credentials_of, credentials_of_environment
from agentkit.redaction.redactor import Redactor
from agentkit.run.agent_spec import AgentSpec, Deps, In, Out, check_run_options, spec_with_options
from agentkit.run.deps_source import has_own_deps
from agentkit.run.scope import share_budget
from agentkit.tool_calls.own_task import call_in_own_task

if TYPE_CHECKING:
    from agentkit.models.batching.collector import BatchCollector
    from agentkit.models.overriding_client import Client
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.result import RunResult


async def run_items(
    spec: AgentSpec[Deps, In, Out],
    items: Iterable[In | str],
    emit: Emit[Out] | None,
    how: FanOutOptions[Out],
    options: RunOptions[Deps],
    names: Sequence[str] | None = None,
) -> list[Done[Out] | Failed]:
    """Run every item of a fan-out as `Agent.map` says, and return the results in order.

    With `emit`, each result goes there as it comes, and none is returned. With `names`, an item is known by its name in
    the journal, not by its place.
    """
    check_run_options(spec, options, *(field.name for field in fields(FanOutOptions)))
    agent, shared = spec_with_options(spec, options), options.pop("budget", None)
    store = None if (journal := options.get("journal")) is None else store_of(journal)
    run_id = options.get("run_id") or new_run_id()
    check_deps_demands(agent, has_deps=has_own_deps(agent.deps, options.get("deps")))
    results: dict[int, Done[Out] | Failed] = {}

    async def deliver(result: Done[Out] | Failed) -> None:
        if how.progress is not None:
            await call_in_own_task(how.progress, result, named="the function of progress=")
        if emit is None:
            results[result.index] = result
        else:
            await emit(result)

    async with AsyncExitStack() as stack:
        recorded = () if store is None else await stack.enter_async_context(store.open_runs(run_id))
        stack.enter_context(share_budget(shared, "the map", recorded_amount(recorded)))
        client: Client | None = options.get("client") or enclosing_client(spec.client)
        collector: BatchCollector | None = None
        if how.batch:
            opening = open_batched_model(agent.model, client, spec.retry.idle_timeout_s, how.batch_wait_s)
            model = await stack.enter_async_context(opening)
            agent, client, collector = replace(agent, model=model), model.client, model.collector
        elif isinstance(agent.model, str) and store is None:  # one client for all, also between two items
            client = await stack.enter_async_context(lease_client(client))
        redactor = Redactor.of(spec.redact, [*credentials_of(client), *credentials_of_environment()])
        stack.enter_context(LogContext(redactor, agent=spec.name))
        one = _ItemRuns(agent, options, is_recorded=store is not None, collector=collector).run
        await fan_out(
            one, items, concurrency=how.most_at_once, run_id=run_id, emit=deliver, names=names, redact=redactor.text
        )
    return [results[index] for index in sorted(results)]


@dataclass(frozen=True, slots=True)
class _ItemRuns(Generic[Deps, In, Out]):
    """Runs one item of a fan-out after another."""

    agent: AgentSpec[Deps, In, Out]
    options: RunOptions[Deps]
    _: KW_ONLY
    is_recorded: bool
    """True if a journal has the messages of each run, so that they need not stay in memory."""
    collector: BatchCollector | None
    """Collects the model calls for batches. None: they are made directly."""

    async def run(self, item: In | str, run_id: str, ended: list[RunResult[object]]) -> RunResult[Out]:
        own: RunOptions[Deps] = {**self.options, "run_id": run_id, "model": None, "settings": None, "tools": None}
        lifecycle = RunLifecycle(self.agent, ConversationState(), item, own)
        try:
            with nullcontext() if self.collector is None else self.collector.item():
                await lifecycle.run(None)
        except Exception:
            if lifecycle.agent_loop is not None:
                ended.append(cast("RunResult[object]", lifecycle.result()))
            raise
        result = lifecycle.result()
        return without_messages(result, partial(_read_result, self.agent, own)) if self.is_recorded else result


def _read_result(spec: AgentSpec[Deps, In, Out], options: RunOptions[Deps]) -> RunResult[object]:
    """Return the recorded result of an item, in an event loop of its own: another one may be running here."""

    async def read() -> RunResult[object]:
        lifecycle = RunLifecycle(spec, ConversationState(), FROM_JOURNAL, options)
        await lifecycle.run(None)
        return cast("RunResult[object]", lifecycle.result())

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: anyio.run(read)).result()
