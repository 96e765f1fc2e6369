"""Collect the descriptions of a class's fields: from strings below them, annotations and the class's docstring.

Python discards a string below a field, so it is read from the source file. A class without source (typed at a prompt,
built at run time) has only its annotations and its docstring.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import ForwardRef

from typing_extensions import Doc, evaluate_forward_ref, is_typeddict

from agentkit.schema.docstrings import own_docstring, parse_docstring
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.schema.late_annotations import read_annotations


def field_descriptions(cls: type) -> dict[str, str]:
    """Return the descriptions by field name, inherited fields included; the nearest class in the MRO wins.

    Within one class `Annotated[..., Doc(...)]` wins over the string below the field, which wins over the docstring.
    """
    docs: dict[str, str] = {}
    for owner in reversed(_written_classes(cls)):
        text = own_docstring(owner)
        if text:
            docs.update(parse_docstring(text).parameters)
        docs.update(_descriptions_in_source(owner))
        docs.update(_descriptions_in_annotations(owner))
    return docs


def annotated_descriptions(metadata: Iterable[object]) -> Iterator[str]:
    """Yield the descriptions in the metadata of an `Annotated`: plain strings and `Doc(...)`."""
    for note in metadata:
        if isinstance(note, Doc):
            yield note.documentation
        elif isinstance(note, str):
            yield note


def _descriptions_in_annotations(cls: type) -> Iterator[tuple[str, str]]:
    for name, written in read_annotations(cls).items():
        annotation = _evaluate_annotation(written, cls) if isinstance(written, str) else written
        for note in annotated_descriptions(getattr(annotation, "__metadata__", ())):
            yield name, note


def _evaluate_annotation(annotation: str, cls: type) -> object:
    """Evaluate a postponed annotation. None: a name in it is undefined, which must not make a mere description fail."""
    if "Annotated[" not in annotation:
        return None
    try:
        return evaluate_forward_ref(ForwardRef(annotation), owner=cls)
    except (NameError, AttributeError, TypeError, SyntaxError):
        return None


def _written_classes(cls: type) -> list[type]:
    """Return the user-defined classes, nearest first: the MRO, bases of TypedDicts and origins of generics."""
    found: list[type] = []
    for owner in cls.__mro__:
        bases: tuple[object, ...] = getattr(owner, "__orig_bases__", ())
        generic: object = getattr(owner, "__pydantic_generic_metadata__", None)
        candidates = [owner, generic.get("origin") if is_object(generic) else None]
        for candidate in [*candidates, *(getattr(base, "__origin__", base) for base in bases)]:
            if isinstance(candidate, type) and candidate not in found and _is_user_defined(candidate):
                found.append(candidate)
    return found


def _is_user_defined(cls: type) -> bool:
    return cls.__module__.partition(".")[0] not in (
        "builtins",
        "typing",
        "typing_extensions",
        "pydantic",
        "enum",
    )


def _descriptions_in_source(cls: type) -> Mapping[str, str]:
    filename = _source_file(cls)
    if filename is None:
        return {}
    names = set(read_annotations(cls))
    # Several classes may share a qualified name (redefined, or in two branches): their fields identify them.
    # The annotations of a TypedDict include the fields of its bases.
    is_fitting = names.issuperset if is_typeddict(cls) else names.__eq__
    fitting = [
        node
        for node in _classes_in_file(filename).get(cls.__qualname__, ())
        if is_fitting(set(_annotated_field_names(node)))
    ]
    line = getattr(cls, "__firstlineno__", None)
    exact = [node for node in fitting if line in (node.lineno, *(d.lineno for d in node.decorator_list))]
    fitting = exact or fitting
    return _strings_below_fields(fitting[0]) if len(fitting) == 1 else {}


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


def _annotated_field_names(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id


def _strings_below_fields(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            text = below.value.value
            if isinstance(text, str):
                docs[field.target.id] = inspect.cleandoc(text)
    return docs
