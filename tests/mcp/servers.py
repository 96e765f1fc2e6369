"""Servers for the tests of MCP: a wild one, in plain Python, and orderly ones made with the package `mcp`."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel

from agentkit.mcp import StdioServer
from tests.mcp.wild_server import answer_to

HERE = Path(__file__).parent


def wild(**how: object) -> StdioServer:
    """A process of `wild_server.py`; see there."""
    return StdioServer(sys.executable, [str(HERE / "wild_server.py"), json.dumps(how)])


class Line(BaseModel):
    """A line of an order."""

    item: str
    count: int = 1


def shop() -> MCPServer:
    """An orderly server: its tools do what their annotations say."""
    server = MCPServer("shop", log_level="ERROR")
    stock = {"tea": 3}

    @server.tool(annotations=ToolAnnotations(read_only_hint=True, title="Stock"))
    def left(item: str) -> int:
        """How many of an item are left."""
        return stock[item]

    @server.tool(annotations=ToolAnnotations(idempotent_hint=True, destructive_hint=False))
    def reserve(lines: list[Line]) -> str:
        """Reserve something."""
        return ", ".join(f"{line.count} {line.item}" for line in lines)

    @server.tool()
    async def pack(ctx: Context, item: str, seconds: float = 0) -> str:
        """Pack an item."""
        await ctx.report_progress(1, 2, f"packing {item}")
        await anyio.sleep(seconds)
        return f"packed {item}"

    return server


@contextmanager
def serving(make: Callable[[], MCPServer], port: int = 0) -> Generator[str]:
    """A server over streamable HTTP, in a thread with a loop of its own: its address. At the end it is gone at once."""
    # A socket without its protocol would cost every answer 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        lambda: make().streamable_http_app(), factory=True, log_level="critical", timeout_graceful_shutdown=0
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    try:
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        running.should_exit = True
        thread.join(10)
        listening.close()


@asynccontextmanager
async def wild_address(**how: object) -> AsyncGenerator[str]:
    """The wild server over HTTP, with an answer for each request and no session; `die` closes the connection."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

    async def serve(stream: SocketStream) -> None:
        async with stream:
            with suppress(anyio.BrokenResourceError, anyio.EndOfStream, anyio.IncompleteRead):
                if (answer := await wild_answer(stream, how)) is not None:
                    await stream.send(answer)
                else:
                    await anyio.sleep_forever()

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/mcp"
        tasks.cancel_scope.cancel()


async def wild_answer(stream: SocketStream, how: dict[str, Any]) -> bytes | None:
    """The bytes that answer one request, none of them where the connection breaks; None: it waits."""
    request = BufferedByteReceiveStream(stream)
    headers = (await request.receive_until(b"\r\n\r\n", 100_000)).decode().lower()
    length = int(headers.partition("content-length:")[2].split("\r\n")[0] or 0)
    asked = json.loads(await request.receive_exactly(length)) if length else {}
    name = asked.get("params", {}).get("name")
    if name == "die":
        return b""
    if name == "break":
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
    if how.get("status"):
        return f"HTTP/1.1 {how['status']} No\r\ncontent-length: 0\r\n\r\n".encode()
    answer = answer_to(asked, how, []) if "id" in asked else {}
    if answer is None:
        return None
    body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), **answer}) if answer else ""
    status = "200 OK" if answer else "202 Accepted"
    lines = (
        f"HTTP/1.1 {status}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
