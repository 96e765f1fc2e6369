"""The layers between an agent's middleware and its tool: retries, and each attempt's time limit.

Both have the shape of middleware, and what they see are exceptions.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import anyio

from agentkit.errors import ToolTimeout
from agentkit.log import log
from agentkit.tool_calls.cancellation import Driven
from agentkit.tool_calls.failures import may_try_again

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject
    from agentkit.run.middleware import CallTool, ToolRun

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0


async def retried(run: ToolRun, next: CallTool) -> Content:
    """Middleware: a failed call of a tool with `retries=` is made again after a pause; `ctx.attempt` counts."""
    tool, first = run.tool, run.context.attempt
    for attempt in range(first, first + tool.retries):
        try:
            return await next(_of_attempt(run, attempt))
        except Exception as error:
            if not may_try_again(error, tool):
                raise
            log().warning("tool failed and is tried again", tool=tool.name, attempt=attempt, exc_info=error)
        run.context.progress(f"attempt {attempt} of {first + tool.retries} failed, trying again")
        await anyio.sleep(pause_s(attempt))
    return await next(_of_attempt(run, first + tool.retries))


def pause_s(attempt: int) -> float:
    """Seconds until the attempt after this one: any length up to a limit that doubles (full jitter)."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempt - 1))
    return random.uniform(0, longest)  # noqa: S311 - no secret is made of it


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Middleware: an attempt that is not done in time is stopped, and raises ToolTimeout."""

    default_s: float
    """For tools that name no limit of their own. Sub-agents have none."""
    is_run_cancelled: Callable[[], bool]
    """See `Driven.is_unwanted`."""

    async def __call__(self, run: ToolRun, next: CallTool) -> Content:
        """Go on, for as long as the tool has."""
        tool = run.tool
        if tool.is_agent:
            return await next(run)
        timeout_s = tool.timeout_s or self.default_s
        with anyio.CancelScope() as scope:

            def begin() -> None:
                scope.deadline = anyio.current_time() + timeout_s

            def is_unwanted() -> bool:
                return scope.cancel_called or self.is_run_cancelled()

            return await Driven(next(run), tool.name, is_unwanted, begin)
        raise ToolTimeout(f"`{tool.name}` timed out after {timeout_s:g} s and was stopped.")


async def perform(run: ToolRun) -> Content:
    """What all layers stand around: the tool itself, with an input of its own, which it may change."""
    return await run.tool.call(_copied(run.call.input), run.context)


def _copied(given: JSONObject) -> JSONObject:
    def copied(value: object) -> object:
        if isinstance(value, dict):
            return {key: copied(inner) for key, inner in cast("JSONObject", value).items()}
        return [copied(inner) for inner in cast("list[object]", value)] if isinstance(value, list) else value

    try:
        return cast("JSONObject", copied(given))
    except RecursionError:
        return given  # too deep for the tool as well, which says so


def _of_attempt(run: ToolRun, attempt: int) -> ToolRun:
    return run if attempt == run.context.attempt else replace(run, context=replace(run.context, attempt=attempt))
