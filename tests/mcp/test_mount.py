"""Mounted servers at work in runs: their tools are tools like any other."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest

from agentkit import Agent, Toolset
from agentkit.errors import ConfigurationError, DefinitionError
from agentkit.mcp import HttpServer, InProcessServer, StdioServer, mounted, mounted_file
from agentkit.mcp.servers import McpServer
from agentkit.messages.message import JSONObject
from agentkit.run.events import ToolProgress
from agentkit.testing import Reply, script
from tests.mcp.servers import serving, shop, wild

pytestmark = pytest.mark.anyio

clerk = Agent("clerk", model="claude-haiku-5-5", tool_timeout_s=10)
DONE = Reply.text("Done.")
SEARCH = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}


async def results(toolset: Toolset, *calls: Reply) -> list[JSONObject]:
    """What a run answers to these calls, one a turn."""
    with script(*calls, DONE) as simulator:
        assert (await clerk.run("Go", tools=[toolset])).ok
    return [request["messages"][-1]["content"][0] for request in simulator.requests[1:]]


def told(result: JSONObject) -> str:
    content = result["content"]
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)


def write(folder: Path, servers: object) -> Path:
    path = folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    return path


def entry(**how: object) -> JSONObject:
    server = wild(**how)
    return {"command": server.command, "args": list(server.args)}


@pytest.mark.parametrize("kind", ["in-process", "http", "stdio"])
async def test_a_run_calls_the_tools_of_a_server(kind: str) -> None:
    with serving(shop) as url:
        program = Path(__file__).parent / "shop_program.py"
        servers: dict[str, McpServer] = {
            "in-process": InProcessServer(shop()),
            "http": HttpServer(url),
            "stdio": StdioServer(sys.executable, [str(program)]),
        }
        async with mounted(servers[kind], name="shop") as toolset:
            left, reserved, wrong = await results(
                toolset,
                Reply.tool("shop__left", item="tea"),
                Reply.tool("shop__reserve", lines=[{"item": "tea", "count": 2}]),
                Reply.tool("shop__reserve", lines=[{"item": "tea", "count": "two"}]),
            )
    assert told(left) == "3"
    assert told(reserved) == "2 tea"
    assert wrong["is_error"]
    assert told(wrong).startswith("Invalid arguments for tool `shop__reserve`. Nothing was executed.")
    assert "lines[0].count" in told(wrong)


async def test_a_server_that_refuses_and_one_that_fails_are_told_and_the_run_goes_on() -> None:
    async with mounted(wild(), name="wild") as toolset:
        refused, failed, died, again = await results(
            toolset,
            Reply.tool("wild__give", result={"content": [{"type": "text", "text": "No."}], "isError": True}),
            Reply.tool("wild__refuse", code=-32603, message="KeyError in /srv/app.py"),
            Reply.tool("wild__die"),
            Reply.tool("wild__pid"),
        )
    assert (told(refused), refused["is_error"]) == ("No.", True)
    assert told(failed) == (
        "The server wild reported an internal error. Whether it took effect is not known: check before you repeat it."
    )
    assert told(died).startswith("The server wild ended during this call. Whether it took effect is not known")
    assert told(again).startswith(
        "[The server wild was started anew before this call: what it kept in memory is gone.]"
    )


async def test_a_call_that_only_reads_leaves_nothing_unknown() -> None:
    async with mounted(wild(), name="wild", effects={"die": "read"}) as toolset:
        (died,) = await results(toolset, Reply.tool("wild__die"))
    assert told(died) == "The server wild ended during this call. The same call may succeed later."


async def test_a_call_may_take_the_time_that_its_mount_gives_and_the_server_hears_when_it_is_over() -> None:
    async with mounted(wild(), name="wild", timeout_s=0.3) as toolset:
        slow, cancelled = await results(toolset, Reply.tool("wild__hang"), Reply.tool("wild__cancelled"))
    assert told(slow).startswith("`wild__hang` timed out after 0.3 s and was stopped.")
    assert told(cancelled) not in ("", "[]")


async def test_long_results_are_clipped_as_everywhere() -> None:
    async with mounted(wild(), name="wild") as toolset:
        (long,) = await results(
            toolset, Reply.tool("wild__give", result={"content": [{"type": "text", "text": "x" * 200_000}]})
        )
    assert len(told(long)) < 100_000
    assert "characters left out here" in told(long)


async def test_progress_of_a_server_is_progress_of_the_call() -> None:
    async with mounted(InProcessServer(shop()), name="shop") as toolset:
        with script(Reply.tool("shop__pack", item="tea"), DONE):
            async with clerk.stream("Go", tools=[toolset]) as run:
                events = [event async for event in run if isinstance(event, ToolProgress)]
    assert [(event.message, event.done, event.total) for event in events] == [("packing tea", 1, 2)]


async def test_an_agent_made_inside_the_block_may_have_the_tools() -> None:
    async with mounted(InProcessServer(shop()), name="shop") as toolset:
        agent = Agent("clerk", model="claude-haiku-5-5", tools=[toolset])
        with script(Reply.tool("shop__left", item="tea"), DONE):
            assert (await agent.run("Go")).ok


async def test_a_tool_can_be_called_by_itself() -> None:
    async with mounted(InProcessServer(shop()), name="shop") as toolset:
        left = toolset.tools[0]
        assert await left.call({"item": "tea"}) == [{"type": "text", "text": "3"}]
        assert await left(item="tea") == [{"type": "text", "text": "3"}]


async def test_the_block_may_be_left_in_another_task_and_leaves_nothing() -> None:
    context = mounted(wild(), name="wild")
    entered: list[Toolset] = []

    async def enter() -> None:
        entered.append(await context.__aenter__())

    async def leave() -> None:
        await context.__aexit__(None, None, None)

    for step in (enter, leave):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(step)
    assert entered[0].name == "wild"


async def test_an_exception_passes_through_the_block_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with mounted(wild(), name="wild"):
            raise KeyError("mine")


async def test_a_cancelled_block_lets_its_server_go() -> None:
    with anyio.move_on_after(0.5):
        async with mounted(wild(), name="wild") as toolset:
            await anyio.sleep_forever()
    with script(Reply.tool("wild__pid"), DONE) as simulator:
        await clerk.run("Go", tools=[toolset])
    assert "failed with an internal error" in told(simulator.requests[1]["messages"][-1]["content"][0])


async def test_two_mounts_of_one_name_collide_where_they_meet() -> None:
    async with AsyncExitStack() as stack:
        mounts = [await stack.enter_async_context(mounted(InProcessServer(shop()), name="shop")) for _ in range(2)]
        with pytest.raises(DefinitionError, match="two tools are named 'shop__left'"):
            Agent("clerk", model="claude-haiku-5-5", tools=mounts)


async def test_a_name_that_the_api_would_refuse_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"mounted\(the server in this process\): the name 'my shop'"):
        async with mounted(InProcessServer(shop()), name="my shop"):
            pass


async def test_many_definitions_are_found_by_search() -> None:
    async with mounted(InProcessServer(shop()), name="shop", defer_over_tokens=50) as toolset:
        found = {"type": "tool_reference", "tool_name": "shop__left"}
        searched = (
            Reply.block({"type": "server_tool_use", "id": "s1", "name": SEARCH["name"], "input": {"query": "left"}})
            + Reply.block(
                {
                    "type": "tool_search_tool_result",
                    "tool_use_id": "s1",
                    "content": {"type": "tool_search_tool_search_result", "tool_references": [found]},
                }
            )
            + Reply.tool("shop__left", item="tea")
        )
        with script(searched, DONE) as simulator:
            assert (await clerk.run("Go", tools=[toolset])).ok
    first, second = simulator.requests
    *mounted_ones, search = [param for param in first["tools"] if not param["name"].endswith("_artifact")]
    assert search == SEARCH
    assert all(param["defer_loading"] for param in mounted_ones)
    assert second["messages"][1]["content"][1]["type"] == "tool_search_tool_result"
    assert told(second["messages"][2]["content"][0]) == "3"


@pytest.mark.parametrize("limit", [10_000, None])
async def test_few_definitions_are_all_given(limit: int | None) -> None:
    async with mounted(InProcessServer(shop()), name="shop", defer_over_tokens=limit) as toolset:
        assert not any(one.defer_loading for one in toolset)


async def test_all_servers_of_a_file_are_mounted_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, {"one": entry(), "two": entry(page=1), "off": {"command": "no", "disabled": True}})
    async with mounted_file(path, trusted=["two"]) as toolsets:
        assert [toolset.name for toolset in toolsets] == ["one", "two"]
        with script(Reply.tool("one__pid") + Reply.tool("two__pid"), DONE) as simulator:
            assert (await clerk.run("Go", tools=toolsets)).ok
    first, second = simulator.requests[1]["messages"][-1]["content"]
    assert told(first) != told(second)


async def test_the_search_counts_the_tools_of_all_servers_of_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, {"one": entry(), "two": entry()})
    async with mounted_file(path, defer_over_tokens=200) as toolsets:
        assert all(one.defer_loading for toolset in toolsets for one in toolset)


async def test_every_server_of_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": {"command": "no-such-a"}, "b": {"command": "no-such-b"}, "c": entry()})
    with pytest.raises(ConfigurationError) as caught:
        async with mounted_file(path):
            pass
    first, second = sorted(str(caught.value).splitlines())
    assert "'a' (`no-such-a`)" in first
    assert "'b' (`no-such-b`)" in second


async def test_trust_in_a_server_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no server tow; it has two"):
        async with mounted_file(write(tmp_path, {"two": entry()}), trusted=["tow"]):
            pass


def test_without_the_package_a_sentence_says_what_to_install() -> None:
    program = """
import sys
sys.modules["mcp"] = None
import anyio, agentkit
from agentkit.mcp import StdioServer, mounted

async def main():
    async with mounted(StdioServer("x"), name="x"):
        pass

try:
    anyio.run(main)
except agentkit.ConfigurationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout == "To mount MCP servers, install the package `mcp`: pip install mcp\n"


def test_naming_servers_imports_nothing_of_the_package() -> None:
    program = "import sys, agentkit.mcp as a; a.StdioServer('x'); print({'mcp', 'anthropic'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout == "set()\n"
