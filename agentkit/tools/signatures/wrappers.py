"""The parameters that a call can give by name, through the wrappers around a function.

`functools.wraps` shows the signature of the function inside, and the wrapper may take something else: fewer parameters,
or one more. What the outermost wrapper takes decides.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from types import FunctionType, MethodType
from typing import cast

from agentkit.errors import DefinitionError
from agentkit.schema.late_annotations import read_annotations, read_parameters

_VARIABLE = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def named_parameters(function: Callable[..., object], fixed: frozenset[str] = frozenset()) -> list[Parameter]:
    """Return the parameters that a call can give by name, and those that it cannot, with their kinds.

    Args:
        function: The function as it is called.
        fixed: The names that a `functools.partial` around it gives.

    Raises:
        DefinitionError: No call can work: a wrapper takes no names, or something that nobody knows.
        TypeError, ValueError: Python does not know the parameters.
    """
    if isinstance(function, functools.partial):
        partial = cast("functools.partial[object]", function)
        left = _parameters_left(named_parameters(partial.func, fixed.union(partial.keywords)), partial)
        return [parameter for parameter in left if parameter.name not in partial.keywords]
    if inspect.ismethod(function):
        stub = _stub(named_parameters(function.__func__, fixed))
        return list(inspect.signature(MethodType(stub, function.__self__)).parameters.values())
    declared: object = getattr(function, "__signature__", None)
    inner: object = getattr(function, "__wrapped__", None)
    code = _own_function(function)
    if inner is None and (code is None or not isinstance(declared, Signature)):
        return read_parameters(function)
    if hasattr(function, "registry") and hasattr(function, "dispatch"):
        raise DefinitionError("a singledispatch function takes its first argument by position only; wrap it in another")
    shown = (
        list(declared.parameters.values())
        if isinstance(declared, Signature)
        else named_parameters(cast("Callable[..., object]", inner), fixed)
    )
    return shown if code is None else _taken_by_wrapper(code, shown, fixed)


def _own_function(function: Callable[..., object]) -> Callable[..., object] | None:
    """Return the Python function that runs first in a call, bound if it is a method. None: it is none of Python's."""
    if isinstance(function, FunctionType):
        return function
    call: object = inspect.getattr_static(type(function), "__call__", None)
    return MethodType(call, function) if isinstance(call, FunctionType) else None


def _taken_by_wrapper(
    wrapper: Callable[..., object], shown: Sequence[Parameter], fixed: frozenset[str]
) -> list[Parameter]:
    own = _own_parameters(wrapper)
    by_name = {parameter.name: parameter for parameter in own if parameter.kind not in _VARIABLE}
    known = {parameter.name: parameter for parameter in shown}
    taken = {
        name: parameter.replace(annotation=known[name].annotation)
        if parameter.annotation is Parameter.empty and name in known
        else parameter
        for name, parameter in by_name.items()
    }
    kinds = {parameter.kind for parameter in own}
    if Parameter.VAR_KEYWORD not in kinds:
        lost = [name for name in known if name not in taken]
        if Parameter.VAR_POSITIONAL in kinds and lost:
            raise DefinitionError(
                f"parameter `{lost[0]}`: its wrapper takes `*args` only, and the model names its arguments; write "
                "`def wrapper(*args, **kwargs)`"
            )
        return list(taken.values())
    more = [one for name, one in taken.items() if name not in known and one.default is Parameter.empty]
    for one in more:
        if one.annotation is Parameter.empty and one.name not in fixed:
            raise DefinitionError(
                f"parameter `{one.name}`: its wrapper takes it and functools.wraps hides it, so no call could give it; "
                "set `wrapper.__signature__` to the parameters that the wrapper takes"
            )
    return [*(taken.get(name, parameter) for name, parameter in known.items()), *more]


def _own_parameters(wrapper: Callable[..., object]) -> list[Parameter]:
    """Return the parameters of a function's code, and not those that it shows in place of them."""
    function = cast("FunctionType", wrapper.__func__ if inspect.ismethod(wrapper) else wrapper)
    bare = FunctionType(function.__code__, function.__globals__, "bare", function.__defaults__, function.__closure__)
    bare.__kwdefaults__ = function.__kwdefaults__
    annotations = read_annotations(function)
    parameters = [
        parameter.replace(annotation=annotations.get(parameter.name, Parameter.empty))
        for parameter in inspect.signature(bare).parameters.values()
    ]
    if not inspect.ismethod(wrapper):
        return parameters
    return list(inspect.signature(MethodType(_stub(parameters), wrapper.__self__)).parameters.values())


def _parameters_left(parameters: Sequence[Parameter], partial: functools.partial[object]) -> list[Parameter]:
    left = functools.partial(_stub(parameters), *partial.args, **partial.keywords)
    return list(inspect.signature(left).parameters.values())


def _stub(parameters: Sequence[Parameter]) -> Callable[..., object]:
    """Return a function that shows the parameters."""

    def stub() -> None: ...

    # Without validation: defaults may stand before parameters that a wrapper added.
    stub.__signature__ = Signature(list(parameters), __validate_parameters__=False)  # type: ignore[attr-defined]
    return stub
