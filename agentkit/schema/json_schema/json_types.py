"""The JSON types of values, and those that a schema allows."""

from __future__ import annotations

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.subschemas import is_object, resolve_reference

ALL_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_OF_TYPE = {kind: frozenset({kind}) for kind in ALL_TYPES} | {"number": frozenset({"number", "integer"})}
_OTHER_LIMITS = frozenset(("anyOf", "oneOf", "allOf", "enum", "const"))
"""The keywords beside `type` that may exclude types."""


def enum_values(schema: JSONObject) -> list[JSON]:
    """Return the values of a schema's `enum` or `const`; empty when it has neither."""
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def json_types_of(schema: JSONObject, root: JSONObject) -> frozenset[str]:
    """Return the JSON types that a schema allows; `number` always comes with `integer`."""
    if "$ref" in schema:
        schema = resolve_reference(schema, root)
    if isinstance(schema.get("type"), str) and _OTHER_LIMITS.isdisjoint(schema):
        return _OF_TYPE.get(schema["type"], frozenset())
    kinds = ALL_TYPES
    if "type" in schema:
        said = schema["type"]
        kinds &= frozenset({said} if isinstance(said, str) else said)
        kinds |= {"integer"} if "number" in kinds else frozenset()
    for key in ("anyOf", "oneOf"):
        if key in schema:
            kinds &= frozenset[str]().union(
                *(json_types_of(choice, root) for choice in schema[key] if is_object(choice))
            )
    for part in schema.get("allOf", ()):
        kinds &= json_types_of(part, root) if is_object(part) else kinds
    values = enum_values(schema)
    return kinds & {json_type_of(value) for value in values} if values else kinds


def json_type_of(value: JSON) -> str:
    """Return the JSON type of a value; `1.0` is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "array" if isinstance(value, list) else "object"
