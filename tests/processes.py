"""Looks at the processes and descriptors of this machine, for tests of programs that are started and ended."""

from __future__ import annotations

import os
from pathlib import Path

import anyio


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie, which somebody else has yet to reap, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    with anyio.fail_after(10):
        while is_running(pid):
            await anyio.sleep(0.01)


def read(file: Path) -> str:
    return file.read_text().strip() if file.is_file() else ""


def open_descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


async def pid_in(file: Path) -> int:
    with anyio.fail_after(20):
        while not (pid := read(file)):
            await anyio.sleep(0.01)
    return int(pid)
