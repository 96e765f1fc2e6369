"""Eager tool calls of one run: the calls that start while the reply is still streaming, and the turn that gets them.

Two rules for this file: the result of an eager call counts only for the same call at the same position of the turn that
is kept, be it the streamed turn or its replacement; and unclaimed calls have ended before any other call starts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from agentkit.tool_calls.eager_call import EagerCall
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tool_calls.recorded_call import reserve_call

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.messages.message import ToolCall
    from agentkit.models.stream_accumulator import OnToolCall
    from agentkit.tool_calls.call_ids import CallIds
    from agentkit.tool_calls.call_runner import CallRunner
    from agentkit.tools.toolset import AnyTool


def can_run_eagerly(tool: AnyTool) -> bool:
    """True if calls of this tool may start before the turn is complete."""
    return tool.effect == "read" and tool.eager and not tool.exclusive


@dataclass(slots=True)
class EagerCalls:
    """The eager calls of one run that no complete turn has claimed yet."""

    runner: CallRunner
    is_stuck: Callable[[ToolCall], bool]
    """Returns True for a call that has failed so often that it is not made again."""
    call_ids: CallIds
    """The ids of the calls of the run so far."""
    is_enabled: bool = True
    """False: no call of this run is eager."""
    discarded_ids: set[str] = field(default_factory=set[str], init=False)
    """Ids of the calls that no turn claimed; their sub-agents do not count as unfinished work of the run."""
    _task_group: TaskGroup | None = field(default=None, init=False)
    """The task group of the eager calls. None: no call may start. It ends with the run."""
    _unclaimed: dict[int, list[EagerCall]] = field(default_factory=dict[int, list[EagerCall]], init=False)
    """Calls by their position in the turn, from 1; several at one position where the turn was requested again."""
    _unclaimed_ids: set[str] = field(default_factory=set[str], init=False)
    """The ids of the unclaimed calls."""
    _context: Context = field(default_factory=copy_context, init=False)
    """The context in which the calls of the current turn start: that of a call that waits for the complete turn."""
    _turn_number: int = field(default=0, init=False)
    """The number of the current turn."""
    _has_exclusive_call: bool = field(default=False, init=False)
    """True from the first call of an exclusive tool in the reply on: that call and all after it are not eager."""

    def callback_for_turn(self, number: int) -> OnToolCall | None:
        """Return the callback for each call of the turn of this number. None: no call would start."""
        if self._task_group is None:
            return None
        self._turn_number = number
        self._context = copy_context()  # that of the run: the reply is read inside of the agent's middleware
        return self._start_if_eager

    async def run_alongside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Await the steps of the run, with a task group for its eager calls around them."""
        if not self.is_enabled or not any(map(can_run_eagerly, self.runner.tools.values())):
            await work()
            return
        try:
            async with anyio.create_task_group() as self._task_group:
                await work()
                await self.discard_unclaimed()
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None

    def _start_if_eager(self, call: ToolCall, nth: int) -> None:
        """Start a call that was just streamed, the nth of its turn, if it may be eager."""
        tool = self.runner.tools.get(call.name)
        self._has_exclusive_call = (self._has_exclusive_call and nth > 1) or (tool is not None and tool.exclusive)
        if tool is None or self._task_group is None or self._has_exclusive_call:
            return
        if can_run_eagerly(tool) and call.invalid_input is None and not self.is_stuck(call):
            self._start(call, nth, tool, self._task_group)

    def _start(self, call: ToolCall, nth: int, tool: AnyTool, task_group: TaskGroup) -> None:
        scope = self.runner.scope
        if call.id in self.call_ids.used:
            call = self.call_ids.with_own_id(call, self._turn_number)
        # A turn that has one id twice is dropped and requested again.
        if self._find_same_call(call, nth) is not None or call.id in self._unclaimed_ids:
            return
        if tool.is_agent and scope.steps.is_durable:  # a sub-agent records steps of its own, whose order must not vary
            return
        self._unclaimed_ids.add(call.id)
        scope.artifacts.reserve_number(call.id, nth)
        eager_call = EagerCall(call, reserve_call(self.runner, call, nth), self.runner)
        self._unclaimed.setdefault(nth, []).append(eager_call)
        self._context.run(eager_call.start, task_group)

    def _find_same_call(self, call: ToolCall, nth: int) -> EagerCall | None:
        for eager_call in self._unclaimed.get(nth, ()):
            if eager_call.is_same_call(call):
                return eager_call
        return None

    async def claim_calls(self, calls: Sequence[ToolCall]) -> dict[str, EagerCall]:
        """Return the eager calls that belong to the calls of a complete turn, by call id; stop all others."""
        claimed: dict[str, EagerCall] = {}
        for nth, call in enumerate(calls if self._unclaimed else (), 1):
            eager_call = self._find_same_call(call, nth)
            if eager_call is not None:
                self._unclaimed[nth].remove(eager_call)
                claimed[call.id] = eager_call
        await self.discard_unclaimed()
        self.discarded_ids.difference_update([call.id for call in calls])
        return claimed

    async def discard_unclaimed(self) -> None:
        """Stop all unclaimed calls and wait until they have ended."""
        discarded = [eager_call for several in self._unclaimed.values() for eager_call in several]
        for eager_call in discarded:
            eager_call.stop()
        self._unclaimed.clear()
        self._unclaimed_ids.clear()
        self.discarded_ids.update(eager_call.call.id for eager_call in discarded)
        for eager_call in discarded:
            await eager_call.discard()
