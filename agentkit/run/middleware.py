"""Middleware: functions around every model call or tool call of an agent, `async def f(call, next)`.

    async def timed(call: ToolRun, next: CallTool) -> Content:
        started = time.monotonic()
        try:
            return await next(call)
        finally:
            print(call.tool.name, time.monotonic() - started)

    Agent("reader", ..., around_tool=[timed])

`next(call)` continues; it may be given a changed call, `dataclasses.replace(call, ...)`. Without calling it nothing is
executed, and the return value takes the place of the result; calling it twice executes twice. A failure is an exception
that passes through every middleware: catch it to return something else, raise another to fail. The return value of the
outermost one becomes the one tool result of the call; of an exception that is not a ToolError the model gets no text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from agentkit.errors import DefinitionError
from agentkit.tools.options import takes_arguments

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
    """The request body: prefix, messages and options."""
    run_id: str
    """The id of the run that makes the call."""
    path: tuple[str, ...]
    """The agents from the root of the tree to the one that makes the call."""
    turn: int
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One tool call that is about to be executed: the tool is known, and its input is a JSON object."""

    call: ToolCall
    """The tool call of the model: its id, the tool's name, the input, not validated yet."""
    tool: AnyTool
    """The tool that runs; `tool.is_agent` for a sub-agent."""
    context: RunContext[object]
    """The context that the tool gets."""
    path: tuple[str, ...] = ()
    """The agents from the root of the tree to the one whose model made the call."""


CallModel: TypeAlias = "Callable[[ModelCall], Awaitable[AssistantTurn]]"
"""The rest of the chain to the model: the `next` of an AroundModel."""
CallTool: TypeAlias = "Callable[[ToolRun], Awaitable[Content]]"
"""The rest of the chain to the tool: the `next` of an AroundTool."""
AroundModel: TypeAlias = "Callable[[ModelCall, CallModel], Awaitable[AssistantTurn]]"
"""Middleware around a model call. It returns the turn of `next(call)`, or one of its own making."""
AroundTool: TypeAlias = "Callable[[ToolRun, CallTool], Awaitable[Content]]"
"""Middleware around a tool call. It returns the content of `next(call)`, or other content: text, or blocks."""


@dataclass(frozen=True, slots=True)
class TreeMiddleware:
    """The middleware of a run and of those below it; that of the root agent is the outermost."""

    around_model: tuple[AroundModel, ...] = ()
    """Around every model call."""
    around_tool: tuple[AroundTool, ...] = ()
    """Around every tool call."""

    def around(self, inner: TreeMiddleware) -> TreeMiddleware:
        """Return the middleware of a run below, whose agent has `inner` of its own."""
        if not (inner.around_model or inner.around_tool):
            return self
        return TreeMiddleware(
            (*self.around_model, *inner.around_model),
            (*self.around_tool, *inner.around_tool),
        )


def compose_middleware(
    around: Sequence[Callable[[Call, Callable[[Call], Awaitable[Answer]]], Awaitable[Answer]]],
    inner: Callable[[Call], Awaitable[Answer]],
) -> Callable[[Call], Awaitable[Answer]]:
    """Return one function that wraps `inner` in all the middleware. The first is the outermost."""
    for one in reversed(around):
        inner = _wrap_call(one, inner)
    return inner


def _wrap_call(
    one: Callable[[Call, Callable[[Call], Awaitable[Answer]]], Awaitable[Answer]],
    inner: Callable[[Call], Awaitable[Answer]],
) -> Callable[[Call], Awaitable[Answer]]:
    return lambda call: one(call, inner)


def check_middleware(around: object) -> None:
    """Raise DefinitionError for anything but a list of functions."""
    if not isinstance(around, list | tuple):
        raise DefinitionError(f"it takes a list of functions, `async def f(call, next)`, not {around!r}")
    for one in around:  # pyright: ignore[reportUnknownVariableType]  # callers may pass any type
        if not callable(one):  # pyright: ignore[reportUnknownArgumentType]
            raise DefinitionError(f"{one!r} is not a function; write `async def f(call, next)`")
        if not takes_arguments(one, 2):
            raise DefinitionError(f"{one!r} is called with two arguments; write `async def f(call, next)`")
