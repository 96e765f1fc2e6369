"""Mounted servers in runs that are resumed: opened anew, and what has changed in their tools is news for the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from agentkit import Agent, Journal, RunResult
from agentkit.mcp import HttpServer, InProcessServer, mounted
from agentkit.mcp.servers import McpServer
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.mcp.servers import serving

pytestmark = pytest.mark.anyio

clerk = Agent("clerk", model="claude-haiku-5-5", tool_timeout_s=10)
asked: list[str] = []


def store(*, has_price: bool = True, has_stock: bool = False, currency: bool = False) -> MCPServer:
    """Return a server whose tools are those of before, or of after a deploy."""
    server = MCPServer("store", log_level="ERROR")
    reads = ToolAnnotations(read_only_hint=True)
    if has_stock:

        @server.tool(annotations=reads)
        def stock(item: str) -> int:
            """How many are left."""
            return 3

    if has_price and currency:

        @server.tool(name="price", annotations=reads)
        def price_in(item: str, currency: str) -> str:
            """The price of an item in a currency."""
            asked.append(item)
            return f"4 {currency}"

    elif has_price:

        @server.tool(annotations=reads)
        def price(item: str) -> str:
            """The price of an item."""
            asked.append(item)
            return "4 EUR"

    return server


async def resumed(server: McpServer, path: Path, *replies: Reply) -> tuple[RunResult[str], list[JSONObject]]:
    """Go on with a run whose server is mounted anew; return the result and the requests."""
    async with mounted(server, name="store") as toolset:
        with script(*replies) as simulator:
            result = await clerk.run("Go", tools=[toolset], journal=path, run_id="r")
    return result, simulator.requests


CHANGES = {
    "added": ({"has_stock": True}, ""),  # a conversation keeps the tools that it began with
    "removed": ({"has_price": False, "has_stock": True}, "no longer available: store__price."),
    "changed": ({"currency": True}, "The tool `store__price` has changed."),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_done", [True, False], ids=["after the call", "before the call"])
async def test_what_has_changed_in_the_tools_is_news_for_the_model(change: str, is_done: bool, tmp_path: Path) -> None:
    asked.clear()
    call = Reply.tool("store__price", item="tea")
    await resumed(InProcessServer(store()), tmp_path / "first.db", call, Reply.text("Tea is 4 EUR."))
    lines = [*Journal(tmp_path / "first.db").export("r")]
    last = '"name":"model:2"' if is_done else '"name":"tool:'
    cut = lines[: next(n for n, line in enumerate(lines) if last in line)]
    Journal(tmp_path / "cut.db").import_lines(cut)
    how, said = CHANGES[change]
    asked.clear()
    result, requests = await resumed(InProcessServer(store(**how)), tmp_path / "cut.db", Reply.text("Well."))
    assert result.output == "Well."
    assert said in str(requests[-1]["messages"][-1])
    assert "stock" not in str(requests[-1])
    assert asked == ([] if is_done or change != "added" else ["tea"])
    again, requests = await resumed(InProcessServer(store()), tmp_path / "cut.db")
    assert (again.messages, requests) == (result.messages, [])


async def test_a_server_over_http_is_opened_anew(tmp_path: Path) -> None:
    asked.clear()
    call, done = Reply.tool("store__price", item="tea"), Reply.text("Tea is 4 EUR.")
    with serving(store) as url:
        await resumed(HttpServer(url), tmp_path / "first.db", call, done)
    lines = [*Journal(tmp_path / "first.db").export("r")]
    Journal(tmp_path / "cut.db").import_lines(lines[: next(n for n, line in enumerate(lines) if "model:2" in line)])
    with serving(lambda: store(currency=True)) as url:
        more = Reply.tool("store__price", item="milk", currency="GBP")
        result, requests = await resumed(HttpServer(url), tmp_path / "cut.db", more, Reply.text("Milk is 4 GBP."))
    assert result.output == "Milk is 4 GBP."
    assert "4 GBP" in str(requests[-1]["messages"][-1])
    assert asked == ["tea", "milk"]
