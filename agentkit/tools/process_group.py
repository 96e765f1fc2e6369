"""The end of a program and of its whole process group. The program has to lead a session of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

import anyio

from agentkit.log import log

GRACE_S = 2.0
"""Seconds between SIGTERM and SIGKILL."""
_KILL_TIMEOUT_S = 5.0
"""Seconds to wait after SIGKILL: a process in an uninterruptible system call does not end."""


async def end_process_group(process: subprocess.Popen[bytes]) -> None:
    """End the program and its process group: SIGTERM, a short wait, SIGKILL; of a program that has ended, the rest.

    The program is reaped last: until then its process id cannot be reused, so the signals reach the right group.
    """
    if not _has_exited(process):
        _signal_group(process, signal.SIGTERM)
        with anyio.move_on_after(GRACE_S):
            await wait_for_exit(process)
    _signal_group(process, signal.SIGKILL)
    with anyio.move_on_after(_KILL_TIMEOUT_S):
        await wait_for_exit(process)
    if process.poll() is None:
        log().error("a process cannot be killed", pid=process.pid)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(
        ProcessLookupError, PermissionError
    ):  # all have ended; macOS refuses where all are zombies
        os.killpg(process.pid, number)


async def wait_for_exit(process: subprocess.Popen[bytes]) -> None:
    """Wait until the program has ended, without reaping it where the system allows that."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not Linux, an old kernel, or a sandbox
        pause_s = 0.001
        while not _has_exited(process):
            await anyio.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.05)
        return
    try:
        await anyio.wait_readable(descriptor)
    finally:
        os.close(descriptor)


def _has_exited(process: subprocess.Popen[bytes]) -> bool:
    if process.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # reaped elsewhere
        return True
    except AttributeError:  # no os.waitid on macOS before Python 3.13
        return process.poll() is not None
