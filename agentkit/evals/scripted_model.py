"""A model that a function plays, for agents that need none: no server, no client, no tokens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from agentkit.agents.agent_tool import AgentTool
from agentkit.run.delegation_terms import model_id
from agentkit.simulator.replies.stream import stream_events
from agentkit.tools.definition import Tool
from agentkit.tools.toolset import Toolset

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import Request
    from agentkit.run.agent_spec import AnySpec
    from agentkit.simulator.replies.reply import Reply
    from agentkit.tools.toolset import AnyTool, ToolSource

SpecT = TypeVar("SpecT", bound="AnySpec")
ReplyFunction: TypeAlias = "Callable[[Request], Reply]"
"""Returns the turn that answers a request. It keeps nothing between requests, so one may answer many runs at once."""

_NO_TOKENS = {"input_tokens": 0, "output_tokens": 0}


@dataclass(frozen=True, slots=True)
class ScriptedModel:
    """A `Model` whose turns come from a function of the request, whatever client the run is given."""

    name: str
    """The model id that it stands for."""
    reply: ReplyFunction
    """Returns the turn that answers a request."""

    @property
    def needs_no_server(self) -> bool:
        """See `NeedsNoServer`."""
        return True

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        """Yield the events of the turn that the function returns."""
        number = len(request.messages)
        turn = self.reply(request).to_turn(request.to_dict(), f"{number:04}")
        yield _events(stream_events(turn, message_id=f"msg_{number:04}", model=self.name, usage={**_NO_TOKENS}))


async def _events(events: Iterator[JSONObject]) -> AsyncGenerator[JSONObject]:
    for event in events:
        yield event


def played_by(agent: SpecT, reply: ReplyFunction) -> SpecT:
    """Return the agent, and the sub-agents below it, with a function in place of their models.

    Args:
        agent: The agent; its instructions, tools and types stay as they are.
        reply: Returns the turn that answers a request.
    """
    tools: list[ToolSource] = []
    for source in agent.tools:
        if isinstance(source, Tool):
            tools.append(_tool_played_by(source, reply))
        elif type(source) is Toolset:
            tools.append(Toolset(source.name, [_tool_played_by(tool, reply) for tool in source]))
        else:
            tools.append(source)
    return replace(agent, model=ScriptedModel(model_id(agent.model), reply), fallback=None, tools=tools)


def is_sub_agent(tool: AnyTool) -> TypeGuard[AgentTool[Any, Any]]:
    """Return True for an agent as a tool."""
    return isinstance(tool, AgentTool)


def _tool_played_by(tool: AnyTool, reply: ReplyFunction) -> AnyTool:
    if not is_sub_agent(tool):
        return tool
    models = {name: ScriptedModel(model_id(model), reply) for name, model in tool.terms.models.items()}
    terms = replace(tool.terms, models=models)
    return AgentTool(played_by(tool.agent, reply), tool.name, tool.description, terms)
