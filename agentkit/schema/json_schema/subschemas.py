"""Where a JSON Schema holds further schemas, in three tables; everything else in it is data.

A property may be named `title` or `const`: whoever changes a schema must know a keyword from a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

from agentkit.messages.message import JSONObject

HOLDS_ONE = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
"""Keywords whose value is a schema (or a boolean)."""
HOLDS_LIST = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "items"))
"""Keywords whose value is a list of schemas; `items` was one in older drafts."""
HOLDS_NAMED = frozenset(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties", "dependencies"))
"""Keywords whose value maps names to schemas."""


def is_object(value: object) -> TypeGuard[JSONObject]:
    """Whether a JSON value is an object; a schema is one unless it is `true` or `false`."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def subschemas(schema: JSONObject) -> Iterator[tuple[str, JSONObject]]:
    """Every schema directly inside, with the way to it: `properties.title`, `items`, `anyOf.0`."""
    for key, value in schema.items():
        if key in HOLDS_NAMED and is_object(value):
            for name, inner in value.items():
                if is_object(inner):
                    yield f"{key}.{name}", inner
        elif key in HOLDS_LIST and is_list(value):
            for i, inner in enumerate(value):
                if is_object(inner):
                    yield f"{key}.{i}", inner
        elif key in HOLDS_ONE and is_object(value):
            yield key, value


def walk(schema: JSONObject) -> Iterator[JSONObject]:
    """The schema and every schema below it."""
    yield schema
    for _, inner in subschemas(schema):
        yield from walk(inner)


def rebuild(schema: JSONObject, change: Callable[[JSONObject], JSONObject]) -> JSONObject:
    """A copy in which `change` was applied to every schema, the innermost first."""

    def visit(value: object) -> object:
        return rebuild(value, change) if is_object(value) else value

    copy: JSONObject = {}
    for key, value in schema.items():
        if key in HOLDS_NAMED and is_object(value):
            copy[key] = {name: visit(inner) for name, inner in value.items()}
        elif key in HOLDS_LIST and is_list(value):
            copy[key] = [visit(inner) for inner in value]
        elif key in HOLDS_ONE:
            copy[key] = visit(value)
        else:
            copy[key] = value
    return change(copy)


def resolve(schema: JSONObject, root: JSONObject) -> JSONObject:
    """What a schema says once a local `$ref` in it is followed; keywords beside the reference win.

    Raises KeyError when the reference does not lead to a schema of `root`.
    """
    seen: set[str] = set()
    while isinstance(ref := schema.get("$ref"), str):
        if ref in seen:
            raise KeyError(ref)
        seen.add(ref)
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**follow(ref, root), **beside}
    return schema


def follow(ref: str, root: JSONObject) -> JSONObject:
    """The schema that a local reference (`#`, `#/$defs/Item`) names. Raises KeyError when there is none."""
    target: object = root
    if not ref.startswith("#"):
        raise KeyError(ref)
    for step in ref[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if is_list(target) and name.isdecimal() and int(name) < len(target):
            target = target[int(name)]
        elif is_object(target) and name in target:
            target = target[name]
        else:
            raise KeyError(ref)
    if not is_object(target):
        raise KeyError(ref)
    return target
