"""Eager tool calls: calls without side effects that start while the reply is still streaming.

Two rules for this file: the result of an eager call counts only for the same call at the same position of the turn that
is kept, be it the streamed turn or its replacement; and unclaimed calls have ended before any other call starts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from agentkit.run.steps import InMemorySteps, Slot
from agentkit.tool_calls.call_result import Begun
from agentkit.tool_calls.cancellation import Above
from agentkit.tool_calls.executor import Execution, first_leaf

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.messages.message import ToolCall
    from agentkit.models.stream_accumulator import OnCall
    from agentkit.tools.toolset import AnyTool

THROWN_AWAY = "Thrown away: the turn that made this call was dropped."


def may_begin(tool: AnyTool) -> bool:
    """True if calls of this tool may start before the turn is complete."""
    return tool.effect == "read" and tool.eager and not tool.exclusive


@dataclass(slots=True)
class EarlyCalls:
    """The eager calls of one run that no complete turn has claimed yet."""

    execution: Execution
    is_stuck: Callable[[ToolCall], bool]
    """Returns True for a call that has failed so often that it is not made again."""
    is_on: bool = True
    """False: no call of this run is eager."""
    thrown_away: set[str] = field(default_factory=set[str], init=False)
    """Ids of the calls that no turn claimed; their sub-agents do not count as unfinished work of the run."""
    _tasks: TaskGroup | None = field(default=None, init=False)
    """The task group of the eager calls. None: no call may start. It ends with the run."""
    _begun: dict[int, list[Begun]] = field(default_factory=dict[int, list[Begun]], init=False)
    """Calls by their position in the turn, from 1; several at one position where the turn was requested again."""
    _ids: set[str] = field(default_factory=set[str], init=False)
    """The ids of the unclaimed calls."""
    _is_held: bool = field(default=False, init=False)
    """True from the first call of an exclusive tool in the reply on: that call and all after it are not eager."""

    @property
    def on_call(self) -> OnCall | None:
        """The callback for each call of a reply that is still streaming. None: no call would start."""
        return None if self._tasks is None else self._saw

    async def beside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Await the steps of the run, with a task group for its eager calls around them."""
        if not self.is_on or not any(map(may_begin, self.execution.tools.values())):
            await work()
            return
        try:
            async with anyio.create_task_group() as self._tasks:
                await work()
                await self.drop()
        except BaseExceptionGroup as group:
            raise first_leaf(group) from None

    def _saw(self, call: ToolCall, nth: int) -> None:
        """Start a call that was just streamed, the nth of its turn, if it may be eager."""
        tool = self.execution.tools.get(call.name)
        self._is_held = (self._is_held and nth > 1) or (tool is not None and tool.exclusive)
        if tool is None or self._tasks is None or self._is_held:
            return
        if may_begin(tool) and call.invalid_input is None and not self.is_stuck(call):
            self._begin(call, nth, tool, self._tasks)

    def _begin(self, call: ToolCall, nth: int, tool: AnyTool, tasks: TaskGroup) -> None:
        scope = self.execution.scope
        is_in_memory = isinstance(scope.steps, InMemorySteps)
        # A turn that has one id twice is dropped and requested again.
        if self._find(call, nth) is not None or call.id in self._ids:
            return
        if tool.is_agent and not is_in_memory:  # a sub-agent records steps of its own, whose order must not vary
            return
        self._ids.add(call.id)
        scope.artifacts.foresee(call.id, nth)
        name = f"tool:{call.id}"
        begun = Begun(call, scope.steps.reserve(name) if is_in_memory else Slot(name))
        self._begun.setdefault(nth, []).append(begun)
        begun.task = tasks.create_task(self.execution.begin(begun, Above(tasks)), name=f"tool {call.name}")

    def _find(self, call: ToolCall, nth: int) -> Begun | None:
        return next((begun for begun in self._begun.get(nth, ()) if begun.asks(call)), None)

    async def claim(self, calls: Sequence[ToolCall]) -> dict[str, Begun]:
        """Return the eager calls that belong to the calls of a complete turn, by call id; stop all others."""
        claimed: dict[str, Begun] = {}
        for nth, call in enumerate(calls if self._begun else (), 1):
            begun = self._find(call, nth)
            if begun is not None:
                self._begun[nth].remove(begun)
                claimed[call.id] = begun
        await self.drop()
        self.thrown_away.difference_update(call.id for call in calls)
        return claimed

    async def drop(self) -> None:
        """Stop all unclaimed calls and wait until they have ended."""
        left = [begun for several in self._begun.values() for begun in several]
        for begun in left:
            begun.stop()
        self._begun.clear()
        self._ids.clear()
        self.thrown_away.update(begun.call.id for begun in left)
        for begun in left:
            await begun.wait()
            await self.execution.throw_away(begun, THROWN_AWAY)
