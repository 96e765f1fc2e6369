"""The type of deps that a function asks for with its RunContext: `ctx: RunContext[Shop]` asks for a Shop.

`RunContext` alone asks for nothing, and neither do `RunContext[None]`, `RunContext[Any]`, `RunContext[Shop | None]` and
a type variable.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, ForwardRef, Optional, TypeVar, Union, get_args, get_origin

from agentkit.errors import DefinitionError
from agentkit.schema.late_annotations import alias_value, read_parameters, written_form
from agentkit.tools.run_context import RunContext
from agentkit.tools.signatures.annotations import resolve_annotation, underlying_function, visible_names

_NO_DEMAND = (None, NoneType, Any, object, ...)
_NO_DEMAND_WORDS = ("None", "Any", "object", "typing.Any", "t.Any")


@dataclass(frozen=True, slots=True)
class DepsDemand:
    """The deps that a function asks for."""

    parameter: str
    """The name of the parameter that takes the RunContext."""
    type_name: str
    """The type of the deps, as it is written."""


def demand_of_annotation(
    function: Callable[..., object], parameter: str, annotation: object, names: Mapping[str, object]
) -> DepsDemand | None:
    """Return what a function asks for with the parameter that takes its RunContext. None: nothing."""
    known = _names_of(function, names)
    for argument in _context_arguments(annotation, known):
        if not _asks_for_nothing(argument, known):
            return DepsDemand(parameter, _type_name(argument))
    return None


def demand_of_function(function: Callable[..., object]) -> DepsDemand | None:
    """Return what a function asks for that has no model to fill in its parameters. None: nothing."""
    names = visible_names(function, None)
    try:
        for parameter in read_parameters(function):
            if resolve_annotation(function, parameter.annotation, names).is_context:
                return demand_of_annotation(function, parameter.name, parameter.annotation, names)
    except (DefinitionError, TypeError, ValueError):  # such a function may have any annotations, or none to read
        return None
    return None


def _names_of(function: Callable[..., object], names: Mapping[str, object]) -> Mapping[str, object]:
    module: dict[str, object] = getattr(underlying_function(function), "__globals__", {})
    return {**module, **names}


def _context_arguments(annotation: object, names: Mapping[str, object]) -> list[object]:
    """Return the type arguments of the RunContext in an annotation; text stays text."""
    if isinstance(annotation, str | ForwardRef):
        node = _parsed(written_form(annotation))
        return [] if node is None else _arguments_of_node(node, names)
    if type(annotation).__name__ == "TypeAliasType":
        return _context_arguments(alias_value(annotation), names)
    origin = get_origin(annotation)
    if origin is RunContext:
        return [*get_args(annotation)[:1]]
    parts = get_args(annotation)
    if origin is Annotated:
        parts = parts[:1]
    elif not (isinstance(annotation, UnionType) or origin is Union):
        return []
    return [argument for part in parts for argument in _context_arguments(part, names)]


def _arguments_of_node(node: ast.expr, names: Mapping[str, object]) -> list[object]:
    match node:
        case ast.Constant(value=str() as text):
            return _context_arguments(text, names)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_arguments_of_node(left, names), *_arguments_of_node(right, names)]
        case ast.Subscript(value=head, slice=inner) if _named(head, names) is RunContext:
            return [ast.unparse(inner)]
        case ast.Subscript(value=head, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            parts = parts[:1] if _named(head, names) is Annotated else parts
            return [argument for part in parts for argument in _arguments_of_node(part, names)]
        case _:
            value = _named(node, names)
            return [] if value is None or value is node else _context_arguments(value, names)


def _asks_for_nothing(argument: object, names: Mapping[str, object]) -> bool:
    if isinstance(argument, str | ForwardRef):
        return _text_asks_for_nothing(written_form(argument).strip("\"' "), names)
    if type(argument).__name__ == "TypeAliasType":
        return _asks_for_nothing(alias_value(argument), names)
    if isinstance(argument, TypeVar) or any(argument is one for one in _NO_DEMAND):
        return True
    origin, parts = get_origin(argument), get_args(argument)
    if origin is Annotated:
        return _asks_for_nothing(parts[0], names)
    is_union = isinstance(argument, UnionType) or origin is Union
    return is_union and any(_asks_for_nothing(part, names) for part in parts)


def _text_asks_for_nothing(text: str, names: Mapping[str, object]) -> bool:
    node = _parsed(text)
    match node:
        case None:
            return False
        case _ if text in _NO_DEMAND_WORDS:
            return True
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return any(_text_asks_for_nothing(ast.unparse(part), names) for part in (left, right))
        case ast.Subscript(value=head, slice=inner):
            origin = _named(head, names)
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            is_any = any(_text_asks_for_nothing(ast.unparse(part), names) for part in parts)
            return origin is Optional or (origin is Union and is_any)
        case _:
            value = _named(node, names)
            return value is not node and not isinstance(value, str) and _asks_for_nothing(value, names)


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None


def _named(node: ast.expr, names: Mapping[str, object]) -> object:
    """Return the value of `name` or `package.name`; the node itself for anything else."""
    match node:
        case ast.Name(id=name):
            return names.get(name, node)
        case ast.Attribute(value=owner, attr=name):
            return getattr(_named(owner, names), name, node)
        case _:
            return node


def _type_name(argument: object) -> str:
    if isinstance(argument, type) and not get_args(argument):
        return argument.__name__
    return written_form(argument).strip("\"'")
