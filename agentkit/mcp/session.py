"""One MCP session with a server, from the handshake to the end.

Two rules for this file: the client of the package `mcp` is entered and left in one root task, whose task groups never
touch a caller's; and every wait has a time limit, the handshake's too.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import anyio
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CONNECTION_CLOSED,
    CallToolRequest,
    CallToolRequestParams,
    Implementation,
    PaginatedRequestParams,
    ToolListChangedNotification,
)
from pydantic import RootModel, ValidationError

from agentkit.errors import ConfigurationError
from agentkit.event_loop import start_root_task
from agentkit.log import log
from agentkit.mcp.annotations import Annotations, ListedTool
from agentkit.mcp.http import REQUEST_NOT_SENT, http_client
from agentkit.mcp.servers import HttpServer, InProcessServer, McpServer, StdioServer, server_redactor
from agentkit.mcp.stdio import StderrTail, open_process_streams
from agentkit.messages.message import JSONObject

if TYPE_CHECKING:
    from mcp.client import IncomingMessage, Transport
    from mcp.server.mcpserver import MCPServer
    from mcp.types import Tool

    from agentkit.mcp.mcp_tool import ProgressCallback

SESSION_LOST = "Session terminated"
"""The error message of `mcp` when an HTTP server does not know the session any more, as after its restart."""

_MAX_TOOL_PAGES = 1_000
_CLOSE_TIMEOUT_S = 10.0
_MAX_NOISE_CHARS = 200


class _RawResult(RootModel[JSONObject]):
    """A result as raw JSON: nothing is parsed or left out."""


class McpSession:
    """A session with a server. `open` it once; when `is_alive` is False again, make a new one."""

    def __init__(self, server: McpServer, name: str, connect_timeout_s: float) -> None:
        self.tools: tuple[ListedTool, ...] = ()
        """The server's tools in its own order; empty until the session is open."""
        self._server = server
        self._redactor = server_redactor(server)
        self._name = name
        self._connect_timeout_s = connect_timeout_s
        self._client: Client | None = None
        self._scope = anyio.CancelScope()
        self._ready, self._closing, self._done = anyio.Event(), anyio.Event(), anyio.Event()
        self._error: BaseException | None = None
        self._stderr_tail: StderrTail | None = None
        self._noise = ""

    @property
    def is_alive(self) -> bool:
        """True if a call may reach the server."""
        return self._client is not None and not self._closing.is_set()

    @property
    def has_ended(self) -> bool:
        """True once everything that it opened is closed."""
        return self._done.is_set()

    async def open(self) -> None:
        """Connect and list the tools. Raises ConfigurationError with the server, the reason, and its last stderr."""
        start_root_task(self._run_until_closed, f"MCP server {self._name}")
        try:
            await self._ready.wait()
        except BaseException:
            self._scope.cancel()
            await self.aclose()
            raise
        if not self.is_alive:
            await self.aclose()
            raise ConfigurationError(await self._open_failure_text())

    async def call_tool(self, tool: str, arguments: Mapping[str, object], on_progress: ProgressCallback) -> JSONObject:
        """Call a tool by the server's name for it, and return the result as the server sent it.

        Raises MCPError, and ValidationError for a malformed result. Cancellation is passed on to the server.
        """
        if self._client is None:
            raise MCPError(CONNECTION_CLOSED, "Connection closed")
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=dict(arguments)))
        try:
            answer = await self._client.session.send_request(request, _RawResult, progress_callback=on_progress)
        except MCPError as error:
            if error.message == SESSION_LOST:
                self._closing.set()
            raise
        return answer.root

    async def aclose(self) -> None:
        """End the session, with the server's process and all that it started. Waits up to ten seconds."""
        self._closing.set()
        with anyio.move_on_after(_CLOSE_TIMEOUT_S, shield=True) as patience:
            await self._done.wait()
        if patience.cancelled_caught:
            self._scope.cancel()
            log().error("an MCP server did not end in time", server=self._name)

    async def _run_until_closed(self) -> None:
        """Connect, list the tools, and hold the client open until the session is closed. Runs as the root task."""
        try:
            with self._scope:
                self._scope.deadline = anyio.current_time() + self._connect_timeout_s
                async with self._open_client() as client:
                    self.tools = await _list_tools(client)
                    self._scope.deadline = math.inf
                    self._client = client
                    self._ready.set()
                    await self._closing.wait()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - `open` reports it; a root task may raise nothing
            self._error = error
        finally:
            self._client = None
            self._ready.set()
            self._done.set()

    @asynccontextmanager
    async def _open_client(self) -> AsyncGenerator[Client]:
        """Connect a client of the package `mcp` over the server's transport."""
        server = self._server
        if isinstance(server, InProcessServer):
            async with self._make_client(cast("MCPServer", server.server)) as client:
                yield client
        elif isinstance(server, HttpServer):
            async with http_client(server.headers) as http:
                transport = streamable_http_client(server.url, http_client=http)
                async with self._make_client(transport) as client:
                    yield client
        else:
            self._stderr_tail = StderrTail(self._name, self._redactor)
            transport = open_process_streams(server, self._stderr_tail, self._closing.set)
            async with self._make_client(transport) as client:
                yield client

    def _make_client(self, where: MCPServer | Transport) -> Client:
        us = Implementation(name="agentkit", version="1")
        return Client(where, message_handler=self._on_server_message, client_info=us, cache=None)

    async def _on_server_message(self, message: IncomingMessage) -> None:
        """Handle a message of the server that is no response: log changed tools and invalid output."""
        if isinstance(message, ToolListChangedNotification):
            log().info("an MCP server changed its tools; mount it again to see them", server=self._name)
        elif isinstance(message, Exception) and not self._noise:
            self._noise = self._redactor.text(_invalid_output_text(message))[:_MAX_NOISE_CHARS]
            log().warning("an MCP server sends what is no message", server=self._name, text=self._noise)
        await anyio.lowlevel.checkpoint()

    async def _open_failure_text(self) -> str:
        """Return the text of the error for a session that could not be opened."""
        head = f"The MCP server {self._name!r} ({self._server})"
        if self._error is not None:
            text = f"{head} {self._redactor.text(_failure_reason(self._error, self._server))}"
        elif self._scope.cancelled_caught:
            text = f"{head} did not finish the handshake within {self._connect_timeout_s:g} s."
        else:
            text = f"{head} ended as soon as it was ready."
        if self._noise:
            text += f" It sent what is no message: {self._noise!r}; a program's stdout is for messages only."
        words = await self._stderr_tail.text() if self._stderr_tail else ""
        return f"{text} Its last words:\n{words}" if words else text


