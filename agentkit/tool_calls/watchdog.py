"""The watchdog: log the tool that blocks the event loop, while it does so and again at the end, with its duration; and
the tool that goes on after its time limit.

An async tool that computes for long or waits in a synchronous call stops every other task of the process. A tool's
coroutine is run step by step, from one `await` to the next, and each step notes its start, which costs less than a
microsecond. One daemon thread of the process checks these notes, and sleeps while no tool runs. Tasks that a tool
starts itself are not watched.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from contextvars import Context
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from agentkit.log import log

if TYPE_CHECKING:
    from types import FrameType

THRESHOLD_S = 1.0
"""Seconds that a step may block the event loop before it is reported."""
_CHECKS_PER_THRESHOLD = 4
_MAX_BLOCKAGES = 100
UNSTOPPABLE_HINT = (
    "it waits where no cancellation reaches it: in a thread or a shielded scope; a sync tool is abandoned at its limit"
)
"""Advice for the log on a tool that does not stop at its time limit."""

RunningStep: TypeAlias = tuple[str, float, Context]
"""The name of the tool, the time of the monotonic clock when the step began, and the context of the call."""
CallLimit: TypeAlias = tuple[str, float, Context]
"""The name of the tool, the time of the monotonic clock at which its timeout ends, and the context of the call."""


@dataclass(frozen=True, slots=True)
class Blockage:
    """A tool blocked the event loop for longer than THRESHOLD_S."""

    tool: str
    duration_s: float
    where: str
    """The line that blocked: `file.py:12 in function`. Empty: the watchdog's thread could not run meanwhile."""


@dataclass(slots=True)
class Watch:
    """The tool step that runs now on the thread of one event loop."""

    thread_id: int
    call_count: int = 0
    """The number of tool calls in progress, most of them waiting."""
    step: RunningStep | None = None
    """The step that runs now. None: no tool runs, all are waiting."""
    reported_step: RunningStep | None = None
    """The last step that was reported while it still ran."""
    reported_where: str = ""
    """The line in which that step was seen."""
    limits: dict[int, CallLimit] = field(default_factory=dict[int, CallLimit])
    """The time limits of the calls in progress that have one, by a key of the call."""
    reported_limits: list[CallLimit] = field(default_factory=list[CallLimit])
    """Those of the calls in progress that were reported because they run on after their limit."""

    def begin_step(self, tool: str, context: Context) -> RunningStep | None:
        """Note that a step of a tool begins. Return the step around it, to be passed to `end_step`."""
        outer_step, self.step = self.step, (tool, time.monotonic(), context)
        return outer_step

    def end_step(self, outer_step: RunningStep | None) -> None:
        """Note that the step is over; report it if it blocked the event loop."""
        step, self.step = self.step, outer_step
        if step is not None and (duration_s := time.monotonic() - step[1]) >= THRESHOLD_S:
            self._report_blockage(step, duration_s)

    def report_long_step(self) -> None:
        """Report a step that still runs and has run for too long, once. Called from the watchdog's thread."""
        step = self.step
        if step is None or step is self.reported_step or (duration_s := time.monotonic() - step[1]) < THRESHOLD_S:
            return
        where = _position_of_thread(self.thread_id)
        if self.step is step:  # it may have ended while its line was looked up
            self.reported_step, self.reported_where = step, where
            step[2].run(_log_long_step, step[0], duration_s, where)

    def report_overdue_calls(self) -> None:
        """Report each call that goes on after its time limit, once. Called from the watchdog's thread."""
        limits = list(self.limits.values())
        self.reported_limits = [one for one in self.reported_limits if any(one is other for other in limits)]
        for one in limits:
            tool, limit, context = one
            if time.monotonic() - limit > THRESHOLD_S and not any(one is other for other in self.reported_limits):
                self.reported_limits.append(one)
                context.run(_log_overdue_call, tool)

    def _report_blockage(self, step: RunningStep, duration_s: float) -> None:
        where = self.reported_where if self.reported_step is step else ""
        self.reported_step = None  # its context would be kept alive
        blockage = Blockage(step[0], round(duration_s, 3), where)
        _blockages.append(blockage)
        log().warning(
            "tool blocked the event loop",
            tool=blockage.tool,
            duration_s=blockage.duration_s,
            where=where,
            hint="make it a sync function, which runs in a thread, or call what blocks in one",
        )


def _log_long_step(tool: str, duration_s: float, where: str) -> None:
    """Log a step that still runs, in the context of its call, which has the fields of its run."""
    log().warning("tool blocks the event loop", tool=tool, duration_s=round(duration_s, 1), where=where)


def _log_overdue_call(tool: str) -> None:
    """Log a call that goes on after its time limit, in its context."""
    log().warning(f"tool `{tool}` runs on after its time limit", tool=tool, hint=UNSTOPPABLE_HINT)


@dataclass(slots=True)
class _WatchdogThread:
    """The daemon thread, and the watches that it checks, by thread id."""

    watches: dict[int, Watch] = field(default_factory=dict[int, Watch])
    wake: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ensure_running(self) -> None:
        """Wake the thread; start it if there is none, as after a fork."""
        if self.thread is None or not self.thread.is_alive():
            with self.lock:
                if self.thread is None or not self.thread.is_alive():
                    self.wake = threading.Event()
                    self.thread = threading.Thread(target=self._check_watches, name="agentkit watchdog", daemon=True)
                    self.thread.start()
        if not self.wake.is_set():
            self.wake.set()

    def _check_watches(self) -> None:
        while self.wake.wait():
            time.sleep(THRESHOLD_S / _CHECKS_PER_THRESHOLD)
            for watch in list(self.watches.values()):
                watch.report_long_step()
                watch.report_overdue_calls()
            if not self.watches:
                self.wake.clear()
                if self.watches:  # acquired between the two lines above
                    self.wake.set()


_watchdog = _WatchdogThread()
_blockages: deque[Blockage] = deque(maxlen=_MAX_BLOCKAGES)


def acquire_watch() -> Watch:
    """Return the watch of this thread, for the steps of one tool call; `release_watch` when the call is over."""
    thread_id = threading.get_ident()
    watch = _watchdog.watches.get(thread_id)
    if watch is None:
        watch = _watchdog.watches[thread_id] = Watch(thread_id)
        _watchdog.ensure_running()
    watch.call_count += 1
    return watch


def release_watch(watch: Watch) -> None:
    """Note that a tool call is over."""
    watch.call_count -= 1
    if not watch.call_count:
        _watchdog.watches.pop(watch.thread_id, None)


def blockages() -> tuple[Blockage, ...]:
    """Return the last hundred times that a tool of this process blocked an event loop, the oldest first."""
    return tuple(_blockages)


@cache
def _library_folders() -> tuple[str, ...]:
    """Return the path prefixes of code that is not the user's: Python, installed packages, this package."""
    import sysconfig

    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), Path(__file__).parent)
    return (*(str(Path(folder).resolve()) for folder in folders), "<frozen")


def _position_of_thread(thread_id: int) -> str:
    """Return the line that a thread executes: in the innermost function of the user's own code, if there is one."""
    # A documented function in spite of its name, and the only way to see the frames of another thread.
    innermost = frame = sys._current_frames().get(thread_id)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_library_folders()):
        frame = frame.f_back
    found: FrameType | None = frame or innermost
    if found is None:
        return ""
    return f"{found.f_code.co_filename}:{found.f_lineno} in {found.f_code.co_name}"
