"""A function's signature -> the parameters that the model fills in, and the parameter that gets the RunContext.

A function that cannot be a tool is refused here; the error names the parameter and the fix.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentkit.errors import DefinitionError
from agentkit.schema import MISSING, Parameter
from agentkit.schema.docstrings import callable_docstring, parse_docstring
from agentkit.schema.late_annotations import read_parameters
from agentkit.schema.parameters import is_described_by_docstring
from agentkit.tools.signatures.annotations import VisibleNames, resolve_annotation, underlying_function
from agentkit.tools.signatures.deps_demand import DepsDemand, demand_of_annotation
from agentkit.tools.signatures.wrappers import named_parameters

_UNUSABLE_KINDS: dict[int, str] = {
    inspect.Parameter.POSITIONAL_ONLY: (
        "is positional-only, but the model names its arguments; remove the `/` behind it"
    ),
    inspect.Parameter.VAR_POSITIONAL: "takes any number of values; write `{name}: list[...]` instead of `*{name}`",
    inspect.Parameter.VAR_KEYWORD: "takes any name; write `{name}: dict[str, ...]` instead of `**{name}`",
}
_UNKNOWN_PARAMETERS = "Python does not know its parameters; write a function of your own that calls it"


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a function, as a tool sees them."""

    parameters: tuple[Parameter, ...]
    """The parameters that the model fills in."""
    context_parameter: str | None
    """The name of the parameter for the RunContext. None: the function takes no context."""
    needs_context: bool
    """True if the RunContext can be neither left out nor None."""
    is_context_required: bool
    """True if the context parameter has no default: it is passed even if it is None."""
    unresolved: Mapping[str, str]
    """Parameters whose annotation uses a name that is not defined yet, with the reason."""
    docstring: str | None
    """The docstring of the function. None: there is none."""
    undocumented: str
    """The docstring without the texts of parameters."""
    documented: Mapping[str, object]
    """The annotations of all parameters that the docstring may describe, also of those that the model does not see."""
    deps_demand: DepsDemand | None = None
    """The deps that it asks for with its RunContext. None: none."""

    @property
    def description(self) -> str:
        """The docstring, without what the schema says and without texts about parameters that the model never sees."""
        beaten = {one.name for one in self.parameters if one.description and not is_described_by_docstring(one)}
        if not beaten:
            return self.undocumented
        taken = {name: annotation for name, annotation in self.documented.items() if name not in beaten}
        return parse_docstring(self.docstring, taken).description


def source_location(function: Callable[..., object]) -> str:
    """Return the definition of a function as `file.py:12`, or its name where the file is not known."""
    inner = underlying_function(function)
    code = getattr(inner, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else getattr(inner, "__name__", repr(function))


def open_parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """Return the parameters that a function shows. Raises DefinitionError where Python does not know them."""
    try:
        parameters = read_parameters(function)
    except (TypeError, ValueError) as error:
        raise DefinitionError(_UNKNOWN_PARAMETERS) from error
    given: set[str] = set()
    while isinstance(function, functools.partial):  # keywords of a partial are fixed; the model cannot set them
        given |= function.keywords.keys()
        function = function.func
    return [parameter for parameter in parameters if parameter.name not in given]


def _named_parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    try:
        return named_parameters(function)
    except (TypeError, ValueError) as error:
        raise DefinitionError(_UNKNOWN_PARAMETERS) from error


def read_signature(function: Callable[..., object], names: VisibleNames) -> Signature:
    """Read a function's signature. Raises DefinitionError, naming the parameter, for what cannot work."""
    docstring = callable_docstring(function)
    shown = _named_parameters(function)
    documented = _documented_parameters(function) | {one.name: one.annotation for one in shown}
    parsed = parse_docstring(docstring, documented)
    parameters: list[Parameter] = []
    context: str | None = None
    demand: DepsDemand | None = None
    needs_context = is_context_required = False
    unresolved: dict[str, str] = {}
    for parameter in shown:
        name = parameter.name
        if unusable := _UNUSABLE_KINDS.get(parameter.kind):
            raise DefinitionError(f"parameter `{name}` {unusable.format(name=name)}")
        if parameter.annotation is inspect.Parameter.empty:
            raise DefinitionError(_untyped_text(function, name))
        try:
            annotation = resolve_annotation(function, parameter.annotation, names)
        except DefinitionError as error:
            raise DefinitionError(f"parameter `{name}`: {error}") from error
        has_default = parameter.default is not inspect.Parameter.empty
        if annotation.is_context:
            if context is not None:
                raise DefinitionError(f"parameter `{name}` is a second RunContext beside `{context}`; one is enough")
            context, demand = name, demand_of_annotation(function, name, parameter.annotation, names)
            needs_context = not has_default and not annotation.accepts_none
            is_context_required = not has_default
            continue
        if annotation.unresolved_reason is not None:
            unresolved[name] = annotation.unresolved_reason
        default = parameter.default if has_default else MISSING
        parameters.append(Parameter(name, annotation.value, default, parsed.parameters.get(name, "")))
    own = tuple(parameters)
    return Signature(
        own, context, needs_context, is_context_required, unresolved, docstring, parsed.description, documented, demand
    )


def _documented_parameters(function: Callable[..., object]) -> dict[str, object]:
    """Return the annotations of the parameters of a function and of all around which it is wrapped."""
    if inspect.isfunction(function) and not vars(function):  # nothing tells of a wrapper
        return {}
    inner: object = function
    found: dict[str, object] = {}
    while callable(inner):
        # Python does not know the parameters of a partial whose names are those of a wrapper only.
        with contextlib.suppress(TypeError, ValueError):
            found = {one.name: one.annotation for one in read_parameters(inner)} | found
        layers: list[object] = [getattr(inner, name, None) for name in ("__wrapped__", "__func__", "func")]
        inner = next(filter(callable, layers), None)
    return found


def _untyped_text(function: Callable[..., object], name: str) -> str:
    is_method = "." in getattr(function, "__qualname__", "").rpartition("<locals>.")[2]
    if name in ("self", "cls") and is_method:
        return (
            f"parameter `{name}`: this is a method that is not bound yet; decorate the bound one instead: "
            f"`tool(instance.{getattr(function, '__name__', 'method')})`"
        )
    return f"parameter `{name}` has no type, so the model cannot know what to give; write `{name}: str`, for example"
