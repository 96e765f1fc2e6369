"""Eager tool calls of one run: the calls that start while the reply is still streaming, and the turn that gets them.

Three rules for this file: the result of an eager call counts only for the same call at the same position of the turn
that is kept, be it the streamed turn or its replacement; unclaimed calls have ended before any other call starts; and a
replay has the same unclaimed calls at the same time, those of sub-agents with the steps that they have recorded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from agentkit.tool_calls.eager_call import EagerCall
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tool_calls.started_calls import started_from_json, started_to_json

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.messages.message import JSON, ToolCall
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
    call_ids: CallIds
    """The ids of the calls of the run so far."""
    is_enabled: bool = True
    """False: no call of this run is eager."""
    is_stuck: Callable[[ToolCall], bool] = field(init=False, repr=False)
    """Returns True for a call that has failed so often, before the current turn, that it is not made again."""
    discarded_ids: frozenset[str] = field(default=frozenset(), init=False)
    """Ids of the calls that no turn claimed; their sub-agents do not count as unfinished work of the run."""
    announce: Callable[[], Awaitable[None]] | None = field(default=None, init=False)
    """Records the calls that have started during the current model call. None: the steps are not durable."""
    _task_group: TaskGroup | None = field(default=None, init=False)
    """The task group of the eager calls. None: no call may start. It ends with the run."""
    _unclaimed: dict[int, list[EagerCall]] = field(default_factory=dict[int, list[EagerCall]], init=False)
    """Calls by their position in the turn, from 1; several at one position where the turn was requested again."""
    _stopped: tuple[EagerCall, ...] = field(default=(), init=False)
    """Calls that are dropped, and may still run."""
    _started: tuple[EagerCall, ...] = field(default=(), init=False)
    """The calls that have started during the current model call, of earlier executions too. Empty: not durable."""
    _context: Context = field(init=False, repr=False)
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

    def run_alongside(self, work: Callable[[], Coroutine[object, None, None]]) -> Coroutine[object, None, None]:
        """Return the work of the run, to be awaited, during which calls may start early."""
        if self.is_enabled and any(map(can_run_eagerly, self.runner.tools.values())):
            return self._work_in_task_group(work)
        # An earlier execution of a durable run may have started calls that are not eager any more.
        return self._work_and_discard(work) if self.runner.scope.steps.is_durable else work()

    async def _work_in_task_group(self, work: Callable[[], Coroutine[object, None, None]]) -> None:
        try:
            async with anyio.create_task_group() as self._task_group:
                await self._work_and_discard(work)
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None

    async def _work_and_discard(self, work: Callable[[], Coroutine[object, None, None]]) -> None:
        try:
            await work()
        except Exception:
            for eager_call in self._all_unclaimed():
                if not eager_call.is_running:
                    await eager_call.rebuild()
            raise
        await self.discard_unclaimed()

    def _start_if_eager(self, call: ToolCall, nth: int) -> None:
        """Start a call that was just streamed, the nth of its turn, if it may be eager."""
        tool = self.runner.tools.get(call.name)
        self._has_exclusive_call = (self._has_exclusive_call and nth > 1) or (tool is not None and tool.exclusive)
        if tool is None or self._task_group is None or self._has_exclusive_call:
            return
        if can_run_eagerly(tool) and call.invalid_input is None and not self.is_stuck(call):
            self._start(call, nth, tool, self._task_group)

    def _start(self, call: ToolCall, nth: int, tool: AnyTool, task_group: TaskGroup) -> None:
        if call.id in self.call_ids.used:
            call = self.call_ids.with_own_id(call, self._turn_number)
        known = self._find_same_call(call, nth) if nth in self._unclaimed else None
        if known is not None and not known.is_running:
            self._context.run(known.start, task_group)
        # A turn that has one id twice is dropped and requested again.
        if known is not None or any(one.call.id == call.id for one in self._all_unclaimed()):
            return
        eager_call = self._add(call, nth)
        if self.announce is not None:
            self._started += (eager_call,)
            eager_call.announce = self.announce if tool.is_agent else None
        self._context.run(eager_call.start, task_group)

    def _add(self, call: ToolCall, nth: int) -> EagerCall:
        self.runner.scope.artifacts.reserve_number(call.id, nth)
        eager_call = EagerCall(call, nth, self.runner)
        self._unclaimed.setdefault(nth, []).append(eager_call)
        return eager_call

    def _all_unclaimed(self) -> tuple[EagerCall, ...]:
        return tuple([eager_call for several in self._unclaimed.values() for eager_call in several])

    def _find_same_call(self, call: ToolCall, nth: int) -> EagerCall | None:
        for eager_call in self._unclaimed.get(nth, ()):
            if eager_call.is_same_call(call):
                return eager_call
        return None

    def claim_calls(
        self, calls: Sequence[ToolCall], turn_number: int, *, is_any_allowed: bool
    ) -> tuple[Sequence[ToolCall], dict[str, EagerCall]]:
        """Return the calls of a complete turn, each with an id of its own, and the eager calls among them by that id.

        All other eager calls are stopped: call `discard_unclaimed` before any other call starts.

        Args:
            calls: The calls.
            turn_number: The number of the turn.
            is_any_allowed: False: no eager call may be among them.
        """
        if not self._unclaimed:
            return self.call_ids.own_ids(calls, turn_number), {}
        claimed: dict[int, EagerCall] = {}
        for nth, call in enumerate(calls if is_any_allowed else (), 1):
            eager_call = self._find_same_call(call, nth)
            if eager_call is not None:
                self._unclaimed[nth].remove(eager_call)
                is_moved = (eager_call.call.block_id or eager_call.call.id) != call.id
                if is_moved:
                    self.call_ids.used.add(eager_call.call.id)
                if is_moved or eager_call.is_running:
                    claimed[nth] = eager_call
        if any(self._unclaimed.values()):
            self._stop_unclaimed()
        self._unclaimed.clear()
        own = self.call_ids.own_ids(calls, turn_number)
        by_id: dict[str, EagerCall] = {}
        for nth, eager_call in claimed.items():
            by_id[own[nth - 1].id] = eager_call
        return own, by_id

    def _stop_unclaimed(self) -> None:
        """Stop all unclaimed calls; they keep their ids, under which they may have recorded steps."""
        discarded = self._all_unclaimed()
        self._unclaimed.clear()
        for eager_call in discarded:
            eager_call.stop()
        self.discarded_ids |= {eager_call.call.id for eager_call in discarded}
        self.call_ids.used |= self.discarded_ids
        self._stopped += discarded

    async def discard_unclaimed(self) -> None:
        """Stop all unclaimed calls and wait until they have ended."""
        if self._unclaimed:
            self._stop_unclaimed()
        for eager_call in self._stopped:
            await eager_call.discard()
        self._stopped = ()

    # -- calls of durable runs ---------------------------------------------------------------------------------

    def begin_model_call(
        self, turn_number: int, started: Iterable[JSON], announce: Callable[[], Awaitable[None]]
    ) -> None:
        """Note that a model call begins: `started` are the calls that an earlier execution of it has announced."""
        self._started = ()
        self.announce = announce
        self.restore_started(turn_number, started, ())

    def restore_started(self, turn_number: int, started: Iterable[JSON], reply: Sequence[ToolCall]) -> None:
        """Take over the calls that have started in an earlier execution, as the step of its model call names them."""
        self._turn_number = turn_number
        for nth, call in started_from_json(started, reply):
            is_used = call.id in self.call_ids.used
            own = self.call_ids.with_own_id(call, turn_number) if is_used else call
            self._started += (self._add(own, nth),)

    def started_as_json(self, reply: Sequence[ToolCall] = ()) -> list[JSON]:
        """Return the calls that have started during the current model call, for the step of this call."""
        return started_to_json([(one.position, one.call) for one in self._started], reply)

    async def wait_until_announced(self) -> None:
        """Wait until all of these calls are recorded, so that what is recorded does not depend on the time."""
        for one in self._started:
            if one.was_announced is not None:
                await one.was_announced.wait()
