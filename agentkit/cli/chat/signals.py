"""Ctrl-C in the very moment in which a wait for the keyboard begins.

Python calls a signal's handler between two of its own steps. A signal that comes when the last of them is done, and
the C function that waits for a key has not yet begun to wait, is noticed only when that wait ends: with the next line.
So a second thread, which hears of every signal at once, interrupts the wait until it has ended.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_FIRST_S, _LAST_S = 0.02, 20.0
"""Seconds from a signal to the first interruption of the wait; each pause is twice the one before, up to the last."""


class Keyboard:
    """Inside the block, on the main thread, no Ctrl-C is lost while `waiting`."""

    def __init__(self) -> None:
        self._is_waiting = False
        self._can_nudge = hasattr(signal, "pthread_kill")  # Windows cannot, and has no such wait

    def __enter__(self) -> Keyboard:
        if self._can_nudge:
            self._here, self._there = socket.socketpair()
            self._there.setblocking(False)
            self._before = signal.signal(signal.SIGURG, _nothing)
            self._fd_before = signal.set_wakeup_fd(self._there.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._nudge, name="agentkit keyboard", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._can_nudge:
            signal.set_wakeup_fd(self._fd_before)
            signal.signal(signal.SIGURG, self._before)
            self._there.close()  # which ends the thread

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Around a call that waits for the keyboard."""
        self._is_waiting = True
        try:
            yield
        finally:
            self._is_waiting = False

    def _nudge(self) -> None:
        main_thread = threading.main_thread().ident or 0
        with self._here:
            while signals := self._here.recv(64):  # a byte for each, its number
                delay_s = _FIRST_S if signal.SIGINT in signals else _LAST_S
                while self._is_waiting and delay_s < _LAST_S:
                    time.sleep(delay_s)
                    delay_s *= 2
                    # SIGURG means nothing here, and interrupts whatever waits.
                    signal.pthread_kill(main_thread, signal.SIGURG)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass
