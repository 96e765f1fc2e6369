"""One life of a connection: it begins within its time or says why not, and it ends whole."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from mcp import MCPError

from agentkit.errors import ConfigurationError
from agentkit.mcp import HttpServer, InProcessServer, StdioServer
from agentkit.mcp.servers import McpServer
from agentkit.mcp.session import McpSession
from tests.mcp.servers import shop, wild
from tests.mcp.wild_server import TOOLS

pytestmark = pytest.mark.anyio
PYTHON = sys.executable


@asynccontextmanager
async def opened(server: McpServer) -> AsyncGenerator[McpSession]:
    session = McpSession(server, "it", 20)
    await session.open()
    try:
        yield session
    finally:
        await session.aclose()


async def refusal(server: McpServer, timeout_s: float = 20) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await McpSession(server, "it", timeout_s).open()
    return str(caught.value)


async def said(session: McpSession, tool: str, **given: object) -> str:
    result = await session.call_tool(tool, given, hear)
    return str(result["content"][0]["text"])


async def hear(progress: float, total: float | None, message: str | None) -> None:
    """Listen to nobody."""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_process_is_gone_when_its_session_is_closed() -> None:
    async with opened(wild()) as session:
        pid = int(await said(session, "pid"))
        assert is_running(pid)
        assert session.is_alive
    assert not session.is_alive
    assert not is_running(pid)


async def test_all_pages_of_the_listing_are_read() -> None:
    async with opened(wild(page=2)) as session:
        assert [tool.name for tool in session.tools] == list(TOOLS)


async def test_a_session_may_be_closed_in_another_task_than_it_was_opened_in() -> None:
    session = McpSession(wild(), "it", 20)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.open)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(session.aclose)
    assert not session.is_alive


async def test_a_server_that_dies_takes_nobody_with_it() -> None:
    async with opened(wild()) as session:
        with pytest.raises(MCPError, match="Connection closed"):
            await said(session, "die")
        assert not session.is_alive
        with pytest.raises(MCPError, match="Connection closed"):
            await said(session, "pid")


async def test_a_death_between_two_calls_is_noticed() -> None:
    async with opened(wild()) as session:
        os.kill(int(await said(session, "pid")), 9)
        with anyio.fail_after(10):
            while session.is_alive:
                await anyio.sleep(0.01)


async def test_a_cancelled_call_is_cancelled_at_the_server_and_the_session_goes_on() -> None:
    async with opened(wild()) as session:
        with anyio.move_on_after(0.2) as patience:
            await said(session, "hang")
        assert patience.cancelled_caught
        assert await said(session, "cancelled") not in ("", "[]")


async def test_calls_run_at_once() -> None:
    async with opened(wild()) as session, anyio.create_task_group() as tasks:
        tasks.start_soon(said, session, "hang")
        assert await said(session, "pid")
        tasks.cancel_scope.cancel()


async def test_a_silent_server_is_given_up_in_time() -> None:
    text = await refusal(wild(is_silent=True), 0.5)
    assert text.startswith(f"The MCP server 'it' (`{PYTHON} ")
    assert "did not finish the handshake within 0.5 s" in text


async def test_opening_can_be_cancelled() -> None:
    session = McpSession(wild(is_silent=True), "it", 60)
    with anyio.move_on_after(0.3) as patience:
        await session.open()
    assert patience.cancelled_caught
    assert not session.is_alive


async def test_a_server_that_ends_at_once_is_quoted() -> None:
    text = await refusal(wild(last_words="No database at shop.db."))
    assert "ended before it was ready." in text
    assert text.endswith("Its last words:\nNo database at shop.db.")


async def test_last_words_hold_no_secret() -> None:
    text = await refusal(wild(last_words='{"password": "hunter2"}'))
    assert text.endswith('{"password": "[redacted]"}')


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (
            StdioServer("no-such-command"),
            "(`no-such-command`) cannot be started: there is no such thing",
        ),
        (StdioServer(PYTHON, cwd="/no/such"), "there is no such thing as the folder '/no/such'"),
        (StdioServer("cat"), "refused: Method not found"),
        (HttpServer("http://127.0.0.1:1/mcp?key=hunter2"), "(http://127.0.0.1:1/mcp) cannot be reached: ConnectError"),
        (InProcessServer("a text"), "cannot be reached"),
    ],
    ids=["command", "folder", "not MCP", "address", "object"],
)
async def test_what_is_wrong_with_a_server_is_said_in_a_sentence(server: McpServer, words: str) -> None:
    assert words in await refusal(server)


async def test_what_is_no_object_schema_is_told_with_its_place() -> None:
    text = await refusal(wild(tools=[{"name": "a", "inputSchema": {}}]))
    assert "does not speak as MCP says: " in text
    assert "tools.0.inputSchema.type: Field required" in text


async def test_noise_on_stdout_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    async with opened(wild(noise="Welcome!\n")) as session:
        assert await said(session, "garble")
    assert "an MCP server sends what is no message" in caplog.text


async def test_noise_that_ate_the_answer_is_named() -> None:
    text = await refusal(wild(noise="Loading... "), 0.5)
    assert "It sent what is no message: 'Loading... {" in text


async def test_a_server_that_writes_much_to_stderr_is_not_stopped_by_it() -> None:
    async with opened(wild()) as session:
        assert await said(session, "loud")


async def test_a_changed_listing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with opened(wild()) as session:
            await said(session, "change")
            await said(session, "pid")
    assert "changed its tools" in caplog.text


async def test_a_server_gets_the_environment_that_it_is_given_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "hunter2")
    program = "import os, sys; sys.exit(str([os.environ.get(n) for n in ('SHOP_SECRET', 'SHOP')] + [os.getcwd()]))"
    text = await refusal(StdioServer(PYTHON, ["-c", program], env={"SHOP": "tea"}, cwd=tmp_path))
    assert text.endswith(f"[None, 'tea', '{tmp_path}']")


async def test_a_server_in_this_process_needs_no_wire() -> None:
    async with opened(InProcessServer(shop())) as session:
        assert [tool.name for tool in session.tools] == ["left", "reserve", "pack"]
        assert await said(session, "left", item="tea") == "3"
        first = session.tools[0].annotations
        assert (first.is_read_only, first.title, first.is_destructive) == (True, "Stock", None)
