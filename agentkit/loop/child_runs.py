"""The child runs of one run: numbered, collected, and, where they were started in the background, run concurrently.

Two rules for this file: nothing in it outlives the run; and what a replay has to reproduce (numbers, handles, reports
to the model) depends on the model's order of calls, never on the order in which child runs end.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import anyio

from agentkit.errors import ToolError
from agentkit.loop.background_run import BackgroundRun, BackgroundWork
from agentkit.messages.message import JSONObject, text_of
from agentkit.run.outcome import Unfinished
from agentkit.run.steps import run_step
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.messages.message import ToolCall
    from agentkit.run.result import RunResult
    from agentkit.run.steps import Steps
    from agentkit.tool_calls.call_result import CallResult

RunFunction: TypeAlias = Callable[[], Coroutine[object, None, None]]
"""Performs the run."""

START_TOOL = "start_agent"
"""The tool that starts a sub-agent in the background."""
COLLECT_TOOL = "collect_agent"
"""The tool that returns the result of a sub-agent in the background."""
CANCEL_TOOL = "cancel_agent"
"""The tool that stops a sub-agent in the background."""
_RUNNING = re.compile(r'\{"handle": ?"([^"]+)", ?"state": ?"running"\}')
"""Matches the report of a sub-agent that still runs."""
CANCELLED_BY_TOOL = f"It was stopped by `{CANCEL_TOOL}`."
STILL_RUNNING_AT_END = "It was still running when the run ended."
STOPPED_BY_PARENT = (CANCELLED_BY_TOOL, STILL_RUNNING_AT_END)
"""The reasons of sub-agents that their parent has stopped."""


@dataclass(frozen=True, slots=True)
class CallNumber:
    """The position of a tool call among others, counted from 1 in the model's order."""

    of_agent: int = 1
    """Among all calls of the same sub-agent: unique in the run."""
    of_started: int = 1
    """Among the calls of the same sub-agent that became a run; calls of this turn count in any case."""
    of_run: int = 1
    """Among all calls of the run."""


