"""The process of a stdio server: messages both ways, and nothing of its group left, however the server ends."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import anyio
import pytest
from mcp import StdioServerParameters
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCNotification

from agentkit.mcp.posix_transport import posix_transport
from tests.processes import child_pids, gone, open_descriptors, pid_in

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name != "posix", reason="needs POSIX")]

WITH_CHILD = 'sleep 1000 & echo $! > "$1"; '
PROGRAMS = {
    "ends with its stdin": f"{WITH_CHILD} cat",
    "has ended, and its child holds stdout": f"{WITH_CHILD} exit 0",
    "never reads and writes for ever": f"{WITH_CHILD} exec 0<&-; while :; do echo noise; done",
    "ends by no request": f"trap '' TERM; {WITH_CHILD} while :; do sleep 0.1; done",
}


def shell(program: str, file: Path | None = None) -> StdioServerParameters:
    return StdioServerParameters(command="sh", args=["-c", program, "sh", str(file)], encoding_error_handler="replace")


def message(text: str) -> SessionMessage:
    return SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="say", params={"text": text}))


async def test_messages_of_any_size_go_both_ways_and_other_output_is_an_exception() -> None:
    sent = [message("tea"), message("\u20ac" * 1_000_000), message("milk")]
    async with posix_transport(shell("echo noise; cat"), sys.stderr) as (incoming, outgoing):
        assert isinstance(await incoming.receive(), ValueError)
        for one in sent:
            await outgoing.send(one)
            received = await incoming.receive()
            assert isinstance(received, SessionMessage)
            assert received.message == one.message


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that end by no request are stopped, and killed, after a tenth of a second."""
    monkeypatch.setattr("agentkit.mcp.posix_transport._EXIT_TIMEOUT_S", 0.1)
    monkeypatch.setattr("agentkit.tools.process_group.GRACE_S", 0.1)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.usefixtures("short_waits")
async def test_the_whole_group_has_ended_after_the_block(program: str, tmp_path: Path) -> None:
    async with posix_transport(shell(program, tmp_path / "pid"), sys.stderr):
        child = await pid_in(tmp_path / "pid")
    await gone(child)


async def test_the_group_ends_also_when_the_block_is_cancelled(tmp_path: Path) -> None:
    with anyio.CancelScope() as scope:
        async with posix_transport(shell(f"{WITH_CHILD} cat", tmp_path / "pid"), sys.stderr):
            await pid_in(tmp_path / "pid")
            scope.cancel()
            await anyio.sleep_forever()
    await gone(await pid_in(tmp_path / "pid"))


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("program", ["exit 0", f"{WITH_CHILD} exit 0", "exec 0<&- 1>&-; sleep 1000"])
async def test_the_end_of_a_server_ends_its_messages_after_the_last_one(program: str, tmp_path: Path) -> None:
    program = f'echo \'{{"jsonrpc":"2.0","method":"last"}}\'; {program}'
    with anyio.fail_after(30):
        async with posix_transport(shell(program, tmp_path / "pid"), sys.stderr) as (incoming, _):
            last = await incoming.receive()
            assert isinstance(last, SessionMessage)
            with pytest.raises(anyio.EndOfStream):
                await incoming.receive()


@pytest.mark.usefixtures("short_waits")
async def test_a_server_that_reads_no_more_ends_the_session() -> None:
    with anyio.fail_after(30):
        async with posix_transport(shell("exec 0<&-; sleep 1000"), sys.stderr) as (incoming, outgoing):
            await outgoing.send(message("x" * 1_000_000))
            with pytest.raises(anyio.EndOfStream):
                await incoming.receive()


async def test_no_descriptor_and_no_zombie_is_left() -> None:
    children = child_pids()
    async with posix_transport(shell("cat"), sys.stderr):
        pass
    before = open_descriptors()
    for _ in range(3):
        async with posix_transport(shell("cat"), sys.stderr):
            pass
    gc.collect()  # a pipe that nobody closed would warn, and a warning is an error here
    assert open_descriptors() == before
    assert child_pids() <= children