async def _list_tools(client: Client) -> tuple[ListedTool, ...]:
    """Return all tools, fetched page by page."""
    found: list[ListedTool] = []
    cursor: str | None = None
    for _ in range(_MAX_TOOL_PAGES):
        page = await client.session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found.extend(map(_to_listed_tool, page.tools))
        if page.next_cursor is None or page.next_cursor == cursor:
            break
        cursor = page.next_cursor
    return tuple(found)


def _to_listed_tool(tool: Tool) -> ListedTool:
    hints = tool.annotations
    annotations = Annotations(title=tool.title)
    if hints is not None:
        annotations = Annotations(
            tool.title or hints.title,
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        )
    description = tool.description or annotations.title or ""
    is_task = tool.execution is not None and tool.execution.task_support == "required"
    return ListedTool(tool.name, description, tool.input_schema, tool.output_schema, annotations, is_task)


def _failure_reason(error: BaseException, server: McpServer) -> str:
    """Return the reason for which a server could not be used, as the end of a sentence for the user."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, FileNotFoundError) and isinstance(server, StdioServer):
        where = f"the folder {str(server.cwd)!r}" if error.filename == str(server.cwd) else "the command"
        return f"cannot be started: there is no such thing as {where}."
    if isinstance(error, MCPError):
        if isinstance(server, StdioServer) and error.code == CONNECTION_CLOSED:
            return "ended before it was ready."
        if error.code == REQUEST_NOT_SENT:
            return f"cannot be reached: {error.message}."
        return f"refused: {error.message} (code {error.code})."
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"does not speak as MCP says: {place}: {first['msg']}."
    return f"cannot be reached: {type(error).__name__}: {error}."


def _invalid_output_text(error: Exception) -> str:
    """Return the output that is no MCP message."""
    given: object = error.errors(include_url=False)[0]["input"] if isinstance(error, ValidationError) else str(error)
    return str(given)
