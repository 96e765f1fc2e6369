"""The events of one tool call: started, in progress, finished."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agentkit.messages.message import ToolCall, text_of
from agentkit.run.events import ToolFinished, ToolProgress, ToolStarted

if TYPE_CHECKING:
    from agentkit.run.scope import EventOrigin, RunScope
    from agentkit.tool_calls.call_result import CallResult
    from agentkit.tools.toolset import AnyTool


async def emit_started(scope: RunScope, call: ToolCall, tool: AnyTool | None, *, is_replayed: bool = False) -> None:
    """Emit ToolStarted for a call; `tool` is None if there is none of its name."""
    await scope.emit(_started_event(call, tool), is_replayed=is_replayed)


def emit_started_soon(scope: RunScope, call: ToolCall, tool: AnyTool | None) -> None:
    """Emit ToolStarted for a call, without waiting for the reader of the events."""
    scope.emit_soon(_started_event(call, tool))


def _started_event(call: ToolCall, tool: AnyTool | None) -> Callable[[EventOrigin], ToolStarted]:
    is_agent = tool is not None and tool.is_agent
    return lambda origin: ToolStarted(**origin, call_id=call.id, name=call.name, input=call.input, is_agent=is_agent)


async def emit_finished(scope: RunScope, call: ToolCall, result: CallResult, *, is_replayed: bool = False) -> None:
    """Emit ToolFinished for a call, with the text of its result."""
    await scope.emit(
        lambda origin: ToolFinished(
            **origin,
            call_id=call.id,
            name=call.name,
            is_error=result.is_error,
            text=text_of(result.content),
            duration_s=result.duration_s,
            exception=result.exception,
        ),
        is_replayed=is_replayed,
    )


def progress_reporter(scope: RunScope, call: ToolCall) -> Callable[[str, float | None, float | None], None]:
    """Return the listener for `ctx.progress(...)` of a call; it emits ToolProgress, without secrets in its message."""

    def report(message: str, done: float | None, total: float | None) -> None:
        def make_event(origin: EventOrigin) -> ToolProgress:
            text = scope.redactor.text(message)
            return ToolProgress(**origin, call_id=call.id, name=call.name, message=text, done=done, total=total)

        scope.emit_soon(make_event)

    return report
