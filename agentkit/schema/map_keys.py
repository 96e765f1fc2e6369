"""JSON Schema of a dictionary's keys as `propertyNames`: any type whose values can be written as a string."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.number_patterns import TEXT_END

_INTEGER = rf"^-?(0|[1-9][0-9]*){TEXT_END}"
_NUMBER = rf"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{{1,3}})?{TEXT_END}"


class UnsupportedKeyType(Exception):
    """A key type whose values cannot be written as a string. The text names the type in the plural."""


def property_names_schema(keys: JSONObject, resolve: Callable[[JSONObject], JSONObject]) -> JSONObject:
    """Return the schema for the text of a key, given the schema of the key's type. {} allows any text.

    Args:
        keys: The JSON Schema of the key's type.
        resolve: Follows a `$ref` in a schema.

    Raises:
        UnsupportedKeyType: The keys are arrays, objects or null.
    """
    if "$ref" in keys:
        keys = resolve(keys)
    kind = keys.get("type")
    if "enum" in keys or "const" in keys:
        return {"enum": [_key_text(value) for value in keys.get("enum", [keys.get("const")])]}
    for union in ("anyOf", "oneOf"):
        if union in keys:
            choices = [property_names_schema(choice, resolve) for choice in keys[union]]
            return {} if {} in choices else {"anyOf": choices}
    if kind == "string":
        return {key: value for key, value in keys.items() if key not in ("type", "title", "default")}
    if kind in ("array", "object", "null"):
        raise UnsupportedKeyType({"array": "lists or tuples", "object": "objects", "null": "None"}[str(kind)])
    if kind == "boolean":
        return {"enum": ["true", "false"]}
    pattern = {"integer": _INTEGER, "number": _NUMBER}.get(str(kind))
    return {"pattern": pattern} if pattern else {}


def unreadable_key(keys: Mapping[str, Any]) -> str | None:
    """Return a value among the keys of an enum or a Literal that pydantic does not read from text. None: it reads all.

    Args:
        keys: pydantic's core schema of the keys.
    """
    if keys["type"] == "enum" and keys.get("sub_type") is None:
        bad = [member for member in keys["members"] if not isinstance(member.value, str | bool)]
        return str(bad[0]) if bad else None
    if keys["type"] == "literal":
        bad = [value for value in keys["expected"] if not isinstance(value, str)]
        return repr(bad[0]) if bad else None
    return None


def _key_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, list | dict):
        raise UnsupportedKeyType("None, lists or objects")
    return str(value)
