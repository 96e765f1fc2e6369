"""What the annotations of a function mean, resolved one by one where the function was defined.

`typing.get_type_hints` fails as a whole on one bad name and knows no local classes, so each annotation is evaluated
by itself, with the names of the frames around the definition. Frames are read at decoration and not kept.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, UnionType
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from agentkit.context import RunContext

Names = Mapping[str, object]
"""What a name in an annotation may stand for."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One parameter's annotation."""

    value: object
    """What it evaluates to; None while `missing` says that it cannot be evaluated yet."""
    missing: str | None = None
    """Why it cannot be evaluated, usually a name that is not defined yet."""
    is_context: bool = False
    """Whether it asks for the RunContext."""


def underlying(function: Callable[..., object]) -> Callable[..., object]:
    """The function whose signature and annotations count: behind partials, wrappers, methods and callable objects."""
    if isinstance(function, functools.partial):
        return underlying(function.func)
    if inspect.isfunction(function) or inspect.ismethod(function):
        unwrapped = inspect.unwrap(function)
        return unwrapped.__func__ if inspect.ismethod(unwrapped) else unwrapped
    call = getattr(type(function), "__call__", None)
    return inspect.unwrap(call) if inspect.isfunction(call) else function


def names_around(function: Callable[..., object], frame: FrameType | None) -> dict[str, object]:
    """The names that the function's definition could see: enclosing frames, nearest first, then its closure.

    `frame` is where the decorator was applied. Frames of another module are left out.
    """
    inner = underlying(function)
    module = getattr(inner, "__globals__", None)
    names: dict[str, object] = {}
    while frame is not None and frame.f_code.co_name != "<module>":
        if frame.f_globals is module:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    code = getattr(inner, "__code__", None)
    for name, cell in zip(code.co_freevars if code else (), getattr(inner, "__closure__", None) or (), strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # not filled yet
            continue
    return names


def resolve(function: Callable[..., object], annotation: object, names: Names) -> Annotation:
    """Evaluate one annotation of a function."""
    module: dict[str, Any] = getattr(underlying(function), "__globals__", {})
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return Annotation(annotation, is_context=_is_context(annotation))
    try:
        value = eval(annotation, module, dict(names))  # noqa: S307 - the user's own annotation, as typing does
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        return Annotation(None, f"{annotation!r}: {error}", is_context=_head_is_context(annotation, module, names))
    if isinstance(value, str | ForwardRef):
        return resolve(function, value, names)
    return Annotation(value, is_context=_is_context(value))


def needed_names(annotations: Mapping[str, object], names: Names) -> dict[str, object]:
    """Those of the names that some unevaluated annotation mentions: what to keep for a second try."""
    texts = " ".join(text for text in annotations.values() if isinstance(text, str))
    return {name: value for name, value in names.items() if name in texts}


def _is_context(annotation: object) -> bool:
    if annotation is RunContext or get_origin(annotation) is RunContext:
        return True
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return any(_is_context(part) for part in get_args(annotation))
    return False


def _head_is_context(annotation: str, module: dict[str, Any], names: Names) -> bool:
    """Whether `RunContext[Unknown]` is meant: the part before the bracket is enough to know."""
    head = annotation.partition("[")[0].strip()
    try:
        return eval(head, module, dict(names)) is RunContext  # noqa: S307 - as above
    except (NameError, AttributeError, TypeError, SyntaxError):
        return False
