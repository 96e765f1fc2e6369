"""What the annotations of a function mean, resolved one by one where the function was defined.

`typing.get_type_hints` of a function fails as a whole on one bad name and knows no local classes, so each annotation
is evaluated by itself, with the names of the frames around the definition. Frames are read and never kept.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, FunctionType, NoneType, SimpleNamespace, UnionType
from typing import Annotated, ForwardRef, Optional, Union, get_args, get_origin

from agentkit.errors import DefinitionError
from agentkit.tools.run_context import RunContext

Names = Mapping[str, object]
"""What a name in an annotation may stand for."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One parameter's annotation."""

    value: object
    """What it evaluates to; None while `missing` says that it cannot be evaluated yet."""
    missing: str | None = None
    """Why it cannot be evaluated yet: a name that is not defined."""
    is_context: bool = False
    """Whether it asks for the RunContext."""
    takes_none: bool = False
    """Whether it asks for the RunContext or None."""


def underlying(function: Callable[..., object]) -> Callable[..., object]:
    """The function whose signature and annotations count: behind partials, wrappers, methods and callable objects."""
    if isinstance(function, functools.partial):
        return underlying(function.func)
    if isinstance(function, staticmethod):
        return underlying(function.__func__)
    if inspect.isfunction(function) or inspect.ismethod(function):
        unwrapped = inspect.unwrap(function)
        return unwrapped.__func__ if inspect.ismethod(unwrapped) else unwrapped
    call: object = inspect.getattr_static(type(function), "__call__", None)
    if inspect.isfunction(call):
        called: Callable[..., object] = inspect.unwrap(call)
        return called
    wrapped: object = getattr(function, "__wrapped__", None)  # of a wrapper written in C: `functools.cache`
    return underlying(wrapped) if callable(wrapped) else function


def names_around(function: Callable[..., object], frame: FrameType | None) -> dict[str, object]:
    """The names that the function's definition could see: enclosing frames, nearest first, then its closure.

    `frame` is where the decorator was applied. Frames of another module are left out.
    """
    inner = underlying(function)
    module = _module(function)
    names = _names_of_class(function, module)
    seen: dict[str, object] = {}
    while frame is not None and frame.f_code.co_name != "<module>":
        if frame.f_globals is module:
            seen = {**frame.f_locals, **seen}
        frame = frame.f_back
    names |= seen
    names |= {parameter.__name__: parameter for parameter in getattr(inner, "__type_params__", ())}
    code = getattr(inner, "__code__", None)
    for name, cell in zip(code.co_freevars if code else (), getattr(inner, "__closure__", None) or (), strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # not filled yet
            continue
    return names


def resolve(function: Callable[..., object], annotation: object, names: Names) -> Annotation:
    """Evaluate one annotation of a function, with the forward references inside it.

    Raises DefinitionError for one that no later definition can make right.
    """
    module = _module(function)
    if _is_context(annotation, module, names):
        return Annotation(annotation, is_context=True, takes_none=_takes_none(annotation, module, names))
    if isinstance(annotation, str):
        annotation = annotation.strip()  # a line break is fine between quotes
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        value: object = typing.get_type_hints(holder, module, dict(names), include_extras=True)["it"]
    except (NameError, AttributeError) as error:
        return Annotation(None, f"{annotation!r}: {error}")
    except Exception as error:  # an expression of the user's own may raise anything
        raise DefinitionError(f"its type {annotation!r} cannot be read: {error}") from error
    if _hides_context(value):
        raise DefinitionError("a RunContext comes by itself and as it is: write `ctx: RunContext[...]`")
    return Annotation(value, is_context=_is_context(value, module, names))


def needed_names(annotations: Mapping[str, object], names: Names) -> dict[str, object]:
    """Those of the names that some annotation mentions: what to keep for a second try."""
    texts = " ".join(text if isinstance(text, str) else repr(text) for text in annotations.values())
    return {name: value for name, value in names.items() if name in texts}


def _module(function: Callable[..., object]) -> dict[str, object]:
    return getattr(underlying(function), "__globals__", {})


def _names_of_class(function: Callable[..., object], module: Names) -> dict[str, object]:
    """The types inside the class of a bound method, but for those that hide a name of the module or of Python."""
    while isinstance(function, functools.partial):
        function = function.func
    owner = getattr(function, "__self__", None) if inspect.ismethod(function) else None
    if owner is None:
        return {}
    classes = reversed((owner if isinstance(owner, type) else type(owner)).__mro__)
    return {
        name: value
        for cls in classes
        for name, value in vars(cls).items()
        if not isinstance(value, FunctionType) and name not in module and not hasattr(builtins, name)
    }


def _is_context(annotation: object, module: Names, names: Names) -> bool:
    """Whether the RunContext is asked for; `RunContext[Unknown]` and what is around it are enough to know."""
    parts = _parts(annotation, module, names)
    return annotation is RunContext or any(_is_context(part, module, names) for part in parts)


def _hides_context(annotation: object) -> bool:
    """Whether a RunContext stands inside another type, or a subclass of it, which nobody makes."""
    own = get_origin(annotation) or annotation
    is_subclass = isinstance(own, type) and issubclass(own, RunContext) and own is not RunContext
    inside = get_args(annotation)
    return is_subclass or RunContext in (*inside, *map(get_origin, inside)) or any(map(_hides_context, inside))


def _takes_none(annotation: object, module: Names, names: Names) -> bool:
    if annotation is None or annotation is NoneType or annotation is Optional:
        return True
    return any(_takes_none(part, module, names) for part in _parts(annotation, module, names))


def _parts(annotation: object, module: Names, names: Names) -> tuple[object, ...]:
    """What an annotation is made of, as far as a RunContext may be meant by it; text is read without evaluating it."""
    match annotation:
        case str():
            return _parts_of_text(annotation, module, names)
        case ForwardRef():
            return (annotation.__forward_arg__,)
        case _ if type(annotation).__name__ == "TypeAliasType":  # `type Context = RunContext[Shop]`
            try:
                return (getattr(annotation, "__value__", None),)
            except NameError:
                return ()
        case _ if get_origin(annotation) is RunContext:
            return (RunContext,)
        case _ if get_origin(annotation) is Annotated:
            return get_args(annotation)[:1]
        case _:
            is_union = isinstance(annotation, UnionType) or get_origin(annotation) is Union
            return get_args(annotation) if is_union else ()


def _parts_of_text(text: str, module: Names, names: Names) -> tuple[object, ...]:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return ()
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return ast.unparse(left), ast.unparse(right)
        case ast.Subscript(value=head, slice=inner):
            origin = _named(head, module, names)
            several = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if origin is RunContext:
                return (RunContext,)
            if origin is Optional or origin is Union:
                return (*map(ast.unparse, several), *((Optional,) if origin is Optional else ()))
            return (ast.unparse(several[0]),) if origin is Annotated else ()
        case ast.Constant(value=str() | None as value):
            return (value,)
        case _:
            return (_named(node, module, names),)


def _named(node: ast.expr, module: Names, names: Names) -> object:
    """What `name` or `package.name` stands for; the node itself for anything else."""
    match node:
        case ast.Name(id=name):
            return names.get(name, module.get(name, node))
        case ast.Attribute(value=owner, attr=name):
            return getattr(_named(owner, module, names), name, node)
        case _:
            return node
