"""A mounted server that dies: no call is sent twice, and the next one starts it anew where it can."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from agentkit.errors import ConfigurationError, ToolError, UsageError
from agentkit.mcp import HttpServer, StdioServer
from agentkit.mcp.annotations import ListedTool
from agentkit.mcp.connection import ServerConnection
from agentkit.mcp.mcp_tool import CallWithoutResult, ServerResult
from agentkit.mcp.servers import McpServer
from tests.mcp.servers import serving, shop, wild, wild_address
from tests.other_loop import in_other_loop

pytestmark = pytest.mark.anyio


class Mounted:
    """A connection, and its tools by name."""

    def __init__(self, connection: ServerConnection, tools: tuple[ListedTool, ...]) -> None:
        self.connection = connection
        self.tools = {tool.name: tool for tool in tools}

    async def call(self, tool: str, **given: object) -> ServerResult:
        return await self.connection.call_tool(self.tools[tool], given, self._hear)

    async def said(self, tool: str, **given: object) -> str:
        return str((await self.call(tool, **given)).result["content"][0]["text"])

    async def _hear(self, progress: float, total: float | None, message: str | None) -> None:
        """Listen to nobody."""


@asynccontextmanager
async def connected(server: McpServer) -> AsyncGenerator[Mounted]:
    connection = ServerConnection(server, "wild", 20)
    tools = await connection.open()
    try:
        yield Mounted(connection, tools)
    finally:
        await connection.aclose()


async def test_the_call_that_saw_the_death_fails_and_the_next_one_starts_the_server_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connected(wild()) as server:
        before = await server.call("pid")
        with pytest.raises(CallWithoutResult, match=r"^The server wild ended during this call\.$"):
            await server.call("die")
        after = await server.call("pid")
        assert (before.was_restarted, after.was_restarted) == (False, True)
        assert after.result != before.result
        assert not (await server.call("pid")).was_restarted
    assert "has died and is started anew" in caplog.text


async def test_a_server_that_dies_again_before_it_answered_is_given_up() -> None:
    async with connected(wild()) as server:
        for _ in range(2):
            with pytest.raises(CallWithoutResult):
                await server.call("die")
        with pytest.raises(ToolError, match=r"is not running any more\. Nothing was executed\."):
            await server.call("pid")


async def test_a_server_that_does_not_come_back_fails_every_call_at_once(tmp_path: Path) -> None:
    async with connected(wild(dies_on_start_of=str(tmp_path / "mark"))) as server:
        with pytest.raises(CallWithoutResult):
            await server.call("die")
        with pytest.raises(ToolError, match="cannot be started"):
            await server.call("pid")
        with anyio.fail_after(1), pytest.raises(ToolError, match="is not running any more"):
            await server.call("pid")


async def test_calls_that_find_a_dead_server_together_start_it_once() -> None:
    async with connected(wild()) as server:
        with pytest.raises(CallWithoutResult):
            await server.call("die")
        pids: set[str] = set()

        async def ask() -> None:
            pids.add(await server.said("pid"))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(ask)
        assert len(pids) == 1


async def test_a_tool_that_is_another_one_after_the_restart_is_not_called() -> None:
    async with connected(wild()) as server:
        with pytest.raises(CallWithoutResult):
            await server.call("die")
        other = {"type": "object", "required": ["all"]}
        server.tools["pid"] = ListedTool("pid", "", other, None, server.tools["pid"].annotations)
        with pytest.raises(ToolError, match=r"came back without this tool\. Nothing was executed\."):
            await server.call("pid")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (-32602, "No such path: /x"),
        (-32042, "No such path: /x"),
    ],
)
async def test_what_a_server_refuses_is_told_in_its_words(code: int, told: str) -> None:
    async with connected(wild()) as server:
        with pytest.raises(ToolError, match=told):
            await server.call("refuse", code=code, message="No such path: /x")


@pytest.mark.parametrize("code", [0, -32603])
async def test_an_exception_inside_a_server_is_not_told_to_the_model(code: int) -> None:
    async with connected(wild()) as server:
        with pytest.raises(CallWithoutResult, match=r"^The server wild reported an internal error\.$"):
            await server.call("refuse", code=code, message="KeyError at /srv/app.py")


async def test_a_result_that_is_none_is_an_unanswered_call() -> None:
    async with connected(wild()) as server:
        with pytest.raises(CallWithoutResult, match="in a form that MCP does not have"):
            await server.call("give", result={"content": 5})
        assert await server.said("pid")


async def test_a_call_outside_the_block_is_refused() -> None:
    async with connected(wild()) as server:
        pass
    with pytest.raises(UsageError, match="'wild' is not mounted any more"):
        await server.call("pid")


async def test_an_address_that_is_gone_fails_calls_until_it_is_there_again() -> None:
    async with AsyncExitStack() as stack:
        with serving(shop) as url:
            server = await stack.enter_async_context(connected(HttpServer(url)))
            assert await server.said("left", item="tea") == "3"
        with pytest.raises(ToolError, match=r"cannot be reached\. Nothing was executed\."):
            await server.call("left", item="tea")
        with serving(shop, int(url.split(":")[2].split("/")[0])):
            answer = await server.call("left", item="tea")
            assert not answer.was_restarted


@pytest.mark.parametrize("tool", ["die", "break"])
async def test_a_connection_that_breaks_costs_only_its_own_call(tool: str) -> None:
    async with wild_address() as url, connected(HttpServer(url)) as server, anyio.create_task_group() as tasks:
        tasks.start_soon(server.call, "hang")
        with pytest.raises(CallWithoutResult, match="broke off during this call"):
            await server.call(tool)
        answer = await server.call("pid")
        assert not answer.was_restarted
        tasks.cancel_scope.cancel()


async def test_credentials_that_are_refused_are_named() -> None:
    async with wild_address(status=401) as url:
        with pytest.raises(ConfigurationError, match="HTTP 401 No: check the credentials in its headers"):
            await ServerConnection(HttpServer(url, {"authorization": "Bearer none"}), "wild", 10).open()


@pytest.mark.parametrize("other", ["asyncio", "trio"])
async def test_calls_from_other_event_loops_are_made_in_that_of_the_server(other: str) -> None:
    """Runs in threads of their own may use its tools, at the same time, also after it has died."""
    async with connected(wild()) as server:

        async def in_a_loop_of_its_own() -> list[str]:
            assert await server.said("pid") == pid
            with pytest.raises(CallWithoutResult), anyio.fail_after(0.2):
                await server.call("die")
            return [await server.said("pid") for _ in range(2)]

        pid = await server.said("pid")
        with anyio.fail_after(20):
            after, again = await in_other_loop(in_a_loop_of_its_own, other)
        assert (after == again, after != pid, await server.said("pid") == after) == (True, True, True)


@pytest.mark.parametrize("other", ["asyncio", "trio"])
async def test_a_call_from_another_event_loop_can_be_cancelled(other: str) -> None:
    async with connected(wild()) as server:

        async def give_up() -> bool:
            with anyio.move_on_after(0.2) as scope:
                await server.call("hang")
            return scope.cancelled_caught

        with anyio.fail_after(20):
            assert await in_other_loop(give_up, other)
        assert await server.said("pid")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_call_after_the_end_of_the_servers_event_loop_is_refused(backend: str) -> None:
    """And closing it there closes nothing twice."""
    connections: list[ServerConnection] = []

    async def mount() -> tuple[ListedTool, ...]:
        connections.append(ServerConnection(wild(), "wild", 20))
        return await connections[0].open()

    async def use() -> None:
        with pytest.raises(UsageError, match="The event loop of the MCP server 'wild' has ended"):
            await Mounted(connections[0], tools).call("pid")
        await connections[0].aclose()

    tools = anyio.run(mount, backend=backend)
    anyio.run(use, backend=backend)


TOKEN = "tea-token-1"


def with_token(**how: object) -> StdioServer:
    return replace(wild(**how), env={"SHOP_TOKEN": TOKEN})


async def test_a_server_that_repeats_its_secrets_shows_them_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "agentkit"):
        async with connected(with_token()) as server:
            result = {"content": [{"type": "text", "text": f"sent {TOKEN}"}]}
            assert await server.said("give", result=result) == "sent [redacted]"
            for code in (-32602, -32603):
                with pytest.raises((ToolError, CallWithoutResult)) as caught:
                    await server.call("refuse", code=code, message=f"no {TOKEN}")
                assert TOKEN not in "".join(traceback.format_exception(caught.value))
        for how in ({"last_words": f"no {TOKEN}"}, {"noise": f"hello {TOKEN}\n"}):
            with suppress(ConfigurationError):
                async with connected(with_token(**how)) as server:
                    await server.call("pid")
        with pytest.raises(ConfigurationError, match=r"no \[redacted\]"):
            await ServerConnection(with_token(last_words=f"no {TOKEN}"), "wild", 20).open()
    assert TOKEN not in caplog.text
    assert "[redacted]" in str([record.__dict__ for record in caplog.records])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_progress_and_results_of_a_server_have_no_secret_of_it() -> None:
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    program = StdioServer(sys.executable, [str(Path(__file__).parent / "shop_program.py")], {"SHOP_TOKEN": TOKEN})
    async with connected(program) as server:
        result = await server.connection.call_tool(server.tools["pack"], {"item": TOKEN}, hear)
    assert "packed [redacted]" in str(result.result)
    assert heard == ["packing [redacted]"]


async def test_a_server_over_http_that_repeats_a_header_shows_it_to_nobody() -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with wild_address() as url, connected(HttpServer(url, headers=headers)) as server:
        with pytest.raises(ToolError, match=r"^not with \[redacted\]$"):
            await server.call("refuse", code=-32602, message=f"not with {TOKEN}")
