"""Make a blocking wait for the keyboard interruptible by Ctrl-C without a race.

Python runs a signal's handler between two bytecode instructions. A signal that arrives after the last instruction, but
before the C function that waits for a key blocks, is handled only when that wait ends: with the next line. So a second
thread, which the wakeup file descriptor notifies of every signal, interrupts the wait until it has ended.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_FIRST_S = 0.02
"""Seconds from a signal to the first interruption of the wait; each pause is twice the one before."""
_LAST_S = 20.0
"""Seconds of a pause at which interrupting is given up."""


class KeyboardInterrupter:
    """A context manager for the main thread in which no Ctrl-C is lost during `interruptible_wait`."""

    def __init__(self) -> None:
        self._is_waiting = False
        self._can_interrupt = hasattr(signal, "pthread_kill")  # Windows has neither this function nor the race

    def __enter__(self) -> KeyboardInterrupter:
        if self._can_interrupt:
            self._signal_reader, self._signal_writer = socket.socketpair()
            self._signal_writer.setblocking(False)
            self._previous_handler = signal.signal(signal.SIGURG, _ignore_signal)
            self._previous_wakeup_fd = signal.set_wakeup_fd(self._signal_writer.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._interrupt_waits, name="agentkit keyboard", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._can_interrupt:
            signal.set_wakeup_fd(self._previous_wakeup_fd)
            signal.signal(signal.SIGURG, self._previous_handler)
            self._signal_writer.close()  # ends the thread

    @contextmanager
    def interruptible_wait(self) -> Generator[None]:
        """Mark the block as a wait for the keyboard, which a signal shall interrupt."""
        self._is_waiting = True
        try:
            yield
        finally:
            self._is_waiting = False

    def _interrupt_waits(self) -> None:
        main_thread = threading.main_thread().ident or 0
        with self._signal_reader:
            while signals := self._signal_reader.recv(64):  # one byte per signal: its number
                delay_s = _FIRST_S if signal.SIGINT in signals else _LAST_S
                while self._is_waiting and delay_s < _LAST_S:
                    time.sleep(delay_s)
                    delay_s *= 2
                    # SIGURG has no meaning here; its arrival makes the blocking system call return.
                    signal.pthread_kill(main_thread, signal.SIGURG)


def _ignore_signal(_number: int, _frame: FrameType | None) -> None:
    pass
