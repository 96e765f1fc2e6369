"""The owner of a run: one at a time, in one process or in several, until it has ended or died."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentkit import JournalError, RunInProgress
from agentkit.journal.run_lock import Owner, RunLock, owner_of

OWN = """
import os, sys, time
from pathlib import Path
from agentkit.journal.run_lock import RunLock
lock = RunLock.acquire(Path(sys.argv[1]), "r")
if "fork" in sys.argv:
    begun, begin = os.pipe()
    if os.fork() == 0:  # as a pool of processes does, which outlives its parent for a while
        os.close(1)
        lock.release()  # as the end of a block that it has inherited
        os.write(begin, b"x")
        time.sleep(20)
        os._exit(0)
    os.read(begun, 1)
print(os.getpid(), flush=True)
time.sleep(20)
"""


def test_one_of_two_owners_gets_a_run_and_the_other_its_name(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    lock = RunLock.acquire(journal, "r")
    assert owner_of(journal, "r") == Owner(os.getpid(), socket.gethostname())
    with pytest.raises(RunInProgress, match="Run `r` is being executed by another task of this process"):
        RunLock.acquire(journal, "r")
    other = RunLock.acquire(journal, "other")
    lock.release()
    assert owner_of(journal, "r") is None
    RunLock.acquire(journal, "r").release()
    other.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["alone", "fork"])
def test_another_process_is_named_and_a_dead_one_is_not_waited_for(tmp_path: Path, way: str) -> None:
    journal = tmp_path / "runs.db"
    with subprocess.Popen([sys.executable, "-c", OWN, journal, way], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        with pytest.raises(RunInProgress, match=rf"process {pid} on "):
            RunLock.acquire(journal, "r")
        assert owner_of(journal, "r") == Owner(pid, socket.gethostname())
        os.kill(pid, signal.SIGKILL)
        owner.wait()
        assert owner_of(journal, "r") is None
        RunLock.acquire(journal, "r").release()
    assert list(tmp_path.iterdir()) == []


def test_who_has_died_executes_no_run_while_a_fork_of_it_still_has_the_lock(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    lock = RunLock.acquire(journal, "r")
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    (path,) = tmp_path.iterdir()
    path.write_text(json.dumps({"pid": dead.pid, "host": socket.gethostname()}))
    assert owner_of(journal, "r") is None
    lock.release()


def test_many_threads_take_turns_and_leave_no_file(tmp_path: Path) -> None:
    journal, owners, taken, wrong = tmp_path / "runs.db", [0], [0], list[int]()

    def take_turns() -> None:
        for _ in range(50):
            try:
                lock = RunLock.acquire(journal, "r")
            except RunInProgress:
                continue
            owners[0] += 1
            taken[0] += 1
            if owners[0] != 1:
                wrong.append(owners[0])
            owners[0] -= 1
            lock.release()

    threads = [threading.Thread(target=take_turns) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert taken[0] >= 8
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"no folder `.*missing`"):
        RunLock.acquire(tmp_path / "missing" / "runs.db", "r")
    assert owner_of(tmp_path / "missing" / "runs.db", "r") is None
