"""Objects and arrays that the model wrote as a JSON string, decoded where the schema can only mean the real thing."""

from __future__ import annotations

from agentkit.jsontext import parse_strict
from agentkit.messages import JSON, JSONObject
from agentkit.subschemas import is_list, is_object, resolve

_STRUCTURES = frozenset({"object", "array"})
_ALL = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})


def decode_strings(value: JSON, schema: JSONObject, root: JSONObject) -> JSON:
    """The value with every such string decoded; the value itself when there is none.

    A string is decoded only where the schema says object or array and not string, and only when its text is strict
    JSON of that type; everything else is left for validation to judge.
    """
    schema = resolve(schema, root)
    if isinstance(value, str):
        return _decoded(value, schema, root)
    for part in schema.get("allOf", ()):
        value = decode_strings(value, part, root)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            value = _in_union(value, schema[key], root)
    if is_object(value):
        return _in_object(value, schema, root)
    if is_list(value):
        return _in_array(value, schema, root)
    return value


def _in_union(value: JSON, choices: list[JSONObject], root: JSONObject) -> JSON:
    """Along the choice that the decoded value fits; where it fits none, along the only one of its kind."""
    kind = kind_of(value)
    possible = [choice for choice in choices if is_object(choice) and kind in kinds_of(choice, root)]
    for choice in possible:
        decoded = decode_strings(value, choice, root)
        if fits(decoded, choice, root):
            return decoded
    return decode_strings(value, possible[0], root) if len(possible) == 1 else value


def fits(value: JSON, schema: JSONObject, root: JSONObject) -> bool:
    """Whether a value fits a part of a schema, whose references lead into `root`."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(root).evolve(schema=schema).is_valid(value)


def _decoded(text: str, schema: JSONObject, root: JSONObject) -> JSON:
    kinds = kinds_of(schema, root)
    if "string" in kinds or not kinds & _STRUCTURES:
        return text
    try:
        value = parse_strict(text)
    except ValueError:
        return text
    kind = "object" if is_object(value) else "array" if is_list(value) else None
    return decode_strings(value, schema, root) if kind in kinds else text


def _in_object(value: JSONObject, schema: JSONObject, root: JSONObject) -> JSONObject:
    named = schema.get("properties", {})
    others = schema.get("additionalProperties")
    decoded = {
        key: decode_strings(inner, part, root) if is_object(part := named.get(key, others)) else inner
        for key, inner in value.items()
    }
    return value if all(decoded[key] is value[key] for key in value) else decoded


def _in_array(value: list[JSON], schema: JSONObject, root: JSONObject) -> list[JSON]:
    first = schema.get("prefixItems", [])
    rest = schema.get("items")
    parts = [first[i] if i < len(first) else rest for i in range(len(value))]
    decoded = [
        decode_strings(inner, part, root) if is_object(part) else inner
        for inner, part in zip(value, parts, strict=True)
    ]
    return value if all(a is b for a, b in zip(decoded, value, strict=True)) else decoded


def kinds_of(schema: JSONObject, root: JSONObject) -> frozenset[str]:
    """The JSON types that a value of the schema may have."""
    schema = resolve(schema, root)
    kinds = _ALL
    if "type" in schema:
        said = schema["type"]
        kinds &= frozenset({said} if isinstance(said, str) else said)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            kinds &= frozenset[str]().union(*(kinds_of(choice, root) for choice in schema[key] if is_object(choice)))
    for part in schema.get("allOf", ()):
        kinds &= kinds_of(part, root)
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return kinds if values is None else kinds & frozenset(kind_of(value) for value in values)


def kind_of(value: JSON) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "array" if isinstance(value, list) else "object"
