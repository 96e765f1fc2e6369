"""What the tests of `chat` share: agents to talk with, who answers, and a terminal to type on and press Ctrl-C."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing.serving import served

TALKERS = """
import asyncio
import sys
import time

import anyio
from agentkit import Agent, tool
from shop import price, clerk, typed


@tool
async def wait() -> str:
    \"\"\"Wait.\"\"\"
    await anyio.sleep_forever()


@tool
async def deaf() -> str:
    \"\"\"Take no heed of a cancellation.\"\"\"
    with anyio.CancelScope(shield=True):
        print("deaf now", file=sys.stderr, flush=True)
        await anyio.sleep_forever()


@tool(effect="read")
async def stuck() -> str:
    \"\"\"Leave a thread behind that the loop waits for.\"\"\"
    def sleep():
        print("stuck now", file=sys.stderr, flush=True)
        time.sleep(300)

    await asyncio.get_running_loop().run_in_executor(None, sleep)


def instructions(ctx):
    raise KeyError("no such customer")


waiter = Agent("waiter", model="claude-opus-5-5", tools=[price, wait, deaf, stuck])
lead = Agent("lead", model="claude-opus-5-5", tools=[clerk.as_tool()])
failing = Agent("failing", model="claude-opus-5-5", instructions=instructions)
"""

_IN_THE_FOREGROUND = """
import fcntl, signal, sys, termios
signal.signal(signal.SIGINT, signal.default_int_handler)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from agentkit.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
_MOST_WAIT_S = 40


@contextmanager
def answering(*replies: Reply) -> Generator[Simulator]:
    """A server on loopback that gives these replies, and that the environment names."""
    simulator = Simulator(Script(*replies))
    with served(simulator) as base_url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANTHROPIC_BASE_URL", base_url)
        environment.setenv("ANTHROPIC_API_KEY", "any")
        yield simulator


def said(simulator: Simulator) -> list[object]:
    """The user's messages in the last request."""
    return [message["content"] for message in simulator.requests[-1]["messages"] if message["role"] == "user"]


class Terminal:
    """The person's side of a terminal."""

    def __init__(self, end: int, process: subprocess.Popen[bytes]) -> None:
        self._end = end
        self.process = process
        self.text = ""
        """What was shown so far."""
        self._seen = 0

    def type(self, text: str) -> None:
        """Press keys; a newline is Enter, `\\x03` Ctrl-C and `\\x04` Ctrl-D."""
        os.write(self._end, text.encode())

    def wait_for(self, text: str) -> None:
        """Wait until a text is shown after what was waited for before."""
        while (place := self.text.find(text, self._seen)) < 0:
            assert self._read(), f"{text!r} was not shown:\n{self.text}"
        self._seen = place + len(text)

    def leave(self) -> int:
        """Wait for the end; gives the exit code."""
        while self._read():
            pass
        return self.process.wait(_MOST_WAIT_S)

    def _read(self) -> bool:
        deadline = time.monotonic() + _MOST_WAIT_S
        ready, _, _ = select.select([self._end], [], [], max(0, deadline - time.monotonic()))
        try:
            data = os.read(self._end, 4096) if ready else b""
        except OSError:  # how Linux says that nobody has the terminal open any more
            data = b""
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@contextmanager
def at_a_terminal(*arguments: str, columns: int = 100) -> Generator[Terminal]:
    """The command with a terminal as stdin, stdout and stderr; inside the block it runs."""
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_THE_FOREGROUND, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns)},
    )
    os.close(terminal)
    try:
        yield Terminal(person, process)
    finally:
        process.kill()
        process.wait()
        os.close(person)
