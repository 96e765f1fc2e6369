"""A pipeline at work on a task: a function whose runs of agents are found by themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError
from agentkit.evals.running.agent_work import crash
from agentkit.evals.running.program_failures import is_failure
from agentkit.evals.running.work import AnyResult, Work
from agentkit.loop.nested_runs import NestedRuns
from agentkit.loop.parent_call import call_of_run, enclosing_call
from agentkit.models.stop_flag import StopFlag
from agentkit.run.scope import RunScope, enclosing_blocks
from agentkit.run.steps import IN_MEMORY
from agentkit.tools.options import takes_arguments
from agentkit.tools.run_context import current_services, stop_request

if TYPE_CHECKING:
    from agentkit.evals.contenders import Pipeline
    from agentkit.evals.task import AnyTask
    from agentkit.models.overriding_client import Client


async def run_pipeline(
    pipeline: Pipeline, name: str, task: AnyTask, world: object, run_id: str, client: Client | None
) -> Work:
    """Let a pipeline do a task. Raises ConfigurationError for what only the caller can put right.

    Args:
        pipeline: The function.
        name: Its name in the evaluation.
        task: The task.
        world: The world of the try.
        run_id: The id for its runs of agents to begin with.
        client: The client for them. None: their own.
    """
    given = (task.input, world) if takes_arguments(pipeline, 2) else (task.input,)
    runs: list[AnyResult] = []
    try:
        async with collected_runs(name, run_id, client) as runs:
            output = await pipeline(*given)
    except ConfigurationError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        failed = crash(error)
        return Work(outcome=failed.outcome, reason=failed.reason, runs=runs, is_pipeline=True)
    return Work(output=output, runs=runs, is_pipeline=True)


@asynccontextmanager
async def collected_runs(name: str, run_id: str, client: Client | None) -> AsyncGenerator[list[AnyResult]]:
    """Yield the list to which every run is added, at its end, that code in the block starts.

    Args:
        name: The name of what starts them.
        run_id: The id for them to begin with.
        client: The client for them. None: their own.
    """
    nested = NestedRuns(enclosing_call())
    scope = RunScope(run_id, (name,), IN_MEMORY, client=client, stop_flag=enclosing_blocks().stop_flag or StopFlag())
    token = current_services.set(call_of_run(scope, nested))
    stop_token = stop_request.set(None)
    try:
        yield nested.results
    finally:
        current_services.reset(token)
        stop_request.reset(stop_token)
        await nested.close()
