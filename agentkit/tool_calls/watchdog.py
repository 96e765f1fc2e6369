"""The watchdog: log the tool that blocks the event loop, while it does so and again at the end, with its duration.

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
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from agentkit.log import log

if TYPE_CHECKING:
    from types import FrameType

THRESHOLD_S = 1.0
"""Seconds that a step may block the event loop before it is reported."""
_LOOKS_PER_THRESHOLD = 4
_REMEMBERED = 100

Step: TypeAlias = tuple[str, float]
"""The name of the tool, and the time of the monotonic clock when the step began."""


@dataclass(frozen=True, slots=True)
class Blockage:
    """A tool blocked the event loop for longer than THRESHOLD_S."""

    tool: str
    duration_s: float
    where: str
    """The line that blocked: `file.py:12 in function`. Empty: the watchdog's thread could not run meanwhile."""


@dataclass(slots=True)
class Seat:
    """The tool step that runs now on the thread of one event loop."""

    thread_id: int
    calls: int = 0
    """The number of tool calls in progress, most of them waiting."""
    step: Step | None = None
    """The step that runs now. None: no tool runs, all are waiting."""
    seen: Step | None = None
    """The last step that was reported while it still ran."""
    where: str = ""
    """The line in which that step was seen."""

    def begin(self, tool: str) -> Step | None:
        """Note that a step of a tool begins. Return the step around it, to be passed to `end_step`."""
        around, self.step = self.step, (tool, time.monotonic())
        return around

    def end(self, around: Step | None) -> None:
        """Note that the step is over; report it if it blocked the event loop."""
        step, self.step = self.step, around
        if step is not None and (duration_s := time.monotonic() - step[1]) >= THRESHOLD_S:
            self._report(step, duration_s)

    def look(self) -> None:
        """Report a step that still runs and has run for too long, once. Called from the watchdog's thread."""
        step = self.step
        if step is None or step is self.seen or (duration_s := time.monotonic() - step[1]) < THRESHOLD_S:
            return
        where = _where(self.thread_id)
        if self.step is step:  # it may have ended while its line was looked up
            self.seen, self.where = step, where
            log().warning("tool blocks the event loop", tool=step[0], duration_s=round(duration_s, 1), where=where)

    def _report(self, step: Step, duration_s: float) -> None:
        where = self.where if self.seen is step else ""
        blockage = Blockage(step[0], round(duration_s, 3), where)
        _blockages.append(blockage)
        log().warning(
            "tool blocked the event loop",
            tool=blockage.tool,
            duration_s=blockage.duration_s,
            where=where,
            hint="make it a sync function, which runs in a thread, or call what blocks in one",
        )


@dataclass(slots=True)
class _Dog:
    """The daemon thread, and the watches that it checks, by thread id."""

    seats: dict[int, Seat] = field(default_factory=dict[int, Seat])
    wake: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rouse(self) -> None:
        """Wake the thread; start it if there is none, as after a fork."""
        if self.thread is None or not self.thread.is_alive():
            with self.lock:
                if self.thread is None or not self.thread.is_alive():
                    self.wake = threading.Event()
                    self.thread = threading.Thread(target=self._watch, name="agentkit watchdog", daemon=True)
                    self.thread.start()
        if not self.wake.is_set():
            self.wake.set()

    def _watch(self) -> None:
        while self.wake.wait():
            time.sleep(THRESHOLD_S / _LOOKS_PER_THRESHOLD)
            for seat in list(self.seats.values()):
                seat.look()
            if not self.seats:
                self.wake.clear()
                if self.seats:  # acquired between the two lines above
                    self.wake.set()


_dog = _Dog()
_blockages: deque[Blockage] = deque(maxlen=_REMEMBERED)


def take_seat() -> Seat:
    """Return the watch of this thread, for the steps of one tool call; `release_watch` when the call is over."""
    thread_id = threading.get_ident()
    seat = _dog.seats.get(thread_id)
    if seat is None:
        seat = _dog.seats[thread_id] = Seat(thread_id)
        _dog.rouse()
    seat.calls += 1
    return seat


def leave_seat(seat: Seat) -> None:
    """Note that a tool call is over."""
    seat.calls -= 1
    if not seat.calls:
        _dog.seats.pop(seat.thread_id, None)


def blockages() -> tuple[Blockage, ...]:
    """Return the last hundred times that a tool of this process blocked an event loop, the oldest first."""
    return tuple(_blockages)


@cache
def _foreign() -> tuple[str, ...]:
    """Return the path prefixes of code that is not the user's: Python, installed packages, this package."""
    import sysconfig

    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), Path(__file__).parent)
    return (*(str(Path(folder).resolve()) for folder in folders), "<frozen")


def _where(thread_id: int) -> str:
    """Return the line that a thread executes: in the innermost function of the user's own code, if there is one."""
    # A documented function in spite of its name, and the only way to see the frames of another thread.
    innermost = frame = sys._current_frames().get(thread_id)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_foreign()):
        frame = frame.f_back
    found: FrameType | None = frame or innermost
    if found is None:
        return ""
    return f"{found.f_code.co_filename}:{found.f_lineno} in {found.f_code.co_name}"
