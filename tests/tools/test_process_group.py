"""The end of a program with its process group, by itself and by signals."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import anyio
import pytest

from agentkit.tools.process_group import end_process_group, wait_for_exit
from tests.processes import child_pids, gone, pid_in

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name != "posix", reason="needs POSIX")]


@pytest.mark.parametrize("ending", ["exit 3", "sleep 1000"], ids=["has ended", "still runs"])
async def test_nothing_of_the_group_is_left_and_the_program_is_reaped(ending: str, tmp_path: Path) -> None:
    children = child_pids()
    source = f'sleep 1000 & echo $! > "$1"; {ending}'
    program = subprocess.Popen(["sh", "-c", source, "sh", str(tmp_path / "pid")], start_new_session=True)  # noqa: ASYNC220
    child = await pid_in(tmp_path / "pid")
    if ending == "exit 3":
        with anyio.fail_after(20):
            await wait_for_exit(program)
        assert program.returncode is None  # it is not reaped yet, so that its id cannot be another's
    await end_process_group(program)
    assert program.returncode == (3 if ending == "exit 3" else -15)
    await gone(child)
    assert child_pids() <= children
