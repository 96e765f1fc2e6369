"""Notes in annotations: plain strings, `Doc(...)` and `Field(description=...)` in an `Annotated`, at any depth.

pydantic keeps some of them. Here each is put where the schema describes the part that it stands on, and where that part
has no schema of its own, on the nearest one around it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, Union, cast, get_args, get_origin

from pydantic.fields import FieldInfo
from typing_extensions import Doc, ReadOnly

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_list, is_object, walk_schemas
from agentkit.schema.late_annotations import alias_value

Resolve = Callable[[JSONObject], JSONObject | None]
"""Returns the schema that a `$ref` leads to. None: it is not known yet."""


def annotated_descriptions(metadata: Iterable[object]) -> Iterator[str]:
    """Yield the descriptions in the metadata of an `Annotated`: plain strings and `Doc(...)`."""
    for note in metadata:
        if isinstance(note, Doc):
            yield note.documentation
        elif isinstance(note, str):
            yield note


def join_texts(texts: Iterable[str | None]) -> str:
    """Join descriptions of one thing, each on its own line; one that another contains is left out."""
    joined: list[str] = []
    for text in texts:
        if text and not any(is_included(text, other) for other in joined):
            joined = [*(other for other in joined if not is_included(other, text)), text]
    return "\n".join(joined)


def is_included(text: str, other: str | None) -> bool:
    """Return True if another text has all lines of this one, or the same words with other line breaks."""
    words = " ".join((other or "").split())
    return " ".join(text.split()) in words or all(" ".join(line.split()) in words for line in text.splitlines())


def own_notes(annotation: object) -> list[str]:
    """Return the notes on an annotation itself, not those further in."""
    return _unwrap(annotation)[0]


def place_notes(schema: JSONObject, annotation: object, resolve: Resolve) -> None:
    """Add to a schema, in place, the notes in the annotation from which it was generated.

    Args:
        schema: The schema of the annotation.
        annotation: A type, with forward references left in it where they are not resolved.
        resolve: Follows the `$ref` of a type alias.
    """
    _place(schema, annotation, resolve, ())


def _place(schema: JSONObject, annotation: object, resolve: Resolve, inside: tuple[int, ...]) -> None:
    if isinstance(annotation, type):
        return
    notes, inner = _unwrap(annotation)
    if _is_alias(inner):
        target = resolve(schema) if "$ref" in schema else schema
        if target is not None and id(inner) not in inside:
            _place(target, _alias_value(inner), resolve, (*inside, id(inner)))
    else:
        for argument, part in _parts(inner, schema):
            if part is not None:
                _place(part, argument, resolve, inside)
            else:
                notes += _all_notes(argument)
    if not notes:
        return
    described = "\n".join(str(part.get("description", "")) for part in walk_schemas(schema))
    missing = [note for note in notes if not is_included(note, described)]
    if missing:
        schema["description"] = join_texts([schema.get("description"), *missing])


def _unwrap(annotation: object) -> tuple[list[str], object]:
    """Return the notes on an annotation, and what they are about."""
    notes: list[str] = []
    while not isinstance(annotation, type):
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *metadata = get_args(annotation)
            notes += annotated_descriptions(metadata)
            notes += [part.description for part in metadata if isinstance(part, FieldInfo) and part.description]
        elif origin in (Required, NotRequired, ReadOnly):
            annotation = get_args(annotation)[0]
        elif (supertype := getattr(annotation, "__supertype__", None)) is not None:
            annotation = supertype
        else:
            break
    return notes, annotation


def _is_alias(annotation: object) -> bool:
    """Return True for `type Alias = ...`, with or without arguments."""
    return type(get_origin(annotation) or annotation).__name__ == "TypeAliasType"


def _alias_value(alias: object) -> object:
    try:
        value: Any = alias_value(get_origin(alias) or alias)
        arguments = get_args(alias)
        return value[arguments] if arguments and getattr(value, "__parameters__", ()) else value
    except TypeError:  # the alias takes other arguments
        return None


def _parts(annotation: object, schema: JSONObject) -> Iterator[tuple[object, JSONObject | None]]:
    """Yield the arguments of a type, each with its part of the schema. None: it has no part of its own."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if not arguments or origin is Literal or isinstance(arguments[0], list):
        return
    if origin is Union or origin is types.UnionType:
        yield from _choices(arguments, schema)
    elif isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        yield arguments[0], _as_schema(schema.get("propertyNames"))
        yield arguments[1], _as_schema(schema.get("additionalProperties"))
    elif origin is tuple and arguments[-1] is not Ellipsis:
        parts = schema.get("prefixItems")
        parts = parts if is_list(parts) and len(parts) == len(arguments) else [None] * len(arguments)
        yield from zip(arguments, map(_as_schema, parts), strict=True)
    else:
        yield arguments[0], _as_schema(schema.get("items"))
        for argument in arguments[1:]:
            yield argument, None


def _choices(arguments: tuple[object, ...], schema: JSONObject) -> Iterator[tuple[object, JSONObject | None]]:
    found = schema.get("anyOf", schema.get("oneOf"))
    choices = cast("list[object]", found) if is_list(found) else []
    if len(choices) == len(arguments):
        yield from zip(arguments, map(_as_schema, choices), strict=True)
    else:
        for argument in arguments:
            yield argument, None


def _as_schema(part: object) -> JSONObject | None:
    return part if is_object(part) else None


def _all_notes(annotation: object, inside: tuple[int, ...] = ()) -> list[str]:
    """Return the notes of an annotation at any depth."""
    notes, inner = _unwrap(annotation)
    if _is_alias(inner):
        return notes + (_all_notes(_alias_value(inner), (*inside, id(inner))) if id(inner) not in inside else [])
    for argument in () if get_origin(inner) is Literal else get_args(inner):
        notes += _all_notes(argument, inside)
    return notes
