"""The journals that this process has open: one thread and one connection a file, however many runs use it."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio

from agentkit.journal.commit_thread import CommitThread

_lock = threading.RLock()  # a garbage collection in its block may close a journal


class _OpenFile:
    def __init__(self, path: Path) -> None:
        self.thread = CommitThread(path)
        self.users = 0


_open_files: dict[tuple[int, str], _OpenFile] = {}
"""By process, for a forked one has no threads, and by real path."""


@asynccontextmanager
async def use_journal(path: Path) -> AsyncGenerator[CommitThread]:
    """Open a journal, or use the one that is open."""
    key, thread = _enter(path)
    try:
        yield thread
    finally:
        if _leave(key):
            with anyio.CancelScope(shield=True):
                await thread.close()


@contextmanager
def use_journal_from_thread(path: Path) -> Generator[CommitThread]:
    """Do the same as `use_journal`, while this thread waits."""
    key, thread = _enter(path)
    try:
        yield thread
    finally:
        if _leave(key):
            thread.close_from_thread()


def _enter(path: Path) -> tuple[tuple[int, str], CommitThread]:
    key = os.getpid(), os.path.realpath(path)
    with _lock:
        file = _open_files.get(key)
        if file is None:
            file = _open_files[key] = _OpenFile(Path(key[1]))
        file.users += 1
    return key, file.thread


def _leave(key: tuple[int, str]) -> bool:
    """Return True for the last one, who closes the journal."""
    with _lock:
        file = _open_files[key]
        file.users -= 1
        if file.users == 0:
            del _open_files[key]
        return file.users == 0
