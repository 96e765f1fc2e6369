"""Walk, transform and resolve JSON Schemas, with tables of the keywords that hold subschemas.

The tables are needed because a property may be named `title` or `const`: only they separate keywords from names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

from agentkit.messages.message import JSON, JSONObject

SINGLE_SCHEMA_KEYWORDS = frozenset(
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
SCHEMA_LIST_KEYWORDS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "items"))
"""Keywords whose value is a list of schemas; `items` could be one before draft 2020-12."""
NAMED_SCHEMAS_KEYWORDS = frozenset(
    ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties", "dependencies")
)
"""Keywords whose value maps names to schemas."""
SUBSCHEMA_KEYWORDS = SINGLE_SCHEMA_KEYWORDS | SCHEMA_LIST_KEYWORDS | NAMED_SCHEMAS_KEYWORDS
"""Keywords in whose value schemas may be."""


def is_object(value: object) -> TypeGuard[JSONObject]:
    """Return True for a JSON object, which a schema is unless it is `true` or `false`."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return True for a JSON array."""
    return isinstance(value, list)


def subschemas(schema: JSONObject) -> Iterator[tuple[str, JSONObject]]:
    """Yield every direct subschema with its path: `properties.title`, `items`, `anyOf.0`."""
    for key, name, inner in _direct_subschemas(schema):
        yield key if name is None else f"{key}.{name}", inner


def walk_schemas(schema: JSONObject) -> Iterator[JSONObject]:
    """Yield the schema and all its subschemas, at any depth."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        yield part
        if not SUBSCHEMA_KEYWORDS.isdisjoint(part):
            waiting += reversed([inner for _, _, inner in _direct_subschemas(part)])


def _direct_subschemas(schema: JSONObject) -> Iterator[tuple[str, str | int | None, JSONObject]]:
    for key, value in schema.items():
        if key in NAMED_SCHEMAS_KEYWORDS and is_object(value):
            for name, inner in value.items():
                if is_object(inner):
                    yield key, name, inner
        elif key in SCHEMA_LIST_KEYWORDS and is_list(value):
            for i, inner in enumerate(value):
                if is_object(inner):
                    yield key, i, inner
        elif key in SINGLE_SCHEMA_KEYWORDS and is_object(value):
            yield key, None, value


def transform_schemas(schema: JSONObject, change: Callable[[JSONObject], JSONObject]) -> JSONObject:
    """Return a copy in which `change` was applied to the schema and every subschema, the innermost first."""
    copy: JSONObject = {**schema}
    for key, value in () if SUBSCHEMA_KEYWORDS.isdisjoint(schema) else schema.items():
        if key in NAMED_SCHEMAS_KEYWORDS and is_object(value):
            copy[key] = {
                name: transform_schemas(inner, change) if is_object(inner) else inner for name, inner in value.items()
            }
        elif key in SCHEMA_LIST_KEYWORDS and is_list(value):
            copy[key] = [transform_schemas(inner, change) if is_object(inner) else inner for inner in value]
        elif key in SINGLE_SCHEMA_KEYWORDS and is_object(value):
            copy[key] = transform_schemas(value, change)
    return change(copy)


def copy_json(value: JSON) -> JSON:
    """Return a deep copy of JSON data, in a third of the time of `copy.deepcopy`, which looks for shared parts."""
    if isinstance(value, dict):
        return {key: copy_json(inner) if isinstance(inner, (dict, list)) else inner for key, inner in value.items()}
    return [copy_json(inner) for inner in value] if isinstance(value, list) else value


def resolve_reference(schema: JSONObject, root: JSONObject) -> JSONObject:
    """Return the schema with a local `$ref` replaced by its target; keywords beside the reference win.

    Raises:
        KeyError: The reference does not lead to a schema in `root`.
    """
    seen: set[str] = set()
    while isinstance(ref := schema.get("$ref"), str):
        if ref in seen:
            raise KeyError(ref)
        seen.add(ref)
        siblings = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**look_up_reference(ref, root), **siblings}
    return schema


def look_up_reference(ref: str, root: JSONObject) -> JSONObject:
    """Return the schema that a local reference (`#`, `#/$defs/Item`) names. Raises KeyError when there is none."""
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
