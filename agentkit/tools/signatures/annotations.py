"""Resolve the annotations of a function one by one, with the names that were visible at its definition.

`typing.get_type_hints` of a function fails as a whole on one bad name and knows no local classes, so each annotation
is evaluated by itself, with the names of the enclosing frames. Frames are read and never kept.
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
from agentkit.schema.late_annotations import alias_value, written_form
from agentkit.tools.run_context import RunContext
from agentkit.tools.signatures.self_type import bound_class, replace_self

VisibleNames = Mapping[str, object]
"""The names that an annotation may use, and their values."""


@dataclass(frozen=True, slots=True)
class ResolvedAnnotation:
    """The annotation of one parameter, resolved as far as its names are defined."""

    value: object
    """The value of the annotation. None: a name in it is not defined yet."""
    unresolved_reason: str | None = None
    """The reason, if a name in it is not defined yet. None: it is resolved."""
    is_context: bool = False
    """True if the parameter takes the RunContext."""
    accepts_none: bool = False
    """True if the parameter takes the RunContext or None."""


def underlying_function(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function whose annotations count: behind partials, wrappers, methods and callable objects."""
    if isinstance(function, functools.partial):
        return underlying_function(function.func)
    if isinstance(function, staticmethod):
        return underlying_function(function.__func__)
    if inspect.isfunction(function) or inspect.ismethod(function):
        unwrapped = inspect.unwrap(function)
        return unwrapped.__func__ if inspect.ismethod(unwrapped) else unwrapped
    wrapped: object = getattr(function, "__wrapped__", None)  # of an object that is a wrapper, or of `functools.cache`
    if callable(wrapped):
        return underlying_function(wrapped)
    call: object = inspect.getattr_static(type(function), "__call__", None)
    called: Callable[..., object] = inspect.unwrap(call) if inspect.isfunction(call) else function
    return called


def visible_names(function: Callable[..., object], frame: FrameType | None) -> dict[str, object]:
    """Return the names that are visible at the function's definition, from enclosing frames and its closure.

    The closure wins over the frames, a nearer frame over an outer one. Frames of other modules are left out.

    Args:
        function: The function whose annotations are resolved.
        frame: The frame in which the decorator was applied. None: closure and class only.
    """
    inner = underlying_function(function)
    module = _module_globals(function)
    names = _class_names(function, module)
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
        except ValueError:  # the variable is not assigned yet
            continue
    return names


def resolve_annotation(function: Callable[..., object], annotation: object, names: VisibleNames) -> ResolvedAnnotation:
    """Evaluate one annotation of a function, with the forward references inside it.

    Raises:
        DefinitionError: The annotation is invalid, and no later definition can change that.
    """
    module = _module_globals(function)
    named = _named(annotation, module, names) if isinstance(annotation, str) else annotation
    if _is_bare_class(named):  # most are, and nothing is left to resolve
        return ResolvedAnnotation(named)
    if _is_run_context(annotation, module, names):
        return ResolvedAnnotation(annotation, is_context=True, accepts_none=_accepts_none(annotation, module, names))
    if isinstance(annotation, str):
        annotation = annotation.strip()  # a line break is fine between quotes
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        value: object = typing.get_type_hints(holder, module, dict(names), include_extras=True)["it"]
    except (NameError, AttributeError) as error:
        return ResolvedAnnotation(None, f"{written_form(annotation)!r}: {error}")
    except Exception as error:  # a user's expression may raise anything
        raise DefinitionError(f"its type {written_form(annotation)!r} cannot be read: {error}") from error
    if _nests_run_context(value):
        raise DefinitionError("a RunContext comes by itself and as it is: write `ctx: RunContext[...]`")
    value = replace_self(value, bound_class(function))
    return ResolvedAnnotation(value, is_context=_is_run_context(value, module, names))


def may_be_none(function: Callable[..., object], annotation: object, names: VisibleNames) -> bool:
    """Return True if an annotation allows None beside other values, also where a name in it is not defined."""
    return annotation not in (None, NoneType, "None") and _accepts_none(annotation, _module_globals(function), names)


