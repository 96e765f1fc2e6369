"""The layers between an agent's middleware and its tool: retries, and a timeout for each attempt.

Both are middleware; a failed call reaches them as an exception.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from agentkit.errors import ToolError, ToolTimeout, UsageError
from agentkit.log import log
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.run.left_scopes import close_left_scopes
from agentkit.tool_calls.cancellation import CancellableCall
from agentkit.tool_calls.failures import is_retryable_failure
from agentkit.tool_calls.watchdog import UNSTOPPABLE_HINT
from agentkit.tools.run_context import added_content_of, stop_request

if TYPE_CHECKING:
    from agentkit.messages.message import Content
    from agentkit.run.middleware import CallTool, ToolRun

FIRST_PAUSE_S = 0.2
"""Upper limit of the pause after the first failed attempt, in seconds."""
LONGEST_PAUSE_S = 5.0
"""Upper limit of every pause, in seconds."""
_LEFT_OPEN = (
    "The tool `{tool}` left a cancel scope or a task group open, which is closed. Open what has one, as a session has, "
    "with `async with`; what lasts longer than a call belongs into the agent's `deps=`."
)
LAST_WORDS_S = 1.0
"""Seconds in which a tool that its timeout has reached may still return something, such as a part of its result."""


async def retry_middleware(run: ToolRun, next: CallTool) -> Content:
    """Middleware: retry a failed call of a tool with `retries=`, after a pause; `ctx.attempt` counts the attempts."""
    tool, first = run.tool, run.context.attempt
    added = added_content_of(run.context)
    before = len(added)
    for attempt in range(first, first + tool.retries):
        try:
            return await next(_with_attempt(run, attempt))
        except Exception as error:
            if not is_retryable_failure(error, tool):
                raise
            del added[before:]
            fields = {"tool": tool.name, "call_id": run.context.call_id, "attempt": attempt}
            if isinstance(error, ToolError | ToolTimeout):  # said on purpose: no traceback says more
                log().warning("tool failed and is tried again", exc_info=None, **fields, reason=str(error))
            else:
                log().warning("tool failed and is tried again", exc_info=error, **fields)
        run.context.progress(f"attempt {attempt} of {first + tool.retries} failed, trying again")
        await anyio.sleep(retry_pause_s(attempt))
    return await next(_with_attempt(run, first + tool.retries))


def retry_pause_s(attempt: int) -> float:
    """Return the seconds to wait after this attempt: exponential backoff with full jitter."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempt - 1))
    return random.uniform(0, longest)  # noqa: S311 - not used for security


@dataclass(frozen=True, slots=True)
class TimeoutMiddleware:
    """Middleware: stop an attempt that takes too long, and raise ToolTimeout.

    A tool that cannot be stopped (it waits for a thread, or in a shielded scope) is waited for, named in the log, and
    timed out, too: its late result is dropped. One that the timeout reached may still answer, within LAST_WORDS_S.
    """

    default_timeout_s: float
    """Seconds, for tools without a timeout of their own. Sub-agents have no timeout."""
    is_run_cancelled: Callable[[], bool]
    """Returns True if the run was cancelled; see `CancellableCall.is_stop_requested`."""

    async def __call__(self, run: ToolRun, next: CallTool) -> Content:
        """Run the next layer within the timeout of the tool."""
        tool = run.tool
        if tool.is_agent:
            return await next(run)
        timeout_s = tool.timeout_s or self.default_timeout_s
        scope = anyio.CancelScope()

        def start_timer() -> float:
            set_deadline(scope, timeout_s)
            return time.monotonic() + timeout_s

        def is_stop_requested() -> bool:
            return scope.cancel_called or self.is_run_cancelled()

        call = CancellableCall(next(run), tool.name, is_stop_requested, start_timer)
        stop_request.set(call.must_stop)  # for the runs that threads of the call may start
        raised, late_s = None, 0.0
        try:
            with scope:
                try:
                    content = await call
                except RuntimeError as error:
                    raised = error
                    raise
                finally:
                    late_s = time.monotonic() - call.limit
                    if late_s > LAST_WORDS_S:
                        _log_late_end(run, timeout_s, late_s)
                if late_s <= 0 or (late_s <= LAST_WORDS_S and call.last_cancellation >= call.limit):
                    return content
                if late_s <= LAST_WORDS_S:
                    _log_late_end(run, timeout_s, late_s)
        except RuntimeError as error:
            if error is raised:
                raise
            close_left_scopes(scope)
            raise UsageError(_LEFT_OPEN.format(tool=tool.name)) from error
        finally:
            raised = None  # an exception and the frame that holds it would form a reference cycle
        how = "was stopped" if scope.cancelled_caught else "its result came too late"
        raise ToolTimeout(f"`{tool.name}` timed out after {timeout_s:g} s and {how}.")


def _log_late_end(run: ToolRun, timeout_s: float, late_s: float) -> None:
    name = run.tool.name
    log().warning(
        f"tool `{name}` ended {late_s:.1f} s after its time limit of {timeout_s:g} s",
        tool=name,
        call_id=run.context.call_id,
        timeout_s=timeout_s,
        late_s=round(late_s, 3),
        hint=UNSTOPPABLE_HINT,
    )


async def run_tool(run: ToolRun) -> Content:
    """Run the tool itself, the innermost layer."""
    return await run.tool.call(run.call.input, run.context)


def _with_attempt(run: ToolRun, attempt: int) -> ToolRun:
    return run if attempt == run.context.attempt else replace(run, context=replace(run.context, attempt=attempt))
