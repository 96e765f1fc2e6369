"""Run the tool calls of one turn concurrently; every call gets exactly one tool result, in the model's order.

Two rules for this file: a tool's failure becomes an error result before its step is recorded, so no call can cost
another its result; and a slot is reserved for every call before the first one starts.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from agentkit.run.delegate import DelegatingTool
from agentkit.run.middleware import ToolRun
from agentkit.run.steps import NotRecorded, RecordedSteps
from agentkit.tool_calls.call_events import emit_finished, emit_started
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.cancellation import ParentCancellation
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tool_calls.recorded_call import reserve_call, run_announced_call, run_recorded_call, unknown_outcome

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall
    from agentkit.run.steps import Slot
    from agentkit.tool_calls.call_runner import CallRunner
    from agentkit.tool_calls.eager_call import EagerCall
    from agentkit.tools.toolset import AnyTool


@dataclass(frozen=True, slots=True)
class ToolCallExecutor:
    """Runs the tool calls of one run, turn by turn."""

    runner: CallRunner

    async def run(
        self,
        calls: Sequence[ToolCall],
        results: dict[str, CallResult],
        allowed_tools: frozenset[str] | None = None,
        eager_calls: Mapping[str, EagerCall] | None = None,
    ) -> None:
        """Run all calls of a turn and put their results into `results`, by call id.

        Args:
            calls: The calls of the turn, in the model's order.
            results: Complete when this returns, partial when it was cancelled. Calls that have one are not run.
            allowed_tools: Calls of any other tool get an error result. None: all tools are allowed.
            eager_calls: Calls that run already, by call id; they are only waited for.
        """
        tools = self.runner.tools
        numbered = [(place, call) for place, call in enumerate(calls, 1) if call.id not in results]
        slots = {call.id: reserve_call(self.runner, call, place) for place, call in numbered}
        unfinished = dict(eager_calls or {})
        for call in calls:
            if call.id in unfinished and unfinished[call.id].is_running:
                await unfinished[call.id].claim(call, results)
            elif call.id in unfinished:
                await self._claim_recorded(call, unfinished, results)
        if self.runner.scope.steps.is_durable:
            await self._replay_recorded(calls, slots, results, unfinished)
        others = [call for call in calls if call.id not in unfinished and call.id not in results]
        if unfinished and any(_is_exclusive(call, tools) for call in others):
            await self._run_and_finish((), slots, results, allowed_tools, unfinished)
            unfinished = {}
        await self._run_and_finish(others, slots, results, allowed_tools, unfinished)
        for call in calls:  # a tool that cancels its own task leaves no result
            if call.id not in results:
                results[call.id] = await self._record_cancelled(call, slots[call.id])
        await anyio.lowlevel.checkpoint_if_cancelled()  # raises a cancellation that every call swallowed

    async def _claim_recorded(
        self, call: ToolCall, eager_calls: dict[str, EagerCall], results: dict[str, CallResult]
    ) -> None:
        """Claim an eager call of an earlier execution: only that of a sub-agent goes on, whose steps have its id."""
        eager_call, tool = eager_calls[call.id], self.runner.tools.get(call.name)
        if tool is not None and tool.is_agent:
            await eager_call.claim(call, results)
        else:
            await eager_call.rebuild()
            await eager_call.emit_move(call)
            del eager_calls[call.id]

    async def _run_and_finish(
        self,
        others: Sequence[ToolCall],
        slots: Mapping[str, Slot],
        results: dict[str, CallResult],
        allowed_tools: frozenset[str] | None,
        eager_calls: Mapping[str, EagerCall],
    ) -> None:
        """Run the other calls and finish the eager ones; durable steps record each of these as soon as it has ended."""
        if not (eager_calls and self.runner.scope.steps.is_durable):
            for batch in _batches(others, self.runner.tools):
                await self._run_batch(batch, slots, results, allowed_tools)
            for call_id, eager_call in eager_calls.items():
                await eager_call.finish(slots[call_id])
            return
        try:
            async with anyio.create_task_group() as tasks:
                for call_id, eager_call in eager_calls.items():
                    if not eager_call.is_running:
                        eager_call.start(tasks)
                    tasks.start_soon(eager_call.finish, slots[call_id])
                for batch in _batches(others, self.runner.tools):
                    await self._run_batch(batch, slots, results, allowed_tools)
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None

    async def _replay_recorded(
        self,
        calls: Sequence[ToolCall],
        slots: Mapping[str, Slot],
        results: dict[str, CallResult],
        eager_calls: dict[str, EagerCall],
    ) -> None:
        """Put in the results that an earlier execution has recorded. Raises NotRecorded in a run that is rebuilt."""
        runner = self.runner
        is_rebuilt = isinstance(runner.scope.steps, RecordedSteps)
        for call in calls:
            slot = slots.get(call.id)
            if slot is None or not (slot.is_recorded or is_rebuilt):
                continue
            started, tool = call, runner.tools.get(call.name)
            if eager_call := eager_calls.pop(call.id, None):
                started = eager_call.call
                await eager_call.rebuild()
            else:
                await emit_started(runner.scope, call, tool, is_replayed=True)
                await runner.replay_gates(call, slot)
                if isinstance(tool, DelegatingTool):
                    await tool.rebuild(call, runner.make_context(call, slot))
            if slot.is_recorded:
                results[call.id] = await run_recorded_call(runner, slot, started, _must_not_run)
                await emit_finished(runner.scope, call, results[call.id], is_replayed=True)
        if is_rebuilt and any(call.id not in results for call in calls):
            raise NotRecorded("a tool call")

    async def _record_cancelled(self, call: ToolCall, slot: Slot) -> CallResult:
        """Return the result of a call whose tool has cancelled its own task."""

        async def effect() -> CallResult:
            return self.runner.error_result(f"`{call.name}` cancelled itself.")

        result = await run_recorded_call(self.runner, slot, call, effect)
        await emit_finished(self.runner.scope, call, result)
        return result

    async def _run_batch(
        self,
        batch: Sequence[ToolCall],
        slots: Mapping[str, Slot],
        results: dict[str, CallResult],
        allowed_tools: frozenset[str] | None,
    ) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                cancellation, run_call = ParentCancellation(tasks), self._run_call
                for call in batch:
                    name = f"tool {call.name}"
                    tasks.start_soon(run_call, call, slots[call.id], results, allowed_tools, cancellation, name=name)
        except BaseExceptionGroup as group:  # only an interrupt or an exit escapes a call
            raise first_leaf_exception(group) from None

    async def _run_call(
        self,
        call: ToolCall,
        slot: Slot,
        results: dict[str, CallResult],
        allowed_tools: frozenset[str] | None,
        parent_cancellation: ParentCancellation,
    ) -> None:
        runner = self.runner
        tool = runner.tools.get(call.name)
        await emit_started(runner.scope, call, tool)
        is_allowed = allowed_tools is None or call.name in allowed_tools
        if tool is None or call.invalid_input is not None or not is_allowed:
            result = await self._refuse_as_step(call, slot, allowed_tools)
        else:
            async with runner.concurrency_limiter:
                result = await self._run_as_step(call, slot, tool, parent_cancellation.poll)
        results[call.id] = result
        await emit_finished(runner.scope, call, result)

    async def _refuse_as_step(self, call: ToolCall, slot: Slot, allowed_tools: frozenset[str] | None) -> CallResult:
        runner = self.runner

        async def refuse() -> CallResult:
            if slot.intent is not None:
                return unknown_outcome(runner, call)
            if allowed_tools is not None and call.name not in allowed_tools:
                return runner.error_result("Not executed: this was the last turn.")
            if call.name not in runner.tools:
                return runner.error_result(_unknown_tool_text(call.name, runner.tools))
            return runner.error_result(_invalid_json_text(call))

        return await run_recorded_call(runner, slot, call, refuse)

    async def _run_as_step(
        self, call: ToolCall, slot: Slot, tool: AnyTool, is_stop_requested: Callable[[], bool]
    ) -> CallResult:
        runner = self.runner
        run = ToolRun(call, tool, runner.make_context(call, slot), runner.scope.path)
        if not runner.scope.steps.is_durable:
            return await runner.run_to_result(run, is_stop_requested)
        if tool.is_agent and slot.intent is not None:  # it was another tool when the call was made
            return await self._refuse_as_step(call, slot, None)
        # A sub-agent records its own steps, so its run is not inside a step of the parent.
        agent_result = await runner.run_to_result(run, is_stop_requested) if tool.is_agent else None

        async def run_once() -> CallResult:
            return agent_result or await run_announced_call(runner, run, slot, is_stop_requested)

        return await run_recorded_call(runner, slot, call, run_once)


async def _must_not_run() -> CallResult:
    raise AssertionError("a recorded call was executed again")


def _is_exclusive(call: ToolCall, tools: Mapping[str, AnyTool]) -> bool:
    tool = tools.get(call.name)
    return tool is not None and tool.exclusive


def _batches(calls: Sequence[ToolCall], tools: Mapping[str, AnyTool]) -> Iterator[Sequence[ToolCall]]:
    """Yield the calls in batches that run concurrently; a call of an exclusive tool is a batch of its own."""
    together: list[ToolCall] = []
    for call in calls:
        if not _is_exclusive(call, tools):
            together.append(call)
            continue
        if together:
            yield together
        yield [call]
        together = []
    if together:
        yield together


def _unknown_tool_text(name: str, tools: Mapping[str, AnyTool]) -> str:
    close = difflib.get_close_matches(name, tools, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"There is no tool `{name}`.{hint} Nothing was executed. The tools are: {', '.join(tools) or 'none'}."


def _invalid_json_text(call: ToolCall) -> str:
    return (
        f"The arguments of `{call.name}` are not one JSON object, so nothing was executed. They began: "
        f"{call.invalid_input}. Call it again with one complete JSON object."
    )
