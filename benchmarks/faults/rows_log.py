"""Logging of the application that fails: the run goes on."""

from __future__ import annotations

import logging
from dataclasses import replace

from agentkit import RunContext, ToolRun, tool
from agentkit.messages.message import Content
from agentkit.run.middleware import CallTool
from benchmarks.faults.agents import Deps, worker
from benchmarks.faults.scenario import (
    FINAL_REPLY,
    PROMPT_MESSAGE,
    assistant_message,
    completes_despite,
    ok_result,
    tool_call,
    user_message,
)

LOGGING = "Logging that fails"


class _FullDisk(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("No space left on device")


async def _with_full_disk(call: ToolRun, next: CallTool) -> Content:
    handler, logger = _FullDisk(), logging.getLogger("agentkit")
    logger.addHandler(handler)
    try:
        return await next(call)
    finally:
        logger.removeHandler(handler)


@tool(effect="read", retries=1)
async def flaky(ctx: RunContext[Deps]) -> str:
    """Fail once: the retry is logged."""
    ctx.deps.record(f"attempt {ctx.attempt}")
    if ctx.attempt == 1:
        raise ValueError("not yet")
    return "done"


_CALL = tool_call("c1", "flaky")
SCENARIOS = (
    completes_despite(
        LOGGING,
        "a handler that raises",
        agent=replace(worker, tools=[flaky], around_tool=[_with_full_disk]),
        script=(_CALL, FINAL_REPLY),
        saw=(PROMPT_MESSAGE, assistant_message(_CALL), user_message(ok_result("c1", "done"))),
        requests=2,
        executed=("attempt 1", "attempt 2"),
    ),
)