@dataclass(slots=True)
class ChildRuns:
    """The child runs of one run."""

    recorded_ends: Mapping[str, RunEnd] = field(default_factory=dict[str, "RunEnd"])
    """The ends of child runs that were stopped with a run that is rebuilt, by run id below that of the run."""
    unrecorded_ends: dict[str, RunEnd] = field(default_factory=dict[str, "RunEnd"])
    """The ends of child runs that were stopped with this run, and have no step of their own."""
    _results: tuple[RunResult[object], ...] = ()
    _try_counts: dict[str, int] = field(default_factory=dict[str, int])
    _call_counts: dict[str, int] = field(default_factory=dict[str, int])
    _started_call_ids: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    _call_numbers: dict[str, CallNumber] = field(default_factory=dict[str, CallNumber])
    _background_runs: dict[str, BackgroundRun] = field(default_factory=dict[str, BackgroundRun])
    _tasks: TaskGroup | None = None
    _reminder_count: int = 0
    _was_reminded: bool = False

    @property
    def results(self) -> list[RunResult[object]]:
        """Their results, each try of a call by itself, in the model's order of the calls; dropped ones come last."""
        return sorted(self._results, key=self._place_of)

    def _place_of(self, result: RunResult[object]) -> tuple[int, str]:
        number = self._call_numbers.get(result.call_id)  # calls of a turn that was dropped have no number
        return (sys.maxsize, result.call_id) if number is None else (number.of_run, "")

    # -- numbers and results -----------------------------------------------------------------------------------

    def number_calls(self, calls: Iterable[ToolCall]) -> None:
        """Number the calls of a turn. Call it before the first of them starts."""
        unused = {whom: count - len(self._started_call_ids.get(whom, ())) for whom, count in self._call_counts.items()}
        for call in calls:
            agent_key = _agent_key(call)
            count = self._call_counts[agent_key] = self._call_counts.get(agent_key, 0) + 1
            self._call_numbers[call.id] = CallNumber(
                count, count - unused.get(agent_key, 0), len(self._call_numbers) + 1
            )

    def note_continued(self, started: ToolCall, call: ToolCall) -> None:
        """Give a call that began early, and goes on as a call of another reply, the number of that one."""
        self._call_numbers[started.id] = self._call_numbers[call.id]

    def call_number(self, call: ToolCall) -> CallNumber:
        """Return the number of a call; all ones for a call that was never numbered."""
        return self._call_numbers.get(call.id, CallNumber())

    def record_start(self, call: ToolCall) -> None:
        """Record that the call became a sub-agent's run."""
        self._started_call_ids.setdefault(_agent_key(call), set()).add(call.id)

    def add_result(self, call: ToolCall, result: RunResult[object]) -> None:
        """Add the result of a call's run, or of one try of it."""
        self._results += (replace(result, tool=call.name, call_id=call.id),)
        self._try_counts[call.id] = self.count_tries(call) + 1

    def count_tries(self, call: ToolCall) -> int:
        """Return the number of finished tries of a call."""
        return self._try_counts.get(call.id, 0)

    def unfinished_calls(self, path: tuple[str, ...], *, excluded: Collection[str]) -> Iterator[Unfinished]:
        """Yield the calls whose last try brought no answer, and everything unfinished below them.

        Args:
            path: The path of the delegating run.
            excluded: Ids of calls that are left out.
        """
        kept = [result for result in self.results if result.call_id not in excluded]
        for result in {result.call_id: result for result in kept}.values():
            if result.answer is None:
                reason = f"{result.outcome}: {result.reason}"
                yield Unfinished((*path, result.agent), result.tool, result.call_id, reason)
        for result in kept:
            yield from result.unfinished

    # -- in the background -------------------------------------------------------------------------------------

    def run_alongside(
        self, work: Callable[[], Coroutine[object, None, None]], tools: Iterable[str]
    ) -> Coroutine[object, None, None]:
        """Return the work of the run, to be awaited, during which these tools may start background runs."""
        return self._run_with_background(work) if START_TOOL in tools else work()

    async def _run_with_background(self, work: RunFunction) -> None:
        """Do the work while background runs go on; those still running at its end are stopped."""
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as self._tasks:
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - raised below: in the group it would cut the children short
                    failure = error
                finally:
                    for one in self._background_runs.values():
                        one.stop(STILL_RUNNING_AT_END)
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None
        if failure is not None:
            raise failure

    def start_in_background(self, agent: str, call: ToolCall, work: BackgroundWork) -> JSONObject:
        """Start a sub-agent in the background and return its first report for the model."""
        if self._tasks is None:
            raise ToolError("Nothing runs in the background here.")
        one = self._add_background_run(agent, call)
        self._tasks.start_soon(self._run_in_background, one, work, name=f"agent {one.handle}")
        return one.status_report()

    async def wait_for_end(self, agent: str, call: ToolCall) -> None:
        """Wait for the end of a sub-agent that a call has started in the background, if it has."""
        one = self._background_runs.get(f"{agent}-{self.call_number(call).of_agent}")
        if one is not None:
            await one.ended.wait()

    def note_ended(self, agent: str, call: ToolCall, report: JSONObject) -> None:
        """Note a sub-agent that an earlier execution has started in the background, and that does not run here.

        Args:
            agent: Its name, as its handle begins.
            call: The call that started it.
            report: The report for the model. Empty in a run that has ended, and is rebuilt from its steps.
        """
        one = self._add_background_run(agent, call)
        one.final_report = report
        one.ended.set()

    def _add_background_run(self, agent: str, call: ToolCall) -> BackgroundRun:
        number = self.call_number(call)
        handle = f"{agent}-{number.of_agent}"
        one = self._background_runs[handle] = BackgroundRun(handle, number.of_run)
        return one

    async def collect_reports(self, handles: Sequence[str], *, waits: bool) -> list[JSONObject]:
        """Return the reports of these handles, or of all if none is named. Raises ToolError for an unknown handle."""
        chosen = self._runs_by_handle(handles)
        if waits:
            for one in chosen:
                await one.wait_for_end()
        return [one.status_report() for one in chosen]

    def note_collected(self, call: ToolCall, result: CallResult) -> None:
        """Note which background runs a call, now or in an earlier execution, has reported to the model as ended."""
        if result.is_error:
            return
        waits = call.name == CANCEL_TOOL or call.input.get("wait", True)
        running = set(_RUNNING.findall(text_of(result.content)))
        for handle in call.input.get("handles") or tuple(self._background_runs):
            if handle in self._background_runs and (waits or handle not in running):
                self._background_runs[handle].was_collected = True
                self._background_runs[handle].is_stop_ahead = False

    async def cancel_runs(self, handles: Sequence[str], reason: str) -> list[JSONObject]:
        """Stop these runs and return their reports. Raises ToolError for an unknown handle."""
        for one in self._runs_by_handle(handles):
            one.stop(reason)
        return await self.collect_reports(handles, waits=True)

    async def reminder(self, steps: Steps) -> str | None:
        """Return, once, a note on background runs that the model has not collected. None: there is nothing to note."""
        if self._was_reminded or not self._background_runs:
            return None
        self._reminder_count += 1

        async def effect() -> JSONObject:  # a step: which runs have ended differs in a replay
            return {"text": self._reminder_text()}

        text: str = (await run_step(steps, f"children:{self._reminder_count}", "children", effect))["text"]
        self._was_reminded = bool(text)
        return text or None

    def _reminder_text(self) -> str:
        left = [one for one in self._runs_by_handle(()) if not one.was_collected]
        lines = [
            f"`{one.handle}` {'has ended, and you have not seen its result' if one.has_ended else 'still runs'}."
            for one in left
        ]
        if not left:
            return ""
        return (
            f"Before you end: {' '.join(lines)} Call `{COLLECT_TOOL}` for what you need, then give your answer. If you "
            "answer without it, what still runs is stopped."
        )

    def _runs_by_handle(self, handles: Sequence[str]) -> list[BackgroundRun]:
        unknown = [handle for handle in handles if handle not in self._background_runs]
        if unknown:
            known = ", ".join(one.handle for one in self._runs_by_handle(())) or "none"
            raise ToolError(f"There is no sub-agent {', '.join(map(repr, unknown))}. The handles are: {known}.")
        # The tasks of one turn start in any order, so the order of `_background_runs` is not the model's.
        in_order = sorted(self._background_runs.values(), key=lambda one: one.call_position)
        return [self._background_runs[handle] for handle in dict.fromkeys(handles)] or in_order

    async def _run_in_background(self, one: BackgroundRun, work: BackgroundWork) -> None:
        try:
            one.final_report, was_stopped = await work(one.stop_signal)
            one.is_stop_ahead = was_stopped and not one.stop_signal.reason
        finally:
            one.ended.set()


def _agent_key(call: ToolCall) -> str:
    """Return the key under which calls of one sub-agent are counted; background starts count by themselves."""
    return f"{START_TOOL} {call.input.get('agent')}" if call.name == START_TOOL else call.name
