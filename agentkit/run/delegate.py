"""Tools that start sub-agents, for code below `agents/`, where agents as tools are made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from agentkit.run.delegation_terms import Terms
from agentkit.tools.definition import Tool

if TYPE_CHECKING:
    from agentkit.messages.message import ToolCall
    from agentkit.run.agent_spec import AnySpec
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

P = ParamSpec("P")
R = TypeVar("R")


class Delegate(Protocol):
    """A sub-agent that a tool may start."""

    @property
    def agent(self) -> AnySpec:
        """The agent."""
        ...

    @property
    def terms(self) -> Terms[Any]:
        """The terms of its runs."""
        ...


class DelegatingTool(Tool[P, R], ABC):
    """A tool whose calls may start runs of sub-agents."""

    is_agent = True

    @property
    @abstractmethod
    def delegates(self) -> Sequence[Delegate]:
        """The sub-agents that a call may start."""

    def may_start(self, call: ToolCall) -> bool:
        """Return True if it has the sub-agent that a call names."""
        del call
        return True

    @abstractmethod
    async def rebuild(self, call: ToolCall, ctx: RunContext[object], *, was_cut_off: bool = False) -> None:
        """Rebuild the runs that a call has started from their steps, without executing anything again.

        Args:
            call: The call.
            ctx: Its context.
            was_cut_off: True: a run without an end is rebuilt, too, as one that was cancelled where its steps end.
        """

    async def record_drop(self, call: ToolCall, ctx: RunContext[object]) -> None:
        """Record the end of the runs of a call that began early and was dropped with its turn: it is for good."""


def delegates_of(tool: AnyTool) -> Sequence[Delegate]:
    """Return the sub-agents whose runs a call of the tool may start; none for most tools."""
    return tool.delegates if isinstance(tool, DelegatingTool) else ()
