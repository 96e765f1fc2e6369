"""Collect the texts about a class and its fields: from strings below them, annotations and the class's docstring."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, MappingProxyType
from typing import Annotated, Any, ForwardRef

from agentkit.schema.docs.class_source import strings_below_fields
from agentkit.schema.docs.notes import is_included, join_texts, own_notes
from agentkit.schema.docstrings import is_user_defined, own_docstring, parse_docstring
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.schema.late_annotations import read_annotations, written_form

_WAITING = (str, ForwardRef)
"""The types of annotations whose names may not be defined yet."""
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ClassTexts:
    """The texts that are written about a class and its fields."""

    description: str
    """The class's own docstring, without what it says about fields. Empty: there is none."""
    fields: Mapping[str, str]
    """The descriptions by field name, inherited fields included; the nearest class in the MRO wins."""
    annotations: Mapping[str, object]
    """The annotations by field name, as far as their names are defined."""


def class_texts(
    cls: type, aliases: Mapping[str, str] = _NO_NAMES, described: Mapping[str, str] = _NO_NAMES
) -> ClassTexts:
    """Read the texts about a class and its fields.

    A text in `Annotated` or below a field beats that in the docstring, which then stays in the class's description.

    Args:
        cls: The class.
        aliases: The names of fields in the schema, where they differ from those in Python.
        described: The texts of fields that are described already: what the docstring says about them stays in it.
    """
    owners = {owner: _evaluated_annotations(owner) for owner in reversed(_written_classes(cls))}
    annotations = _field_annotations(cls, owners.values())
    names = {**annotations, **{alias: annotations.get(name) for name, alias in aliases.items()}}
    of_alias = {alias: name for name, alias in aliases.items()}
    docs: dict[str, str] = {}
    description = ""
    for owner, own_annotations in owners.items():
        docstring = own_docstring(owner)
        written = {
            of_alias.get(name, name): text for name, text in parse_docstring(docstring, names).parameters.items()
        }
        docs.update((name, text) for name, text in written.items() if name not in described)
        docs.update(_texts_at_fields(owner, own_annotations))
        used = {name for name, text in written.items() if is_included(text, described.get(name) or docs.get(name))}
        taken = {name: annotation for name, annotation in names.items() if of_alias.get(name, name) in used}
        description = parse_docstring(docstring, taken).description
    return ClassTexts(description, docs, annotations)


def _field_annotations(cls: type, written: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Return the annotations of the fields, inherited ones included. None: a name in it is not defined."""
    annotations: dict[str, object] = {}
    for own in written:
        annotations |= own
    fields: object = getattr(cls, "__pydantic_fields__", None)  # here generics have their arguments
    for name, info in fields.items() if is_object(fields) else ():
        metadata = getattr(annotations.get(name), "__metadata__", ())
        annotation = getattr(info, "annotation", None)
        annotations[name] = Annotated[annotation, *metadata] if metadata else annotation
    return annotations


def _texts_at_fields(cls: type, annotations: Mapping[str, object]) -> dict[str, str]:
    """Return what stands at the fields of this class: in their annotations, below them, in `dataclasses.field`."""
    texts = {
        name: own_notes(annotation) for name, annotation in annotations.items() if not isinstance(annotation, type)
    }
    fields: object = cls.__dict__.get("__dataclass_fields__")
    for name, field in fields.items() if is_object(fields) else ():
        doc = getattr(field, "doc", None)  # from Python 3.14 on
        if isinstance(doc, str) and name in annotations:
            texts.setdefault(name, []).append(doc)
    for name, text in strings_below_fields(cls).items():
        texts.setdefault(name, []).append(text)
    return {name: join_texts(found) for name, found in texts.items() if any(found)}


def _evaluated_annotations(cls: type) -> dict[str, object]:
    """Return the annotations of a class itself, quoted and postponed ones evaluated."""
    names = _OpenNames(cls)
    return {
        name: _evaluate_annotation(written_form(written), names) if isinstance(written, _WAITING) else written
        for name, written in read_annotations(cls).items()
    }


def _evaluate_annotation(annotation: str, names: _OpenNames) -> object:
    """Evaluate a postponed annotation. None: a mere description must not make anything fail."""
    if annotation.isidentifier():
        return names[annotation]
    try:
        value: object = eval(_compile_annotation(annotation), {}, names)  # noqa: S307 - the user's own annotation
    except Exception:  # noqa: BLE001 - a user's expression may raise anything
        return None
    return value


@lru_cache(maxsize=500)
def _compile_annotation(annotation: str) -> CodeType:
    """Compile an annotation, once for all fields that have it: `float | None`."""
    return compile(annotation.strip(), "<annotation>", "eval")


class _OpenNames(dict[str, object]):
    """The names in a class. Those that are not defined, such as local classes, stand for any type."""

    def __init__(self, cls: type) -> None:
        super().__init__((str(parameter), parameter) for parameter in vars(cls).get("__type_params__", ()))
        self._own = vars(cls)
        module = sys.modules.get(cls.__module__)
        self._outside: Mapping[str, object] = module.__dict__ if module else {}

    def __missing__(self, name: str) -> object:
        if name in self._own:
            return self._own[name]
        return self._outside[name] if name in self._outside else getattr(builtins, name, Any)


def _written_classes(cls: type) -> list[type]:
    """Return the user-defined classes, nearest first: the MRO, bases of TypedDicts and origins of generics."""
    found: list[type] = []
    for owner in filter(is_user_defined, cls.__mro__):
        bases: tuple[object, ...] = vars(owner).get("__orig_bases__", ())
        generic: object = vars(owner).get("__pydantic_generic_metadata__")
        candidates = [owner, generic.get("origin") if is_object(generic) else None]
        for candidate in [*candidates, *(getattr(base, "__origin__", base) for base in bases)]:
            if isinstance(candidate, type) and candidate not in found and is_user_defined(candidate):
                found.append(candidate)
    return found
