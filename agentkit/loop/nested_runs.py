"""Runs that the code of a run starts itself: in a tool, in middleware, in a check of the output.

Three rules for this file: a nested run is a child of the run around it, under its budgets, with its client and its
listener; what threads have started is stopped with the call or the run that they belong to; and once that run has
ended, code that outlives it starts runs of the run further out that still goes on, or else of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import anyio

from agentkit.errors import UsageError
from agentkit.event_loop import EventLoop, start_root_task
from agentkit.loop.durable.recorded_results import charges_of, result_from_json, result_to_json
from agentkit.tools.run_context import stop_request

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject, ToolCall
    from agentkit.run.result import RunResult
    from agentkit.tools.run_context import CallServices

T = TypeVar("T")

_LOOP_ANSWER_S = 0.3
"""Seconds after which an event loop that does not answer is taken for blocked, by code that waits for this thread."""
_CHECK_INTERVAL_S = 0.25
"""Seconds between two looks at the calls whose threads have started runs: they may have been stopped."""
_CLEANUP_TIMEOUT_S = 5.0
"""Seconds that the end of a run waits for the runs of threads that it has stopped."""


@dataclass(slots=True, eq=False)
class _ThreadRun:
    """A nested run that a thread has started, in the event loop of the run around it or in one of its own."""

    loop: EventLoop
    scope: anyio.CancelScope
    must_stop: Callable[[], bool] | None
    """Returns True if the call that it belongs to is, or was, stopped. None: it belongs to no call."""

    def stop(self) -> None:
        self.loop.call_or_post(self.scope.cancel)


@dataclass(slots=True, eq=False)
class NestedRuns:
    """The nested runs of one run. Made in the event loop of that run."""

    around: CallServices | None = None
    """The call, or the run, that started this run itself. None: it is a root."""
    loop: EventLoop = field(default_factory=EventLoop.current)
    results: list[RunResult[object]] = field(default_factory=list["RunResult[object]"], init=False)
    """Their results, in the order in which they ended."""
    is_closed: bool = field(default=False, init=False)
    """True once the run around them has ended."""
    _counts: dict[str, int] = field(default_factory=dict[str, int], init=False)
    """The number of runs that each call has started, by its id."""
    _in_threads: dict[_ThreadRun, None] = field(default_factory=dict[_ThreadRun, None], init=False)
    _watch_end: anyio.Event | None = field(default=None, init=False)
    """Set when there are none in threads any more. None: they are not watched."""

    def next_number(self, call_id: str) -> int:
        """Return the number of the next run that a call starts, from 1: the same in every execution of the call."""
        number = self._counts[call_id] = self._counts.get(call_id, 0) + 1
        return number

    def add_result(self, call: ToolCall, result: RunResult[object]) -> None:
        """Add the result of a run that the code of this call has started."""
        self.results.append(replace(result, tool=call.name, call_id=call.id))

    def runs_of_call(self, call_id: str) -> JSONObject:
        """Return what is recorded of the runs that a call has started; empty if there are none."""
        runs = [result for result in self.results if result.call_id == call_id]
        charges = [charge for result in runs for charge in charges_of(result)]
        return {"runs": [result_to_json(result) for result in runs], "charges": charges} if runs else {}

    def restore_runs(self, recorded: JSONObject) -> None:
        """Add the runs that `runs_of_call` returned in an earlier execution."""
        self.results.extend(map(result_from_json, recorded["runs"]))

    @property
    def can_run_from_thread(self) -> bool:
        """True if a thread may wait for a run in this event loop; False if code of the loop may wait for the thread."""
        return self.loop.answers(_LOOP_ANSWER_S)

    def run_from_thread(self, run: Callable[[], Awaitable[T]]) -> T:
        """Await a run in the event loop of the run around it, from another thread, which waits for it.

        There it can share the client. Raises UsageError if the run, or the call, around it ends before.
        """
        return self.loop.run_from_thread(lambda: self._run_stopped_with_call(run), "the run around this one")

    async def run_stopped_with_call(self, run: Callable[[], Awaitable[T]]) -> T:
        """Await a run here; if another event loop than that of the run around it, it is stopped together with that.

        Raises UsageError if it was stopped. Code of the same event loop decides by itself about what it has started.
        """
        return await (run() if self.loop.is_current else self._run_stopped_with_call(run))

    async def _run_stopped_with_call(self, run: Callable[[], Awaitable[T]]) -> T:
        with anyio.CancelScope() as scope, self._stopped_with_call(scope):
            return await run()
        raise UsageError("The run, or the tool call, that this run belongs to has ended: it was stopped with it.")

    @contextmanager
    def _stopped_with_call(self, scope: anyio.CancelScope) -> Generator[None]:
        """Cancel this scope, of a run that a thread has started, when the call or the run that it belongs to stops."""
        run = _ThreadRun(EventLoop.current(), scope, stop_request.get())
        self._in_threads[run] = None
        if self.is_closed or (self.loop.is_current and run.must_stop is not None and run.must_stop()):
            scope.cancel()
        self.loop.call_or_post(self._start_watch)
        try:
            yield
        finally:
            self._in_threads.pop(run, None)
            if not self._in_threads:
                self.loop.call_or_post(self._end_watch)

    def _start_watch(self) -> None:
        if self._watch_end is None and self._in_threads:
            self._watch_end = anyio.Event()
            with contextlib.suppress(RuntimeError):  # trio takes no more tasks at its very end
                start_root_task(self._watch, "runs in threads")

    def _end_watch(self) -> None:
        if self._watch_end is not None and not self._in_threads:
            self._watch_end.set()
            self._watch_end = None

    async def _watch(self) -> None:
        end = self._watch_end
        while end is not None and not end.is_set():
            for run in tuple(self._in_threads):
                if run.must_stop is not None and run.must_stop():
                    run.stop()
            with anyio.move_on_after(_CHECK_INTERVAL_S):
                await end.wait()

    async def close(self) -> None:
        """Note that the run around them has ended; stop what threads have started and not finished, and wait for it."""
        self.is_closed = True
        if not self._in_threads:
            return
        for run in tuple(self._in_threads):
            run.stop()
        self._start_watch()
        if self._watch_end is not None:
            with anyio.move_on_after(_CLEANUP_TIMEOUT_S, shield=True):
                await self._watch_end.wait()
