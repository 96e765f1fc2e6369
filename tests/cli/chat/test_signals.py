"""A Ctrl-C that does not interrupt the wait for the keyboard by itself is heard all the same."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, signal, threading
from agentkit.cli.chat.signals import KeyboardInterrupter

signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the other thread takes it, so no wait ends for it here
read, write = os.pipe()
with KeyboardInterrupter() as keyboard:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with keyboard.interruptible_wait():
            os.read(read, 1)
    except KeyboardInterrupt:
        print("heard")
print(signal.getsignal(signal.SIGURG) == signal.SIG_DFL, signal.set_wakeup_fd(-1))
"""


def test_a_signal_that_comes_before_the_wait_begins_ends_it() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "heard\nTrue -1\n", done.stderr
