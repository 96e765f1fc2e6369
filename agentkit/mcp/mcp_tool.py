"""A tool of a mounted server: to an agent a Tool like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from agentkit.errors import ToolError
from agentkit.mcp.results import content_of
from agentkit.messages.message import Block, text_block
from agentkit.tool_calls.failures import OUTCOME_UNKNOWN
from agentkit.tools.decorator import Tool

if TYPE_CHECKING:
    from agentkit.mcp.annotations import Annotations, Listed
    from agentkit.mcp.schemas import Fitted
    from agentkit.messages.message import JSONObject
    from agentkit.tools.options import Effect, ToolOptions
    from agentkit.tools.run_context import RunContext


class Report(Protocol):
    """Hears how far a call is."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        """How much is done, of how much, and in words."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered to a call."""

    result: JSONObject
    """As it wrote it."""
    was_restarted: bool
    """Whether the server was started anew for this call."""


class Unanswered(Exception):
    """A call was sent and brought no result; what it did is not known. The text is for the model."""


class Caller(Protocol):
    """What a tool needs of the server that it belongs to."""

    async def call(self, tool: Listed, arguments: Mapping[str, object], report: Report) -> Answer:
        """Call it. Raises Unanswered, and ToolError where nothing was executed or the server refused."""
        ...


class McpTool(Tool[..., object]):
    """A tool of a mounted server. Calls are checked against the server's schema before they are sent."""

    def __init__(self, body: ServerBody, name: str, description: str, options: ToolOptions) -> None:
        async def function(**arguments: object) -> object:
            return await body.work(body.read(name, arguments), None)

        function.__name__ = function.__qualname__ = name
        super().__init__(body, function, name, description, options)
        self.server = body.server_name
        """The name under which the server is mounted: where the tool's results come from."""
        self.server_tool = body.listed.name
        """The server's own name for it."""
        self.annotations: Annotations = body.listed.annotations
        """What the server says of it, believed or not."""
        self.is_trusted = body.is_trusted
        """Whether whoever mounted the server believes its annotations."""


@dataclass(frozen=True)
class ServerBody:
    """The work of a tool, done by its server."""

    listed: Listed
    fitted: Fitted
    effect: Effect
    server_name: str
    is_trusted: bool
    caller: Caller = field(repr=False)
    is_waiting: bool = field(default=False, init=False)
    needs_context: bool = field(default=False, init=False)
    returns: object = field(default=object, init=False)
    """See `Body.returns`: what a server answers may be long."""

    @property
    def input_schema(self) -> JSONObject:
        """See `Body.input_schema`."""
        return self.fitted.shown

    def read(self, tool: str, given: Mapping[str, object]) -> Mapping[str, object]:
        """See `Body.read`."""
        return self.fitted.read(tool, given)

    async def work(self, arguments: Mapping[str, object], ctx: RunContext[object] | None) -> list[Block]:
        """See `Body.work`."""

        async def report(progress: float, total: float | None, message: str | None) -> None:
            if ctx is not None:
                ctx.progress(message or "", done=progress, total=total)

        try:
            answer = await self.caller.call(self.listed, arguments, report)
        except Unanswered as error:
            text = str(error) if self.effect == "read" else f"{error} {OUTCOME_UNKNOWN}"
            raise ToolError(text, retryable=self.effect != "write") from error
        blocks = content_of(answer.result, self.listed)
        if not answer.was_restarted:
            return blocks
        note = f"[The server {self.server_name} was started anew before this call: what it kept in memory is gone.]"
        return [text_block(note), *blocks]