def needed_names(annotations: Mapping[str, object], names: VisibleNames) -> dict[str, object]:
    """Return the names that the annotations mention: those to keep for resolving them later."""
    texts = " ".join(text if isinstance(text, str) else repr(text) for text in annotations.values())
    return {name: value for name, value in names.items() if name in texts}


def _module_globals(function: Callable[..., object]) -> dict[str, object]:
    return getattr(underlying_function(function), "__globals__", {})


def _class_names(function: Callable[..., object], module: VisibleNames) -> dict[str, object]:
    """Return the types inside the class of a bound method, except those that shadow a global or built-in name."""
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


def _is_run_context(annotation: object, module: VisibleNames, names: VisibleNames) -> bool:
    """True if the annotation means the RunContext, even with a type argument that cannot be resolved."""
    parts = _annotation_parts(annotation, module, names)
    return annotation is RunContext or any(_is_run_context(part, module, names) for part in parts)


def _nests_run_context(annotation: object) -> bool:
    """True if a RunContext stands inside another type, or for a subclass of it: agentkit can pass neither."""
    own = get_origin(annotation) or annotation
    is_subclass = isinstance(own, type) and issubclass(own, RunContext) and own is not RunContext
    inside = get_args(annotation)
    return is_subclass or RunContext in (*inside, *map(get_origin, inside)) or any(map(_nests_run_context, inside))


def _is_bare_class(value: object) -> bool:
    return isinstance(value, type) and not issubclass(value, RunContext)


def _accepts_none(annotation: object, module: VisibleNames, names: VisibleNames) -> bool:
    if annotation is None or annotation is NoneType or annotation is Optional:
        return True
    return any(_accepts_none(part, module, names) for part in _annotation_parts(annotation, module, names))


def _annotation_parts(annotation: object, module: VisibleNames, names: VisibleNames) -> tuple[object, ...]:
    """Return the parts of an annotation that may mean a RunContext; text is parsed, not evaluated."""
    match annotation:
        case str():
            return _text_annotation_parts(annotation, module, names)
        case ForwardRef():
            return (written_form(annotation),)
        case _ if type(annotation).__name__ == "TypeAliasType":  # `type Context = RunContext[Shop]`
            return (alias_value(annotation),)
        case _ if get_origin(annotation) is RunContext:
            return (RunContext,)
        case _ if get_origin(annotation) is Annotated:
            return get_args(annotation)[:1]
        case _:
            is_union = isinstance(annotation, UnionType) or get_origin(annotation) is Union
            return get_args(annotation) if is_union else ()


def _text_annotation_parts(text: str, module: VisibleNames, names: VisibleNames) -> tuple[object, ...]:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return ()
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return ast.unparse(left), ast.unparse(right)
        case ast.Subscript(value=head, slice=inner):
            origin = _look_up_name(head, module, names)
            several = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if origin is RunContext:
                return (RunContext,)
            if origin is Optional or origin is Union:
                return (*map(ast.unparse, several), *((Optional,) if origin is Optional else ()))
            return (ast.unparse(several[0]),) if origin is Annotated else ()
        case ast.Constant(value=str() | None as value):
            return (value,)
        case _:
            return (_look_up_name(node, module, names),)


def _named(name: str, module: VisibleNames, names: VisibleNames) -> object:
    """Return the value of a name. None: it is not defined, or the text is more than a name."""
    return names.get(name, module.get(name, getattr(builtins, name, None)))


def _look_up_name(node: ast.expr, module: VisibleNames, names: VisibleNames) -> object:
    """Return the value of `name` or `package.name`; the node itself for anything else."""
    match node:
        case ast.Name(id=name):
            return names.get(name, module.get(name, node))
        case ast.Attribute(value=owner, attr=name):
            return getattr(_look_up_name(owner, module, names), name, node)
        case _:
            return node
