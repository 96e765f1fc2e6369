"""The lock that makes one process, and one task in it, the owner of a run: it dies with the process.

It is a lock of the operating system on a file beside the journal, which names the owner. There is no lease and no
clock: nobody has to wait for a dead owner, and nobody else can be taken for dead.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from agentkit.errors import RunInProgress
from agentkit.journal.file_lock import try_lock
from agentkit.journal.sqlite import journal_error

_RETRIES = 100
_RETRY_AFTER_S = 0.001
"""Seconds until the next look at a lock whose owner has not written its name yet, or only looks who has it."""

_held: set[int] = set()
"""Descriptors of the locks of this process. A forked process has them, too, and must not keep the runs locked."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that executes a run."""

    pid: int
    host: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def may_live(self) -> bool:
        """False if it is a process of this machine that does not exist any more."""
        if self.host != socket.gethostname():
            return True
        if sys.platform == "win32":  # there, `os.kill` would end it
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class RunLock:
    """The ownership of one run, from `acquire` to `release`."""

    __slots__ = ("_descriptor", "_path", "_pid")

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self._pid = os.getpid()

    @classmethod
    def acquire(cls, journal: Path, run_id: str) -> RunLock:
        """Become the owner of a run.

        Args:
            journal: The file of the journal.
            run_id: The run.

        Raises:
            RunInProgress: It has an owner, which may be this process.
            JournalError: The lock file cannot be written.
        """
        path = _lock_path(journal, run_id)
        owner: Owner | None = None
        for _ in range(_RETRIES):
            try:
                descriptor = _lock(path)
            except OSError as error:
                raise journal_error(error, journal) from error
            if descriptor is not None:
                _held.add(descriptor)
                return cls(descriptor, path)
            owner = _read_owner(path)
            if owner is not None and owner.may_live:
                break
            time.sleep(_RETRY_AFTER_S)
        raise RunInProgress(_in_progress_text(run_id, owner))

    def release(self) -> None:
        """Give the run up, and remove the lock file. A forked process has no lock to give up."""
        if os.getpid() != self._pid:
            return
        _held.discard(self._descriptor)
        if sys.platform == "win32":  # an open file cannot be removed; one that is not locked does no harm
            os.close(self._descriptor)
            with suppress(OSError):
                self._path.unlink()
        else:  # while it is locked: what is removed later may be the file of the next owner
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)


def owner_of(journal: Path, run_id: str) -> Owner | None:
    """Return who executes a run. None: nobody does."""
    path = _lock_path(journal, run_id)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        if try_lock(descriptor, is_shared=True):
            return None
        owner = _read_owner(path) or Owner(0, "an unknown machine")
        return owner if owner.may_live else None  # one that has died may have left a fork that is just beginning
    finally:
        os.close(descriptor)


def _lock_path(journal: Path, run_id: str) -> Path:
    digest = hashlib.sha256(run_id.encode(errors="surrogatepass")).hexdigest()[:32]
    return journal.with_name(f"{journal.name}-run-{digest}.lock")


def _lock(path: Path) -> int | None:
    """Return a descriptor of the locked file, in which this process stands as the owner. None: it is locked."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            if not try_lock(descriptor):
                os.close(descriptor)
                return None
            if _leads_to(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.write(descriptor, json.dumps(asdict(_this_process())).encode())
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the last owner has removed it after we opened it


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _read_owner(path: Path) -> Owner | None:
    """Return the owner that a lock file names. None: its owner has not written it yet."""
    try:
        return Owner(**json.loads(path.read_bytes()))
    except (OSError, TypeError, ValueError):
        return None


def _this_process() -> Owner:
    return Owner(os.getpid(), socket.gethostname())


def _in_progress_text(run_id: str, owner: Owner | None) -> str:
    match owner:
        case None:
            who = "another process"
        case _ if owner == _this_process():
            who = "another task of this process"
        case _:
            who = str(owner)
    return f"Run `{run_id}` is being executed by {who}. Wait for its end, end its owner, or give another run id."


if sys.platform != "win32":

    def _close_all() -> None:
        while _held:
            os.close(_held.pop())

    os.register_at_fork(after_in_child=_close_all)
