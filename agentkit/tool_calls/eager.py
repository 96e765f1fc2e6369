"""Calls that begin while the reply still comes: those that only read, once the model has moved on from them.

Two rules for this file: the answer of a begun call counts only for the same call at the same place of a turn that is
kept, be it that turn or the one that was asked for instead; and what nobody claims is over before other calls start.
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
    """Whether calls of this tool may begin early."""
    return tool.effect == "read" and tool.eager and not tool.exclusive


@dataclass(slots=True)
class EarlyCalls:
    """The begun calls of one run that belong to no turn yet."""

    execution: Execution
    is_stuck: Callable[[ToolCall], bool]
    """Whether a call has failed so often that it is not made again."""
    is_on: bool = True
    """Whether calls may begin early at all."""
    thrown_away: set[str] = field(default_factory=set[str], init=False)
    """The ids of the calls that nobody claimed: what became of them is not missed."""
    _tasks: TaskGroup | None = field(default=None, init=False)
    """In which they run. It does not outlive the run."""
    _begun: dict[int, list[Begun]] = field(default_factory=dict[int, list[Begun]], init=False)
    """By their place among the calls of a turn: where it was asked for again, there may be several."""
    _ids: set[str] = field(default_factory=set[str], init=False)
    """Theirs."""
    _is_held: bool = field(default=False, init=False)
    """Whether the reply has a call that runs beside no other one."""

    @property
    def on_call(self) -> OnCall | None:
        """What is told of the calls of a reply that is still coming. None: none would begin."""
        return None if self._tasks is None else self._saw

    async def beside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work of the run, and beside it the calls that begin early."""
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
        tool = self.execution.tools.get(call.name)
        self._is_held = (self._is_held and nth > 1) or (tool is not None and tool.exclusive)
        if tool is None or self._tasks is None or self._is_held:
            return
        if may_begin(tool) and call.invalid_input is None and not self.is_stuck(call):
            self._begin(call, nth, tool, self._tasks)

    def _begin(self, call: ToolCall, nth: int, tool: AnyTool, tasks: TaskGroup) -> None:
        scope = self.execution.scope
        is_in_memory = isinstance(scope.steps, InMemorySteps)
        if self._find(call, nth) is not None or call.id in self._ids:  # a turn with one id twice is asked for again
            return
        if tool.is_agent and not is_in_memory:  # a child has steps of its own, in their order
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
        """Those of a whole turn's calls that have begun, by call id. The others are stopped."""
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
        """Stop what has begun, and wait for its end."""
        left = [begun for several in self._begun.values() for begun in several]
        for begun in left:
            begun.stop()
        self._begun.clear()
        self._ids.clear()
        self.thrown_away.update(begun.call.id for begun in left)
        for begun in left:
            await begun.wait()
            await self.execution.throw_away(begun, THROWN_AWAY)
