"""The watchdog: names the tool that blocks the event loop, while it does so and when it is over, with its duration.

An async tool that computes for long or waits in a synchronous call stops every other task of the process. The steps of
a tool are marked where they begin and end, which costs less than a microsecond; one daemon thread of the process looks
at the marks, and sleeps while no tool runs. Tasks that a tool starts itself are not marked.
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
"""Seconds that a step may hold the event loop before it is reported."""
_LOOKS_PER_THRESHOLD = 4
_REMEMBERED = 100

Step: TypeAlias = tuple[str, float]
"""Which tool's step it is, and when it began, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Blockage:
    """A tool held the event loop for longer than THRESHOLD_S."""

    tool: str
    duration_s: float
    where: str
    """`file.py:12 in function`, where it was seen. Empty: it let no other thread look."""


@dataclass(slots=True)
class Seat:
    """What runs now on one event loop's thread."""

    thread_id: int
    calls: int = 0
    """How many tool calls are in progress, most of them waiting."""
    step: Step | None = None
    seen: Step | None = None
    """The last step that was reported while it still ran."""
    where: str = ""

    def begin(self, tool: str) -> Step | None:
        """A step of a tool begins. Returns the one around it, for `end`."""
        around, self.step = self.step, (tool, time.monotonic())
        return around

    def end(self, around: Step | None) -> None:
        """The step is over."""
        step, self.step = self.step, around
        if step is not None and (duration_s := time.monotonic() - step[1]) >= THRESHOLD_S:
            self._report(step, duration_s)

    def look(self) -> None:
        """Report a step that has run for too long, once; called from the watchdog's thread."""
        step = self.step
        if step is None or step is self.seen or (duration_s := time.monotonic() - step[1]) < THRESHOLD_S:
            return
        where = _where(self.thread_id)
        if self.step is step:  # and not the next one already
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
    """The thread, and the seats that it watches, by thread id."""

    seats: dict[int, Seat] = field(default_factory=dict[int, Seat])
    wake: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rouse(self) -> None:
        """Look from now on; a thread that is not there, as after a fork, is started."""
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
                if self.seats:  # taken between the two lines above
                    self.wake.set()


_dog = _Dog()
_blockages: deque[Blockage] = deque(maxlen=_REMEMBERED)


def take_seat() -> Seat:
    """The seat of this thread, to mark the steps of one tool call; `leave_seat` when it is over."""
    thread_id = threading.get_ident()
    seat = _dog.seats.get(thread_id)
    if seat is None:
        seat = _dog.seats[thread_id] = Seat(thread_id)
        _dog.rouse()
    seat.calls += 1
    return seat


def leave_seat(seat: Seat) -> None:
    """A tool call is over."""
    seat.calls -= 1
    if not seat.calls:
        _dog.seats.pop(seat.thread_id, None)


def blockages() -> tuple[Blockage, ...]:
    """The last hundred times that a tool of this process blocked an event loop, the oldest first."""
    return tuple(_blockages)


@cache
def _foreign() -> tuple[str, ...]:
    import sysconfig

    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), Path(__file__).parent)
    return (*(str(Path(folder).resolve()) for folder in folders), "<frozen")


def _where(thread_id: int) -> str:
    """Where a thread is: in the innermost function that is of neither Python, an installed package nor agentkit."""
    # Documented in spite of its name, and the only way to look into another thread.
    innermost = frame = sys._current_frames().get(thread_id)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_foreign()):
        frame = frame.f_back
    found: FrameType | None = frame or innermost
    if found is None:
        return ""
    return f"{found.f_code.co_filename}:{found.f_lineno} in {found.f_code.co_name}"
