"""Looks at the processes and descriptors of this machine, for tests of programs that are started and ended."""

from __future__ import annotations

from contextlib import suppress
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


def child_pids() -> set[int]:
    """The children of this process, zombies too: compare with those before, which other tests may have left."""
    found: set[int] = set()
    tasks = Path("/proc/self/task")
    for task in tasks.iterdir() if tasks.is_dir() else ():
        with suppress(OSError):  # the thread has ended meanwhile
            found.update(map(int, (task / "children").read_text(encoding="ascii").split()))
    return found


async def pid_in(file: Path) -> int:
    with anyio.fail_after(20):
        while not (pid := read(file)):
            await anyio.sleep(0.01)
    return int(pid)
