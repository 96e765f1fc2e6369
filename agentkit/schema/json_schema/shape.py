"""Check and mend the shape of one part of a JSON Schema, as people write it beside their types.

It is the part of the meta-schema that people get wrong, without the time that jsonschema takes to be imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.json_numbers import with_json_numbers
from agentkit.schema.json_schema.json_types import ALL_TYPES
from agentkit.schema.json_schema.subschemas import is_list, is_object


def _is_schema(value: object) -> bool:
    return isinstance(value, (dict, bool))


def _is_schema_list(value: object) -> bool:
    return is_list(value) and bool(value) and all(map(_is_schema, value))


def _is_schema_table(value: object) -> bool:
    return is_object(value) and all(map(_is_schema, value.values()))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_types(value: object) -> bool:
    if isinstance(value, str):
        return value in ALL_TYPES
    return is_list(value) and bool(value) and all(isinstance(kind, str) and kind in ALL_TYPES for kind in value)


def _are_texts(value: object) -> bool:
    return is_list(value) and all(isinstance(item, str) for item in value)


_RULES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "type": (f"one of {', '.join(sorted(ALL_TYPES))}, or a list of them", _are_types),
    "required": ("a list of names", _are_texts),
    "enum": ("a list of values", is_list),
    "properties": ("schemas by name", _is_schema_table),
    "$defs": ("schemas by name", _is_schema_table),
    **dict.fromkeys(("items", "additionalProperties", "not", "propertyNames"), ("a schema", _is_schema)),
    **dict.fromkeys(("anyOf", "oneOf", "allOf", "prefixItems"), ("a list of schemas", _is_schema_list)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ("a number", _is_number)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), ("a whole number from 0 on", _is_count)),
    **dict.fromkeys(("description", "pattern", "format", "$ref"), ("text", lambda value: isinstance(value, str))),
}
"""The words for the value of a keyword, and its check."""


def require_shape(part: JSONObject) -> None:
    """Raise DefinitionError for a keyword whose value JSON Schema does not know."""
    for keyword, value in part.items():
        rule = _RULES.get(keyword)
        if rule is not None and not rule[1](value):
            raise DefinitionError(f"`{keyword}` of its schema must be {rule[0]}, not {value!r}")


def mended_part(part: JSONObject) -> JSONObject:
    """Return a part with each name in `required` once, and without numbers that JSON does not have.

    Raises:
        DefinitionError: A number that JSON does not have is one that a value has to have.
    """
    required = part.get("required")
    if is_list(required) and _are_texts(required) and len(set(required)) < len(required):
        part = {**part, "required": list(dict.fromkeys(required))}
    return with_json_numbers(part)
