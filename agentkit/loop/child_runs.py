"""The sub-agents of one run: counted, adopted, and, where they were started in the background, running beside it.

Two rules for this file: nothing in it outlives the run; and what a replay has to find again (numbers, handles, what the
model is told) depends on the model's order of calls, never on the order in which things happen to end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from agentkit.errors import ToolError
from agentkit.messages.message import JSONObject
from agentkit.run.outcome import Unfinished
from agentkit.tool_calls.executor import first_leaf

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.messages.message import ToolCall
    from agentkit.run.result import RunResult
    from agentkit.run.steps import Steps

START_TOOL = "start_agent"
"""The tool that starts a sub-agent in the background."""
COLLECT_TOOL = "collect_agent"
"""The tool that brings what it found."""
CANCEL_TOOL = "cancel_agent"
"""The tool that stops it."""
RUN_ENDED = "It was still running when the run ended."

Work = Callable[["OffSwitch"], Awaitable[JSONObject]]
"""The run of a sub-agent in the background, up to what is told of it. Raises nothing but interrupts and exits."""


@dataclass(slots=True)
class OffSwitch:
    """Stops one sub-agent's run from elsewhere."""

    reason: str = ""
    """Why it was stopped. Empty: it was not."""
    _scope: anyio.CancelScope | None = field(default=None, repr=False)

    def watch(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope when it is turned off, or at once if it is."""
        self._scope = scope
        if self.reason:
            scope.cancel()

    def turn_off(self, reason: str) -> None:
        """Stop the run, for a reason that its result says."""
        self.reason = self.reason or reason
        if self._scope is not None:
            self._scope.cancel()


@dataclass(slots=True)
class Beside:
    """A sub-agent in the background."""

    handle: str
    place: int
    """Where the call that started it stands among all calls of the run."""
    off: OffSwitch = field(default_factory=OffSwitch)
    is_over: anyio.Event = field(default_factory=anyio.Event)
    told: JSONObject = field(default_factory=dict[str, object])
    """What came of it, once it is over."""
    was_collected: bool = False

    def report(self) -> JSONObject:
        """What the model is told of it now."""
        self.was_collected = self.is_over.is_set()
        return {"handle": self.handle, **(self.told if self.is_over.is_set() else {"state": "running"})}


@dataclass(frozen=True, slots=True)
class CallNumber:
    """Which call of one sub-agent a tool call is, counted from 1 in the model's order."""

    of_all: int = 1
    """Among all calls of it: unique in the run."""
    of_begun: int = 1
    """Among those that came to something: earlier turns' calls that became no run are not counted."""
    of_run: int = 1
    """Among all calls of the run."""


@dataclass(slots=True)
class Children:
    """The sub-agents of one run."""

    results: list[RunResult[object]] = field(default_factory=list["RunResult[object]"])
    """What they came to, each try of a call by itself, in the order in which they ended."""
    _tries: Counter[str] = field(default_factory=Counter[str])
    _asked: Counter[str] = field(default_factory=Counter[str])
    _begun: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _numbers: dict[str, CallNumber] = field(default_factory=dict[str, CallNumber])
    _beside: dict[str, Beside] = field(default_factory=dict[str, Beside])
    _tasks: TaskGroup | None = None
    _reminders: int = 0
    _was_reminded: bool = False

    # -- counting and adopting ---------------------------------------------------------------------------------

    def expect(self, calls: Iterable[ToolCall]) -> None:
        """Number the calls of a turn, before the first of them starts."""
        unused = {whom: count - len(self._begun.get(whom, ())) for whom, count in self._asked.items()}
        for call in calls:
            whom = _whom(call)
            self._asked[whom] += 1
            count = self._asked[whom]
            self._numbers[call.id] = CallNumber(count, count - unused.get(whom, 0), len(self._numbers) + 1)

    def number(self, call: ToolCall) -> CallNumber:
        """Which call of its sub-agent this is."""
        return self._numbers.get(call.id, CallNumber())

    def began(self, call: ToolCall) -> None:
        """The call became a sub-agent's run."""
        self._begun.setdefault(_whom(call), set()).add(call.id)

    def adopt(self, call: ToolCall, result: RunResult[object]) -> None:
        """Add what a call's run, or one try of it, came to."""
        self.results.append(replace(result, tool=call.name, call_id=call.id))
        self._tries[call.id] += 1

    def tries(self, call: ToolCall) -> int:
        """How often a call was tried."""
        return self._tries[call.id]

    def unfinished(self, path: tuple[str, ...], *, but: Collection[str]) -> Iterator[Unfinished]:
        """The calls whose last try brought no answer, and what is unfinished below; not those of these ids.

        `path` is that of the delegating run.
        """
        kept = [result for result in self.results if result.call_id not in but]
        for result in {result.call_id: result for result in kept}.values():
            if result.answer is None:
                reason = f"{result.outcome}: {result.reason}"
                yield Unfinished((*path, result.agent), result.tool, result.call_id, reason)
        for result in kept:
            yield from result.unfinished

    # -- in the background -------------------------------------------------------------------------------------

    async def beside(self, work: Callable[[], Awaitable[None]], tools: Iterable[str]) -> None:
        """Do the work of the run, and beside it that of the sub-agents that it starts; at its end they are stopped."""
        if START_TOOL not in tools:
            await work()
            return
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as self._tasks:
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - raised below: in the group it would cut the children short
                    failure = error
                finally:
                    for one in self._beside.values():
                        one.off.turn_off(RUN_ENDED)
        except BaseExceptionGroup as group:
            raise first_leaf(group) from None
        if failure is not None:
            raise failure

    def start(self, agent: str, call: ToolCall, work: Work) -> JSONObject:
        """Run a sub-agent in the background. Returns what the model is told of it."""
        if self._tasks is None:
            raise ToolError("Nothing runs in the background here.")
        number = self.number(call)
        handle = f"{agent}-{number.of_all}"
        one = self._beside[handle] = Beside(handle, number.of_run)
        self._tasks.start_soon(self._run, one, work, name=f"agent {handle}")
        return one.report()

    async def collect(self, handles: Sequence[str], *, waits: bool) -> list[JSONObject]:
        """What is told of these, or of all where none is named. Raises ToolError for a handle that there is not."""
        chosen = self._chosen(handles)
        if waits:
            for one in chosen:
                await one.is_over.wait()
        return [one.report() for one in chosen]

    async def cancel(self, handles: Sequence[str], reason: str) -> list[JSONObject]:
        """Stop these, and say what they came to. Raises ToolError for a handle that there is not."""
        for one in self._chosen(handles):
            one.off.turn_off(reason)
        return await self.collect(handles, waits=True)

    async def reminder(self, steps: Steps) -> str | None:
        """What the model has to know before it ends, told once: who still runs, and whose result it has not seen."""
        if self._was_reminded or not self._beside:
            return None
        self._reminders += 1

        async def effect() -> JSONObject:  # who is over by now is not the same in every execution: a step remembers
            return {"text": self._reminder()}

        text: str = (await steps.run(steps.reserve(f"children:{self._reminders}"), effect))["text"]
        self._was_reminded = bool(text)
        return text or None

    def _reminder(self) -> str:
        left = [one for one in self._chosen(()) if not one.was_collected]
        lines = [
            f"`{one.handle}` {'has ended, and you have not seen its result' if one.is_over.is_set() else 'still runs'}."
            for one in left
        ]
        if not left:
            return ""
        return (
            f"Before you end: {' '.join(lines)} Call `{COLLECT_TOOL}` for what you need, then give your answer. If you "
            "answer without it, what still runs is stopped."
        )

    def _chosen(self, handles: Sequence[str]) -> list[Beside]:
        unknown = [handle for handle in handles if handle not in self._beside]
        if unknown:
            known = ", ".join(one.handle for one in self._chosen(())) or "none"
            raise ToolError(f"There is no sub-agent {', '.join(map(repr, unknown))}. The handles are: {known}.")
        # Those of one turn start in any order.
        in_order = sorted(self._beside.values(), key=lambda one: one.place)
        return [self._beside[handle] for handle in dict.fromkeys(handles)] or in_order

    async def _run(self, one: Beside, work: Work) -> None:
        try:
            one.told = await work(one.off)
        finally:
            one.is_over.set()


def _whom(call: ToolCall) -> str:
    """The sub-agent that a call is about, apart from those that are called in another way."""
    return f"{START_TOOL} {call.input.get('agent')}" if call.name == START_TOOL else call.name
