"""A tool call as a recorded step: announced where it writes, and recorded with all that it left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from agentkit.log import log
from agentkit.models.wire.delayed_call import set_deadline
from agentkit.run.cleanup import is_current_task_cancelled
from agentkit.run.steps import NO_SLOT, Step
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.retry_and_timeout import run_tool
from agentkit.tools.artifacts.recorded import kept_to_json, restore_kept
from agentkit.tools.reconcile import NOT_DONE, UNKNOWN, CallOutcome, reconcile_call

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject, ToolCall
    from agentkit.run.middleware import ToolRun
    from agentkit.run.steps import Slot
    from agentkit.tool_calls.call_runner import CallRunner

OUTCOME_UNKNOWN = (
    "The program stopped while `{tool}` was running, and has been started again. Whether the call took effect is not "
    "known; it was not made again. Find out before you call it once more."
)


def reserve_call(runner: CallRunner, call: ToolCall, position: int) -> Slot:
    """Reserve the slot of a call, the nth of its turn, counted from 1."""
    scope = runner.scope
    if not scope.steps.is_durable:
        return NO_SLOT
    tool = runner.tools.get(call.name)
    return scope.steps.reserve(
        Step(
            f"tool:{call.id}",
            "agent" if tool is not None and tool.is_agent else "tool",
            effect="read" if tool is None else tool.effect,
            key=f"{scope.run_id}:{call.id}",
            request_hash=hashlib.sha256(call.key.encode(errors="surrogatepass")).hexdigest(),
            position=position,
            describe=lambda: call.key,
        )
    )


async def run_recorded_call(
    runner: CallRunner, slot: Slot, call: ToolCall, effect: Callable[[], Awaitable[CallResult]]
) -> CallResult:
    """Return the result of a call: of `effect`, or of an earlier execution, whose artifacts are kept again."""
    scope, nested_runs = runner.scope, runner.nested_runs
    if not scope.steps.is_durable:
        return await effect()
    artifacts = scope.artifacts.slot_for(call.id)
    executed: CallResult | None = None

    async def as_json() -> JSONObject:
        nonlocal executed
        executed = await effect()
        value = executed.to_json()
        if kept := kept_to_json(artifacts):
            value["kept"] = kept
        if nested_runs is not None:
            value |= nested_runs.runs_of_call(call.id)
        return value

    value = dict(await scope.steps.run(slot, as_json))
    restore_kept(artifacts.store, value.pop("kept", ()))
    runs: JSONObject = {name: value.pop(name) for name in ("runs", "charges") if name in value}
    if executed is None and nested_runs is not None and runs:
        nested_runs.restore_runs(runs)
    exception = None if executed is None else executed.exception  # which JSON does not have
    return replace(CallResult.from_json(value), exception=exception)


async def run_announced_call(
    runner: CallRunner, run: ToolRun, slot: Slot, is_stop_requested: Callable[[], bool]
) -> CallResult:
    """Run a call; one that writes is announced right before, so that it is never made twice.

    Of a call that an earlier execution announced and did not finish, the outcome is found out, or the model reads
    that it is not known.
    """
    steps = runner.scope.steps
    if slot.intent is not None:  # it was a call that writes, whatever the tool says now
        found = await _reconciled(runner, run, slot.intent)
        if found is UNKNOWN:
            return unknown_outcome(runner, run.call)
        if found is not NOT_DONE:
            return await runner.checked(run, CallResult(found))
    if run.tool.effect != "write" or not steps.is_durable:
        return await runner.run_to_result(run, is_stop_requested)

    async def announce_and_run(announced: ToolRun) -> Content:
        await steps.announce(slot, {"key": slot.step.key})
        return await run_tool(announced)

    return await runner.run_to_result(run, is_stop_requested, announce_and_run)


def unknown_outcome(runner: CallRunner, call: ToolCall) -> CallResult:
    """Return the result of a call that an earlier execution announced, and that nobody can find out about."""
    return runner.error_result(OUTCOME_UNKNOWN.format(tool=call.name))


async def _reconciled(runner: CallRunner, run: ToolRun, intent: JSONObject) -> Content | CallOutcome:
    """Find out what became of a call, within the time limit of its tool, by the idempotency key that it had."""
    run_id = str(intent.get("key", run.context.idempotency_key)).removesuffix(f":{run.call.id}")
    try:
        with anyio.CancelScope() as scope:
            set_deadline(scope, run.tool.timeout_s or runner.timeout_s)
            return await reconcile_call(run.tool, run.call.input, replace(run.context, run_id=run_id))
    except anyio.get_cancelled_exc_class():
        if is_current_task_cancelled():
            raise
    log().error("the outcome of a call could not be found out in time", tool=run.tool.name, call_id=run.call.id)
    return UNKNOWN
