"""A function's signature -> the parameters that the model fills in, and where the context goes.

What cannot work as a tool is refused here, with the parameter, the file and line, and the fix.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentkit.annotations import Names, resolve, underlying
from agentkit.errors import DefinitionError
from agentkit.schema import MISSING, Parameter
from agentkit.schema.docstrings import read_docs

_UNUSABLE = {
    inspect.Parameter.POSITIONAL_ONLY: (
        "is positional-only, but the model names its arguments; remove the `/` behind it"
    ),
    inspect.Parameter.VAR_POSITIONAL: "takes any number of values; write `{name}: list[...]` instead of `*{name}`",
    inspect.Parameter.VAR_KEYWORD: "takes any name; write `{name}: dict[str, ...]` instead of `**{name}`",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes."""

    parameters: tuple[Parameter, ...]
    """Those that the model fills in."""
    context: str | None
    """The parameter that the RunContext goes to. None: the function takes none."""
    missing: Mapping[str, str]
    """Parameters whose annotation names something that is not defined yet, with the reason."""


def place_of(function: Callable[..., object]) -> str:
    """`file.py:12`, where a function is defined; its name where that is not known."""
    inner = underlying(function)
    code = getattr(inner, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def read_signature(function: Callable[..., object], names: Names) -> Signature:
    """Read a function's signature. Raises DefinitionError, naming the parameter, for what cannot work."""
    documented = read_docs(underlying(function)).parameters
    parameters: list[Parameter] = []
    context: str | None = None
    missing: dict[str, str] = {}
    for parameter in inspect.signature(function).parameters.values():
        name = parameter.name
        if unusable := _UNUSABLE.get(parameter.kind):
            raise DefinitionError(f"parameter `{name}` {unusable.format(name=name)}")
        if parameter.annotation is inspect.Parameter.empty:
            raise DefinitionError(_untyped(function, name))
        annotation = resolve(function, parameter.annotation, names)
        if annotation.is_context:
            if context is not None:
                raise DefinitionError(f"parameter `{name}` is a second RunContext beside `{context}`; one is enough")
            context = name
            continue
        if annotation.missing is not None:
            missing[name] = annotation.missing
        default = MISSING if parameter.default is inspect.Parameter.empty else parameter.default
        parameters.append(Parameter(name, annotation.value, default, documented.get(name, "")))
    return Signature(tuple(parameters), context, missing)


def _untyped(function: Callable[..., object], name: str) -> str:
    is_method = "." in getattr(function, "__qualname__", "").rpartition("<locals>.")[2]
    if name in ("self", "cls") and is_method:
        return (
            f"parameter `{name}`: this is a method that is not bound yet; decorate the bound one instead: "
            f"`tool(instance.{getattr(function, '__name__', 'method')})`"
        )
    return f"parameter `{name}` has no type, so the model cannot know what to give; write `{name}: str`, for example"
