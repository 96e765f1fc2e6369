"""The connection to a mounted server: a session, restarted by the next call after the server has died.

A call in flight when the server dies is never sent again: it is not known if it took effect. The next call has not been
sent yet, so it may restart the server; there is one restart until the server has answered again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

import anyio
from mcp import MCPError
from mcp.types import CONNECTION_CLOSED, PARSE_ERROR
from pydantic import ValidationError

from agentkit.errors import ConfigurationError, ToolError, UsageError
from agentkit.event_loop import EventLoop
from agentkit.log import log
from agentkit.mcp.http import REQUEST_NOT_SENT
from agentkit.mcp.mcp_tool import CallWithoutResult, ServerResult
from agentkit.mcp.results import readable_error_text
from agentkit.mcp.servers import server_redactor
from agentkit.mcp.session import SESSION_LOST, McpSession
from agentkit.redaction.exceptions import redact_exception

if TYPE_CHECKING:
    from agentkit.mcp.annotations import ListedTool
    from agentkit.mcp.mcp_tool import ProgressCallback
    from agentkit.mcp.servers import McpServer
    from agentkit.messages.message import JSONObject

_INTERNAL_ERROR_CODES = (0, -32603)
"""Error codes for an exception inside the server. Its text is logged and not sent to the model."""
_NOT_EXECUTED = "Nothing was executed."


class ServerConnection:
    """The connection to one server, from mounting to unmounting.

    It belongs to the event loop in which it was opened; calls from others are made there.
    """

    def __init__(self, server: McpServer, name: str, connect_timeout_s: float) -> None:
        self.name = name
        """The name under which the server is mounted."""
        self._server = server
        self._redactor = server_redactor(server)
        self._connect_timeout_s = connect_timeout_s
        self._loop = EventLoop.current()
        self._session = McpSession(server, name, connect_timeout_s)
        self._is_mounted = False
        self._may_restart = True
        self._restart_lock = anyio.Lock()

    async def open(self) -> tuple[ListedTool, ...]:
        """Connect and return the server's tools. Raises ConfigurationError."""
        await self._session.open()
        self._is_mounted = True
        return self._session.tools

    async def aclose(self) -> None:
        """Disconnect, if mounted. Later calls raise UsageError."""
        was_mounted, self._is_mounted = self._is_mounted, False
        if was_mounted and (self._loop.is_current or not self._session.has_ended):
            await self._loop.run(self._close_session, self._label)

    async def _close_session(self) -> None:
        async with self._restart_lock:
            await self._session.aclose()

    async def call_tool(
        self, tool: ListedTool, arguments: Mapping[str, object], on_progress: ProgressCallback
    ) -> ServerResult:
        """See `ToolCaller.call_tool`. Raises UsageError if the server is not mounted any more."""
        if not self._is_mounted:
            raise UsageError(f"The MCP server {self.name!r} is not mounted any more: run inside its `async with`.")
        return await self._loop.run(partial(self._call_tool, tool, arguments, on_progress), self._label)

    @property
    def _label(self) -> str:
        return f"the MCP server {self.name!r}"

    async def _call_tool(
        self, tool: ListedTool, arguments: Mapping[str, object], on_progress: ProgressCallback
    ) -> ServerResult:
        was_restarted = not self._session.is_alive
        if was_restarted:
            await self._restart(tool)
        session = self._session

        async def report_progress(progress: float, total: float | None, message: str | None) -> None:
            await on_progress(progress, total, message and self._redactor.text(message))

        try:
            result = await session.call_tool(tool.name, arguments, report_progress)
        except MCPError as error:
            failure = self._raised_from(error, self._error_for_call(tool, error))
            raise failure from failure.__cause__
        except ValidationError as error:
            text = f"The server {self.name} answered in a form that MCP does not have."
            failure = self._raised_from(error, CallWithoutResult(text))
            log().error("an MCP server's result is none", server=self.name, tool=tool.name, exc_info=failure)
            raise failure from failure.__cause__
        self._may_restart = True
        if self._redactor.values:
            result = cast("JSONObject", self._redactor.value(result))
        return ServerResult(result, was_restarted)

    def _raised_from(self, cause: Exception, failure: Exception) -> Exception:
        """Return the failure with its cause, which shows no secret of the server."""
        failure.__cause__ = cause
        redact_exception(failure, self._redactor.text)
        return failure

    async def _restart(self, tool: ListedTool) -> None:
        """Restart the server, unless another call has done so meanwhile."""
        async with self._restart_lock:
            if self._session.is_alive:
                return
            if not self._may_restart:
                raise ToolError(f"The server {self.name} is not running any more. {_NOT_EXECUTED}")
            log().warning("an MCP server has died and is started anew", server=self.name)
            await self._session.aclose()
            session = McpSession(self._server, self.name, self._connect_timeout_s)
            try:
                await session.open()
            except ConfigurationError as error:
                self._may_restart = False
                log().error("an MCP server did not come back", server=self.name, reason=str(error))
                text = f"The server {self.name} is not running any more and cannot be started. {_NOT_EXECUTED}"
                raise ToolError(text) from error
            self._session = session
            self._may_restart = False
        if not any(one.name == tool.name and one.input_schema == tool.input_schema for one in session.tools):
            raise ToolError(f"The server {self.name} came back without this tool. {_NOT_EXECUTED}")

    def _error_for_call(self, tool: ListedTool, error: MCPError) -> Exception:
        """Log a failed call, and return the exception for it by what is known of its effect."""
        log().warning(
            "an MCP server refused a call or broke off",
            server=self.name,
            tool=tool.name,
            code=error.code,
            reason=self._redactor.text(error.message),
        )
        if error.code == REQUEST_NOT_SENT:
            return ToolError(f"The server {self.name} cannot be reached. {_NOT_EXECUTED}", retryable=True)
        if error.message == SESSION_LOST:
            return ToolError(f"The server {self.name} began a new session. {_NOT_EXECUTED}", retryable=True)
        if error.code in (CONNECTION_CLOSED, PARSE_ERROR):
            what = "broke off" if self._session.is_alive else "ended"
            return CallWithoutResult(f"The server {self.name} {what} during this call.")
        if error.code in _INTERNAL_ERROR_CODES:
            return CallWithoutResult(f"The server {self.name} reported an internal error.")
        return ToolError(
            readable_error_text(self._redactor.text(error.message))
            or f"The server {self.name} refused the call (code {error.code})."
        )
