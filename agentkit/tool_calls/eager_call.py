"""The life of one eager call: it starts while the reply is still streaming, and is claimed or discarded.

start --> running --> claim ----> finish     the call of a complete turn gets the result, now or when it is there
             |
             +------> stop -----> discard    no complete turn has this call

One that an earlier execution of a durable run had started is not running until it is started again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from agentkit.run.delegate import DelegatingTool
from agentkit.run.middleware import ToolRun
from agentkit.run.steps import NO_SLOT, Slot
from agentkit.tool_calls.call_events import emit_finished, emit_started, emit_started_soon
from agentkit.tool_calls.call_result import CallResult
from agentkit.tool_calls.cancellation import ParentCancellation
from agentkit.tool_calls.recorded_call import reserve_call, run_recorded_call

if TYPE_CHECKING:
    from anyio import TaskHandle
    from anyio.abc import TaskGroup

    from agentkit.messages.message import ToolCall
    from agentkit.tool_calls.call_runner import CallRunner

DISCARDED = "Thrown away: the turn that made this call was dropped."


@dataclass(slots=True, eq=False)
class EagerCall:
    """A tool call that starts while the reply is still streaming, before its turn is complete."""

    call: ToolCall
    """The call as it was streamed. The call of the complete turn that claims it may have another id."""
    position: int
    """Its position in the turn, from 1."""
    runner: CallRunner
    announce: Callable[[], Awaitable[None]] | None = None
    """Records that the call begins, before it does. None: that is not recorded, or was by an earlier execution."""
    was_announced: anyio.Event | None = field(default=None, init=False)
    """Set once that is recorded. None: it is not."""
    slot: Slot = field(default=NO_SLOT, init=False)
    """The place of the call among the steps, once it is reserved."""
    is_running: bool = field(default=False, init=False)
    """True once this execution has started the call."""
    _is_start_emitted: bool = field(default=False, init=False)
    _task: TaskHandle[None] | None = field(default=None, init=False)
    """The task that runs the call. None: it has not started yet."""
    _claimed_by: ToolCall | None = field(default=None, init=False)
    """The call of a complete turn that gets the result. None: no turn has claimed it yet."""
    _turn_results: dict[str, CallResult] = field(default_factory=dict[str, CallResult], init=False)
    """The results of that turn, by call id."""
    _result: CallResult | None = field(default=None, init=False)
    """The result. None: the call is still running, was stopped, or cancelled itself."""
    _is_done: bool = field(default=False, init=False)
    """True once the call has ended with a result, which the turn that has claimed it has got."""
    _is_stop_requested: bool = field(default=False, init=False)
    """True once `stop` was called; a tool that swallows cancellations is then stopped by force."""

    def is_same_call(self, call: ToolCall) -> bool:
        """True if `call` has the same tool and the same input."""
        own = self.call
        # Identity first: computing a key serializes the input.
        return own.name == call.name and (own.input is call.input or own.key == call.key)

    def start(self, task_group: TaskGroup) -> None:
        """Start the call in a task of its own."""
        self.is_running = True
        self.slot = reserve_call(self.runner, self.call, self.position)
        if self.announce is not None:
            self.was_announced = anyio.Event()
        parent_cancellation = ParentCancellation(task_group)
        self._task = task_group.create_task(
            self._run(lambda: self._is_stop_requested or parent_cancellation.poll()), name=f"tool {self.call.name}"
        )

    async def _run(self, is_stop_requested: Callable[[], bool]) -> None:
        call, runner = self.call, self.runner
        tool = runner.tools[call.name]
        if not self._is_start_emitted:  # a reader that pauses does not hold up the call
            emit_started_soon(runner.scope, call, tool)
        if self.announce is not None and self.was_announced is not None:
            await self.announce()
            self.was_announced.set()
        async with runner.concurrency_limiter:
            run = ToolRun(call, tool, runner.make_context(call, self.slot), runner.scope.path)
            self._result = await runner.run_to_result(run, is_stop_requested)
        if self._claimed_by is not None and not runner.scope.steps.is_durable:
            await self._record_result(self._claimed_by, self._result)
        self._is_done = True

    async def claim(self, call: ToolCall, turn_results: dict[str, CallResult]) -> None:
        """Give the result to a call of a complete turn: it is put into `turn_results` now or when it is there.

        In a durable run `finish` does that, once the result is recorded: the run knows nothing that its journal does
        not know, wherever it is cut off.
        """
        if call.id != self.call.id:
            await self.emit_move(call)
            await emit_started(self.runner.scope, call, self.runner.tools.get(call.name))
        self._claimed_by, self._turn_results = call, turn_results
        if self._result is not None and not self.runner.scope.steps.is_durable:
            await self._record_result(call, self._result)

    async def emit_move(self, call: ToolCall) -> None:
        """Emit that the call goes on under the id of the call that has claimed it."""
        await self._emit_missed_start()
        moved = CallResult(f"Its turn was requested again: it continues as {call.id}.")
        await emit_finished(self.runner.scope, self.call, moved, is_replayed=not self.is_running)

    async def finish(self, slot: Slot) -> None:
        """Wait for the result as a recorded step, in the slot of the call that has claimed it."""
        if self.runner.tools[self.call.name].is_agent:  # it has steps of its own, which are not inside of another one
            await self._result_or_error()
        result = await run_recorded_call(self.runner, slot, self.call, self._result_or_error)
        if self._claimed_by is not None and self._claimed_by.id not in self._turn_results:
            await self._record_result(self._claimed_by, result)

    async def _result_or_error(self) -> CallResult:
        if not self._is_done and self._task is not None:
            await self._task.wait()
        return self._result or self.runner.error_result(f"`{self.call.name}` cancelled itself.")

    def stop(self) -> None:
        """Cancel the call, without waiting for its end."""
        self._is_stop_requested = True
        if self._task is not None:
            self._task.cancel()

    async def discard(self) -> None:
        """Wait for the end of a stopped call that no turn claims, and emit ToolFinished for it."""
        if not self._is_done and self._task is not None:
            await self._task.wait()
        tool = self.runner.tools.get(self.call.name)
        if not self.is_running:
            await self.rebuild()
        if isinstance(tool, DelegatingTool) and self.runner.scope.steps.is_durable:
            await tool.record_drop(self.call, self.runner.make_context(self.call, self.slot))
        result = self.runner.error_result(DISCARDED)
        await emit_finished(self.runner.scope, self.call, result, is_replayed=not self.is_running)

    async def rebuild(self) -> None:
        """Bring back what an earlier execution has recorded of the call, which is not made again."""
        await self._emit_missed_start()
        tool, runner = self.runner.tools.get(self.call.name), self.runner
        self.slot = reserve_call(runner, self.call, self.position)
        await runner.replay_gates(self.call, self.slot)
        if isinstance(tool, DelegatingTool):
            await tool.rebuild(self.call, runner.make_context(self.call, self.slot), was_cut_off=True)

    async def _emit_missed_start(self) -> None:
        """Emit ToolStarted for a call that an earlier execution has started."""
        if not self.is_running and not self._is_start_emitted:
            self._is_start_emitted = True
            tool = self.runner.tools.get(self.call.name)
            await emit_started(self.runner.scope, self.call, tool, is_replayed=True)

    async def _record_result(self, call: ToolCall, result: CallResult) -> None:
        self._turn_results[call.id] = result
        await emit_finished(self.runner.scope, call, result)
