"""Make a Python function a tool that Claude can call: `@tool`.

The file is not named `tool.py` after its export: `from agentkit.tools import tool` would give the module.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar, cast, overload

from typing_extensions import Unpack

from agentkit.errors import DefinitionError
from agentkit.tools.body import FunctionBody
from agentkit.tools.definition import Tool
from agentkit.tools.options import Available, Effect, ToolOptions, check_name
from agentkit.tools.signatures.annotations import underlying_function, visible_names
from agentkit.tools.signatures.signature import source_location

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Available", "Decorator", "Effect", "Tool", "ToolOptions", "check_name", "tool"]

P = ParamSpec("P")
R = TypeVar("R")


class Decorator(Protocol):
    """The decorator that `@tool(...)` with keywords returns."""

    def __call__(self, function: Callable[P, R], /) -> Tool[P, R]:
        """Make a tool of the function."""
        ...


@overload
def tool(
    function: Callable[P, R],
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **options: Unpack[ToolOptions],
) -> Tool[P, R]: ...
@overload
def tool(*, name: str | None = None, description: str | None = None, **options: Unpack[ToolOptions]) -> Decorator: ...
def tool(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **options: Unpack[ToolOptions],
) -> Tool[P, R] | Decorator:
    """Make a tool of a function, sync or async, or of a bound method: `tool(shop.find_items)`.

    Every parameter needs a type; a RunContext is passed in where one is annotated and is not shown to the model. The
    docstring describes the tool and its parameters. Synchronous functions run in a thread of their own.

    Args:
        function: The function that a call runs.
        name: The name for the model. None: the function's name.
        description: The description for the model. None: the docstring.
        options: See `ToolOptions`.

    Raises:
        DefinitionError: The function cannot be a tool; the text names the parameter, the file and line, and the fix.
    """
    here = inspect.currentframe()
    if function is not None:
        return _make_tool(function, name, description, options, here)

    def decorate(function: Callable[P, R], /) -> Tool[P, R]:
        return _make_tool(function, name, description, options, inspect.currentframe())

    return cast("Decorator", decorate)


def _make_tool(
    function: Callable[P, R], name: str | None, description: str | None, options: ToolOptions, frame: FrameType | None
) -> Tool[P, R]:
    if isinstance(function, Tool):
        raise DefinitionError(f"{function.name!r} is a tool already")
    if isinstance(function, type):
        raise DefinitionError(f"{function.__name__} is a class; put @tool on a function that makes and returns one")
    if not callable(function):
        raise DefinitionError(f"@tool is for functions, not for {function!r}")
    inner = underlying_function(function)
    if name is None:
        name = str(getattr(function, "__name__", None) or getattr(inner, "__name__", ""))
    try:
        if name == "__call__":
            raise DefinitionError("a callable object has no name that the model could use; give name=")
        body = FunctionBody(function, visible_names(function, frame))
        described = (lambda: body.description) if description is None else description
        return Tool(body, function, name, described, options)
    except DefinitionError as error:
        if str(error).startswith("Tool "):
            raise
        raise DefinitionError(f"@tool {name!r} ({source_location(function)}): {error}") from error
