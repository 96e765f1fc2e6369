"""A tool of a mounted MCP server, used by agents like any other Tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from agentkit.errors import ToolError
from agentkit.mcp.results import tool_result_content
from agentkit.messages.message import Block, text_block
from agentkit.tool_calls.failures import OUTCOME_UNKNOWN
from agentkit.tools.definition import Tool

if TYPE_CHECKING:
    from agentkit.mcp.annotations import Annotations, ListedTool
    from agentkit.messages.message import JSONObject
    from agentkit.schema.validation.api_form import ApiForm
    from agentkit.tools.options import Effect, ToolOptions
    from agentkit.tools.run_context import RunContext


class ProgressCallback(Protocol):
    """Called with the progress of a tool call."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        """Report the amount that is done, the total if it is known, and a text."""
        ...


@dataclass(frozen=True, slots=True)
class ServerResult:
    """The result of a tool call as the server sent it."""

    result: JSONObject
    """The `CallToolResult` as JSON, unchanged."""
    was_restarted: bool
    """True if the server was restarted for this call."""


class CallWithoutResult(Exception):
    """Raised when a call was sent and no result came: its effect is not known. The text is for the model."""


class ToolCaller(Protocol):
    """Sends the calls of a tool to its server."""

    async def call_tool(
        self, tool: ListedTool, arguments: Mapping[str, object], on_progress: ProgressCallback
    ) -> ServerResult:
        """Call a tool. Raises CallWithoutResult, or ToolError if nothing was executed or the server refused."""
        ...


class McpTool(Tool[..., object]):
    """A tool of a server, made by `mounted`. Calls are checked against the server's schema before they are sent."""

    def __init__(self, body: McpToolBody, name: str, description: str, options: ToolOptions) -> None:
        async def function(**arguments: object) -> object:
            return await body.execute(body.parse_arguments(name, arguments), None)

        function.__name__ = function.__qualname__ = name
        super().__init__(body, function, name, description, options)
        self.server = body.server_name
        """The name under which the server is mounted."""
        self.server_tool = body.listed.name
        """The server's own name for the tool."""
        self.annotations: Annotations = body.listed.annotations
        """The server's annotations of the tool, trusted or not."""
        self.is_trusted = body.is_trusted
        """True if the server was mounted with `trust_annotations`."""


@dataclass(frozen=True)
class McpToolBody:
    """The body of a tool that runs on an MCP server."""

    listed: ListedTool
    form: ApiForm
    effect: Effect
    server_name: str
    is_trusted: bool
    caller: ToolCaller = field(repr=False)
    has_unresolved_types: bool = field(default=False, init=False)
    needs_context: bool = field(default=False, init=False)
    deps_demand: None = field(default=None, init=False)
    returns: object = field(default=object, init=False)
    """See `ToolBody.returns`. The type of a server's results is not known, so they may be long."""

    @property
    def input_schema(self) -> JSONObject:
        """See `ToolBody.input_schema`."""
        return self.form.shown

    def parse_arguments(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """See `ToolBody.parse_arguments`."""
        return self.form.read_arguments(tool, given)

    async def execute(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> list[Block]:
        """See `ToolBody.execute`."""

        async def report_progress(progress: float, total: float | None, message: str | None) -> None:
            if ctx is not None:
                ctx.progress(message or "", done=progress, total=total)

        try:
            answer = await self.caller.call_tool(self.listed, arguments, report_progress)
        except CallWithoutResult as error:
            text = str(error) if self.effect == "read" else f"{error} {OUTCOME_UNKNOWN}"
            raise ToolError(text, retryable=self.effect != "write") from error
        blocks = tool_result_content(answer.result, self.listed)
        if not answer.was_restarted:
            return blocks
        note = f"[The server {self.server_name} was started anew before this call: what it kept in memory is gone.]"
        return [text_block(note), *blocks]
