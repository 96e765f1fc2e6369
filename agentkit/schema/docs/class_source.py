"""Read the strings below the fields of a class from its source file: Python itself discards them.

A class without source (typed at a prompt, built at run time) has none.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache

from typing_extensions import is_typeddict

from agentkit.schema.late_annotations import read_annotations


def strings_below_fields(cls: type) -> Mapping[str, str]:
    """Return the strings below the fields of a class, or below the members of an enum."""
    filename = _source_file(cls)
    if filename is None:
        return {}
    members: Mapping[str, object] | None = getattr(cls, "__members__", None) if Enum in cls.__mro__ else None
    is_enum = members is not None
    names = set(members if members is not None else read_annotations(cls))
    # Several classes may share a qualified name (redefined, or in two branches): their fields identify them.
    # The annotations of a TypedDict include the fields of its bases; an enum may have attributes beside its members.
    is_fitting = names.issubset if is_enum else names.issuperset if is_typeddict(cls) else names.__eq__
    fitting = [
        node
        for node in _classes_in_file(filename).get(cls.__qualname__, ())
        if is_fitting({name for name, _ in _fields(node, is_enum=is_enum)})
    ]
    line = getattr(cls, "__firstlineno__", None)
    exact = [node for node in fitting if line in (node.lineno, *(d.lineno for d in node.decorator_list))]
    fitting = exact or fitting
    return _read_strings(fitting[0], is_enum=is_enum) if len(fitting) == 1 else {}


def _source_file(cls: type) -> str | None:
    module = sys.modules.get(cls.__module__)
    return getattr(module, "__file__", None)


def _classes_in_file(filename: str) -> Mapping[str, list[ast.ClassDef]]:
    return _parse_classes("".join(linecache.getlines(filename)))


@lru_cache(maxsize=32)
def _parse_classes(source: str) -> Mapping[str, list[ast.ClassDef]]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    classes: dict[str, list[ast.ClassDef]] = {}
    for name, node in _walk_classes(tree, ""):
        classes.setdefault(name, []).append(node)
    return classes


def _walk_classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            name = prefix + child.name
            yield name, child
            yield from _walk_classes(child, f"{name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk_classes(child, f"{prefix}{child.name}.<locals>.")
        else:
            yield from _walk_classes(child, prefix)


def _fields(node: ast.ClassDef, *, is_enum: bool) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the fields of a class with the statement below each; those of an enum have no annotations."""
    for statement, below in zip(node.body, [*node.body[1:], node], strict=True):
        targets: list[ast.expr] = [statement.target] if isinstance(statement, ast.AnnAssign) else []
        if is_enum and isinstance(statement, ast.Assign):
            targets = statement.targets
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, below


def _read_strings(node: ast.ClassDef, *, is_enum: bool) -> dict[str, str]:
    docs: dict[str, str] = {}
    for name, below in _fields(node, is_enum=is_enum):
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            text = below.value.value
            if isinstance(text, str):
                docs[name] = inspect.cleandoc(text)
    return docs
