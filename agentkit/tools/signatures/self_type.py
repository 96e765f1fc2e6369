"""Replace `Self` in the annotations of a method by the class of the object that it is bound to."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, cast, get_args, get_origin

from agentkit.errors import DefinitionError


def bound_class(function: Callable[..., object]) -> type | None:
    """Return the class of the object that a method, or a callable object, is bound to. None: it is bound to none."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.ismethod(function):
        owner: object = function.__self__
        return owner if isinstance(owner, type) else type(owner)
    call: object = inspect.getattr_static(type(function), "__call__", None)  # of a callable object
    return cast("type", type(function)) if inspect.isfunction(call) and not hasattr(function, "__wrapped__") else None


def replace_self(annotation: object, owner: type | None) -> object:
    """Return an annotation with the class in place of `Self`.

    Raises:
        DefinitionError: There is a `Self`, and no class.
    """
    if annotation is Self:
        if owner is None:
            raise DefinitionError("`Self` is the class of an object, and this function belongs to none; name the class")
        return owner
    args = get_args(annotation)
    if get_origin(annotation) is Literal or not any(map(_has_self, args)):
        return annotation
    if get_origin(annotation) is Annotated:
        return Annotated[(replace_self(args[0], owner), *args[1:])]
    replaced = tuple(replace_self(arg, owner) for arg in args)
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        return Union[replaced]  # noqa: UP007 - its parts are known at run time only
    origin: Any = get_origin(annotation)
    return origin[replaced]


def _has_self(annotation: object) -> bool:
    return annotation is Self or any(map(_has_self, get_args(annotation)))
