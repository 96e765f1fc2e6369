"""Middleware: functions around every model call or tool call of an agent, `async def f(call, next)`.

    async def timed(call: ToolRun, next: CallTool) -> Content:
        started = time.monotonic()
        try:
            return await next(call)
        finally:
            print(call.tool.name, time.monotonic() - started)

    Agent("reader", ..., around_tool=[timed])

`next(call)` goes on; it may be given a changed call, `dataclasses.replace(call, ...)`. Not calling it answers in its
place, and nothing is executed; calling it twice executes twice. A failure is an exception on its way out through every
middleware: catch it to answer something else, raise another to fail. What leaves the outermost one becomes the one
tool result of the call, and of an exception that is not a ToolError the model is told no text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from agentkit.errors import DefinitionError

if TYPE_CHECKING:
    from agentkit.messages.message import AssistantTurn, Content, ToolCall
    from agentkit.messages.request import Request
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

Call = TypeVar("Call")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request that is about to be sent."""

    request: Request
    """What is sent: prefix, messages and options."""
    run_id: str
    path: tuple[str, ...]
    """The agents from the root of the tree to the asking one."""
    turn: int
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One tool call that is about to be executed: the tool is known, and its input is a JSON object."""

    call: ToolCall
    """What the model asked for: the call's id, the tool's name, the input as yet unchecked."""
    tool: AnyTool
    """The tool that runs; `tool.is_agent` for a sub-agent."""
    context: RunContext[object]
    """What the tool gets as its context."""


CallModel: TypeAlias = "Callable[[ModelCall], Awaitable[AssistantTurn]]"
"""The rest of the way to the model: what an AroundModel is given as `next`."""
CallTool: TypeAlias = "Callable[[ToolRun], Awaitable[Content]]"
"""The rest of the way to the tool: what an AroundTool is given as `next`."""
AroundModel: TypeAlias = "Callable[[ModelCall, CallModel], Awaitable[AssistantTurn]]"
"""Middleware around a model call. It returns the turn of `next(call)`, or one of its own making."""
AroundTool: TypeAlias = "Callable[[ToolRun, CallTool], Awaitable[Content]]"
"""Middleware around a tool call. It returns the content of `next(call)`, or other content: text, or blocks."""


def composed(
    around: Sequence[Callable[[Call, Callable[[Call], Awaitable[Answer]]], Awaitable[Answer]]],
    inner: Callable[[Call], Awaitable[Answer]],
) -> Callable[[Call], Awaitable[Answer]]:
    """One function of all the middleware and what it stands around. The first is the outermost."""
    for one in reversed(around):
        inner = _wrapped(one, inner)
    return inner


def _wrapped(
    one: Callable[[Call, Callable[[Call], Awaitable[Answer]]], Awaitable[Answer]],
    inner: Callable[[Call], Awaitable[Answer]],
) -> Callable[[Call], Awaitable[Answer]]:
    return lambda call: one(call, inner)


def check_middleware(around: object) -> None:
    """Raise DefinitionError for what is no list of functions."""
    if not isinstance(around, list | tuple):
        raise DefinitionError(f"it takes a list of functions, `async def f(call, next)`, not {around!r}")
    for one in around:  # pyright: ignore[reportUnknownVariableType]  # of whatever it was given
        if not callable(one):  # pyright: ignore[reportUnknownArgumentType]
            raise DefinitionError(f"{one!r} is not a function; write `async def f(call, next)`")
