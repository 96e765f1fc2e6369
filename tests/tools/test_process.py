"""Programs that tools start: their output comes back, and nothing of them stays."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from agentkit import ToolError, UsageError, tool
from agentkit.tools import process
from tests.executing import answer, answers, call
from tests.processes import child_pids, gone, open_descriptors, pid_in

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name != "posix", reason="needs POSIX")]


def python(source: str) -> Sequence[str]:
    return [sys.executable, "-c", source]


async def test_exit_code_and_both_outputs_come_back() -> None:
    done = await process.run(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
    assert (done.returncode, done.stdout, done.stderr, done.is_truncated) == (3, "out\n", "err\n", False)


async def test_input_goes_in_and_without_one_there_is_none() -> None:
    assert (await process.run(["cat"], input="é" * 200_000)).stdout == "é" * 200_000
    assert (await process.run(["cat"], input=b"\x00a")).stdout == "\x00a"
    assert (await process.run(["cat"])).stdout == ""


async def test_a_program_that_does_not_read_its_input_is_no_error() -> None:
    assert (await process.run(["true"], input="x" * 1_000_000)).returncode == 0


async def test_it_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert (await process.run(["ls"], cwd=tmp_path)).stdout == "here\n"
    assert (await process.run(["/usr/bin/env"], env={"A": "1"})).stdout == "A=1\n"
    assert (await process.run([Path("/bin/echo"), "$HOME; ls"])).stdout == "$HOME; ls\n"


async def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert (await process.run(["printf", r"a\377b"])).stdout == "a�b"


async def test_of_a_long_output_head_and_tail_are_kept_and_the_rest_is_counted() -> None:
    source = "import sys; sys.stdout.write('a' * 3_000_000 + 'z' * 3_000_000); sys.stderr.write('short')"
    done = await process.run(python(source), max_output_bytes=1_000)
    assert done.is_truncated
    assert done.stdout == "a" * 700 + "\n[5,999,000 of 6,000,000 bytes left out here]\n" + "z" * 300
    assert done.stderr == "short"
    exact = await process.run(python("print('a' * 1000, end='')"), max_output_bytes=1_000)
    assert (exact.stdout, exact.is_truncated) == ("a" * 1000, False)
    none = await process.run(["echo", "a"], max_output_bytes=0)
    assert none.stdout == "\n[2 of 2 bytes left out here]\n"


async def test_both_outputs_are_read_at_once() -> None:
    source = "import sys\nfor i in range(200): sys.stderr.write('e' * 5000); sys.stdout.write('o' * 5000)"
    done = await process.run(python(source))
    assert (len(done.stdout), len(done.stderr)) == (1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["no-such-program", "x"], "There is no program `no-such-program` here, so nothing was executed."),
        (["/no/such/place/program"], "There is no program `program` here, so nothing was executed."),
        (["/etc/passwd"], "`passwd` was not started: permission denied."),
        (["echo", "a\0b"], "`echo` was not started: an argument holds a character that no program can be given."),
        (["echo", "\ud800"], "`echo` was not started: an argument holds a character that no program can be given."),
        (["echo", "x" * 50_000_000], "`echo` was not started: argument list too long."),
    ],
    ids=["missing", "missing path", "no program", "null", "surrogate", "too long"],
)
async def test_what_cannot_be_started_is_said_in_words_for_the_model(args: list[str], said: str) -> None:
    with pytest.raises(ToolError) as caught:
        await process.run(args)
    assert str(caught.value) == said


async def test_a_missing_directory_is_not_taken_for_a_missing_program() -> None:
    with pytest.raises(ToolError, match="`ls` was not started: its working directory does not exist"):
        await process.run(["ls"], cwd="/no/such/place")


@pytest.mark.parametrize("args", ["git log", b"ls", [], ["ls", 5], [None]])
async def test_what_is_no_list_of_strings_is_the_programs_error(args: Sequence[str]) -> None:
    with pytest.raises(UsageError, match=r"process\.run takes a"):
        await process.run(args)


TREE = """
sleep 1000 & echo $! > "$1.child"
echo $$ > "$1"
{trap}
sleep 1000 & wait; sleep 1000
"""


@pytest.mark.parametrize("trap", ["", "trap '' TERM"], ids=["ends when asked", "has to be killed"])
@pytest.mark.parametrize("how", ["cancel", "timeout"])
async def test_the_whole_group_is_gone_after_a_cancellation_and_a_time_out(
    how: str, trap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trap:
        monkeypatch.setattr("agentkit.tools.process_group.GRACE_S", 0.1)
    file = tmp_path / "pid"
    args = ["sh", "-c", TREE.format(trap=trap), "sh", str(file)]
    started = time.monotonic()
    if how == "timeout":
        with pytest.raises(TimeoutError, match="`sh` took longer than 1 s and was stopped"):
            await process.run(args, timeout_s=1)
    else:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(process.run, args)
            await pid_in(file)
            tasks.cancel_scope.cancel()
    assert time.monotonic() - started < 15
    for name in (file, tmp_path / "pid.child"):
        await gone(await pid_in(name))


async def test_what_the_program_leaves_running_is_ended_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    done = await process.run(["sh", "-c", 'sleep 1000 & echo $! > "$1"; echo started', "sh", str(file)])
    assert (done.returncode, done.stdout) == (0, "started\n")
    await gone(await pid_in(file))


@pytest.mark.skipif(shutil.which("setsid") is None, reason="needs setsid")
async def test_one_that_left_the_group_and_holds_the_pipes_holds_up_nobody(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    source = 'setsid sh -c "echo \\$\\$ > $1; exec sleep 1000" & while ! [ -s "$1" ]; do sleep 0.01; done; echo started'
    with anyio.fail_after(20):
        done = await process.run(["sh", "-c", source, "sh", str(file)])
    assert done.stdout == "started\n"
    os.kill(await pid_in(file), signal.SIGKILL)


async def test_a_signal_that_ends_it_is_its_exit_code() -> None:
    assert (await process.run(["sh", "-c", "kill -9 $$"])).returncode == -9


async def test_no_zombie_no_descriptor_and_no_warning_is_left() -> None:
    children = child_pids()
    await process.run(["true"])
    before = open_descriptors()
    for _ in range(10):
        await process.run(["true"], input="x")
        with anyio.move_on_after(0.01):
            await process.run(["sleep", "1000"])
    gc.collect()  # a pipe or a process that nobody closed would warn, and a warning is an error here
    with anyio.move_on_after(10):  # on a busy machine a stopped program is collected a moment later
        while open_descriptors() != before or not child_pids() <= children:
            await anyio.sleep(0.01)
    assert open_descriptors() == before
    assert child_pids() <= children


async def test_many_run_at_once() -> None:
    seen: list[str] = []

    async def echo(n: int) -> None:
        seen.append((await process.run(["echo", str(n)])).stdout)

    async with anyio.create_task_group() as tasks:
        for n in range(20):
            tasks.start_soon(echo, n)
    assert sorted(map(int, seen)) == list(range(20))


async def test_a_tool_returns_what_came_of_it_and_is_stopped_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"

    @tool(effect="read", timeout_s=5)
    async def shout(text: str) -> process.Completed:
        """Shout."""
        return await process.run(["tr", "a-z", "A-Z"], input=text)

    @tool(effect="write", timeout_s=1.0)
    async def hang() -> process.Completed:
        """Hang."""
        return await process.run(["sh", "-c", 'echo $$ > "$1"; exec sleep 1000', "sh", str(file)])

    @tool(effect="read")
    async def missing() -> process.Completed:
        """Run what is not there."""
        return await process.run(["gti"])

    first, second = await answers([shout, hang], call("shout", 1, text="hi"), call("hang", 2))
    assert first.content == '{"returncode":0,"stdout":"HI","stderr":"","is_truncated":false}'
    assert "timed out after 1 s" in str(second.content)
    await gone(await pid_in(file))
    assert (await answer(missing)).content == "There is no program `gti` here, so nothing was executed."


ELSEWHERE = """
import os, time
import anyio
from agentkit import ToolError, UsageError, process

async def main():
    {change}
    assert (await process.run(["echo", "a"])).stdout == "a\\n"
    try:
        await process.run(["sleep", "1000"], timeout_s=0.1)
    except TimeoutError:
        print("stopped")

anyio.run(main)
"""


@pytest.mark.parametrize("change", ["del os.pidfd_open", "del os.pidfd_open, os.waitid"])
def test_it_works_where_the_system_offers_less(change: str) -> None:
    run = [sys.executable, "-W", "error", "-c", ELSEWHERE.format(change=change)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("stopped\n", "")


def test_without_posix_it_says_so() -> None:
    run = [sys.executable, "-c", ELSEWHERE.format(change="os.name = 'nt'")]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, check=False)
    assert "UsageError: agentkit.process needs a POSIX system" in done.stderr
