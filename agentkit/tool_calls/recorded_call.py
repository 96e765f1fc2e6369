"""A tool call as a recorded step: its result, and the artifacts that it kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from agentkit.tool_calls.call_result import CallResult
from agentkit.tools.artifacts.recorded import kept_to_json, restore_kept

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject, ToolCall
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Slot


async def run_recorded_call(
    scope: RunScope, slot: Slot, call: ToolCall, effect: Callable[[], Awaitable[CallResult]]
) -> CallResult:
    """Return the result of a call: of `effect`, or of an earlier execution, whose artifacts are kept again."""
    if not getattr(scope.steps, "is_durable", True):  # as in `are_durable`, without a call for each step
        return await effect()
    artifacts = scope.artifacts.slot_for(call.id)
    executed: CallResult | None = None

    async def as_json() -> JSONObject:
        nonlocal executed
        executed = await effect()
        kept = kept_to_json(artifacts)
        return {**executed.to_json(), "kept": kept} if kept else executed.to_json()

    value = dict(await scope.steps.run(slot, as_json))
    restore_kept(artifacts.store, value.pop("kept", ()))
    exception = None if executed is None else executed.exception  # which JSON does not have
    return replace(CallResult.from_json(value), exception=exception)
