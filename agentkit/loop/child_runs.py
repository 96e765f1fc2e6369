"""The child runs of one run: numbered, collected, and, where they were started in the background, run concurrently.

Two rules for this file: nothing in it outlives the run; and what a replay has to reproduce (numbers, handles, reports
to the model) depends on the model's order of calls, never on the order in which child runs end.
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
"""The tool that returns the result of a sub-agent in the background."""
CANCEL_TOOL = "cancel_agent"
"""The tool that stops a sub-agent in the background."""
RUN_ENDED = "It was still running when the run ended."

Work = Callable[["OffSwitch"], Awaitable[JSONObject]]
"""Runs a sub-agent to its end and returns the report for the model. Raises nothing but interrupts and exits."""


@dataclass(slots=True)
class OffSwitch:
    """Stops one sub-agent's run from another task."""

    reason: str = ""
    """The reason for the stop. Empty: it was not stopped."""
    _scope: anyio.CancelScope | None = field(default=None, repr=False)

    def watch(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope when `stop` is called, or at once if it was called before."""
        self._scope = scope
        if self.reason:
            scope.cancel()

    def turn_off(self, reason: str) -> None:
        """Stop the run; its result names the reason."""
        self.reason = self.reason or reason
        if self._scope is not None:
            self._scope.cancel()


@dataclass(slots=True)
class Beside:
    """A sub-agent that runs in the background."""

    handle: str
    place: int
    """The position of the call that started it among all calls of the run, from 1."""
    off: OffSwitch = field(default_factory=OffSwitch)
    is_over: anyio.Event = field(default_factory=anyio.Event)
    told: JSONObject = field(default_factory=dict[str, object])
    """The report for the model once the run has ended. Empty before that."""
    was_collected: bool = False

    def report(self) -> JSONObject:
        """Return the report for the model: the state, and the result once the run has ended."""
        self.was_collected = self.is_over.is_set()
        return {"handle": self.handle, **(self.told if self.is_over.is_set() else {"state": "running"})}


@dataclass(frozen=True, slots=True)
class CallNumber:
    """The position of a tool call among others, counted from 1 in the model's order."""

    of_all: int = 1
    """Among all calls of the same sub-agent: unique in the run."""
    of_begun: int = 1
    """Among the calls of the same sub-agent that became a run; calls of this turn count in any case."""
    of_run: int = 1
    """Among all calls of the run."""


@dataclass(slots=True)
class Children:
    """The child runs of one run."""

    results: list[RunResult[object]] = field(default_factory=list["RunResult[object]"])
    """Their results, each try of a call by itself, in the order in which they ended."""
    _tries: Counter[str] = field(default_factory=Counter[str])
    _asked: Counter[str] = field(default_factory=Counter[str])
    _begun: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _numbers: dict[str, CallNumber] = field(default_factory=dict[str, CallNumber])
    _beside: dict[str, Beside] = field(default_factory=dict[str, Beside])
    _tasks: TaskGroup | None = None
    _reminders: int = 0
    _was_reminded: bool = False

    # -- numbers and results -----------------------------------------------------------------------------------

    def expect(self, calls: Iterable[ToolCall]) -> None:
        """Number the calls of a turn. Call it before the first of them starts."""
        unused = {whom: count - len(self._begun.get(whom, ())) for whom, count in self._asked.items()}
        for call in calls:
            whom = _whom(call)
            self._asked[whom] += 1
            count = self._asked[whom]
            self._numbers[call.id] = CallNumber(count, count - unused.get(whom, 0), len(self._numbers) + 1)

    def number(self, call: ToolCall) -> CallNumber:
        """Return the number of a call; all ones for a call that was never numbered."""
        return self._numbers.get(call.id, CallNumber())

    def began(self, call: ToolCall) -> None:
        """Record that the call became a sub-agent's run."""
        self._begun.setdefault(_whom(call), set()).add(call.id)

    def adopt(self, call: ToolCall, result: RunResult[object]) -> None:
        """Add the result of a call's run, or of one try of it."""
        self.results.append(replace(result, tool=call.name, call_id=call.id))
        self._tries[call.id] += 1

    def tries(self, call: ToolCall) -> int:
        """Return the number of finished tries of a call."""
        return self._tries[call.id]

    def unfinished(self, path: tuple[str, ...], *, but: Collection[str]) -> Iterator[Unfinished]:
        """Yield the calls whose last try brought no answer, and everything unfinished below them.

        Args:
            path: The path of the delegating run.
            excluded: Ids of calls that are left out.
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
        """Do the work of the run while background runs go on; those still running at its end are stopped."""
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
        """Start a sub-agent in the background and return its first report for the model."""
        if self._tasks is None:
            raise ToolError("Nothing runs in the background here.")
        number = self.number(call)
        handle = f"{agent}-{number.of_all}"
        one = self._beside[handle] = Beside(handle, number.of_run)
        self._tasks.start_soon(self._run, one, work, name=f"agent {handle}")
        return one.report()

    async def collect(self, handles: Sequence[str], *, waits: bool) -> list[JSONObject]:
        """Return the reports of these handles, or of all if none is named. Raises ToolError for an unknown handle."""
        chosen = self._chosen(handles)
        if waits:
            for one in chosen:
                await one.is_over.wait()
        return [one.report() for one in chosen]

    async def cancel(self, handles: Sequence[str], reason: str) -> list[JSONObject]:
        """Stop these runs and return their reports. Raises ToolError for an unknown handle."""
        for one in self._chosen(handles):
            one.off.turn_off(reason)
        return await self.collect(handles, waits=True)

    async def reminder(self, steps: Steps) -> str | None:
        """Return, once, a note on background runs that the model has not collected. None: there is nothing to note."""
        if self._was_reminded or not self._beside:
            return None
        self._reminders += 1

        async def effect() -> JSONObject:  # a step: which runs have ended differs in a replay
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
        # The tasks of one turn start in any order, so the order of `_background_runs` is not the model's.
        in_order = sorted(self._beside.values(), key=lambda one: one.place)
        return [self._beside[handle] for handle in dict.fromkeys(handles)] or in_order

    async def _run(self, one: Beside, work: Work) -> None:
        try:
            one.told = await work(one.off)
        finally:
            one.is_over.set()


def _whom(call: ToolCall) -> str:
    """Return the key under which calls of one sub-agent are counted; background starts count by themselves."""
    return f"{START_TOOL} {call.input.get('agent')}" if call.name == START_TOOL else call.name
