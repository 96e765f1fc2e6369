"""Decode stringified objects and arrays, which the model wrote as a JSON string where the schema allows no string."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentkit.messages.message import JSON, JSONObject
from agentkit.messages.strict_json import parse_strict
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.json_schema.json_types import json_type_of, json_types_of
from agentkit.schema.json_schema.subschemas import is_list, is_object, resolve_reference
from agentkit.schema.json_schema.union_choice import candidate_choices

_STRUCTURES = frozenset({"object", "array"})
_OPENING = ("{", "[")


def decode_stringified(value: JSON, schema: JSONObject) -> JSON:
    """Return the value with every stringified object and array decoded; the value itself when there is none.

    A string is decoded only where the schema allows an object or array and no string, and only if its text is strict
    JSON of that type. Everything else is left unchanged for validation.
    """
    return (
        _StringDecoder(schema, SchemaChecker(schema)).decode_value(value, schema)
        if _has_stringified_json(value)
        else value
    )


def _has_stringified_json(value: JSON) -> bool:
    if isinstance(value, str):
        return value.lstrip().startswith(_OPENING)
    if is_object(value):
        return any(_has_stringified_json(inner) for inner in value.values())
    return is_list(value) and any(_has_stringified_json(inner) for inner in value)


@dataclass(frozen=True)
class _StringDecoder:
    root: JSONObject
    checker: SchemaChecker
    _decoded: dict[tuple[int, int], tuple[JSON, JSON, JSONObject]] = field(
        default_factory=dict[tuple[int, int], tuple[JSON, JSON, JSONObject]], init=False
    )
    """Decoded values by `id` of a value and a schema, with both objects, so that no other one is given their ids."""

    def decode_value(self, value: JSON, schema: JSONObject) -> JSON:
        key = (id(value), id(schema))
        if key not in self._decoded:
            self._decoded[key] = (self._decode_uncached(value, schema), value, schema)
        return self._decoded[key][0]

    def _decode_uncached(self, value: JSON, schema: JSONObject) -> JSON:
        schema = resolve_reference(schema, self.root)
        if isinstance(value, str):
            return self._decode_text(value, schema)
        for part in schema.get("allOf", ()):
            value = self.decode_value(value, part) if is_object(part) else value
        for key in ("anyOf", "oneOf"):
            if key in schema:
                value = self._decode_in_union(value, schema[key])
        if is_object(value):
            return self._decode_in_object(value, schema)
        if is_list(value):
            return self._decode_in_array(value, schema)
        return value

    def _decode_text(self, text: str, schema: JSONObject) -> JSON:
        kinds = json_types_of(schema, self.root)
        if "string" in kinds or not kinds & _STRUCTURES or not text.lstrip().startswith(_OPENING):
            return text
        try:
            value = parse_strict(text)
        except ValueError:
            return text
        return self.decode_value(value, schema) if json_type_of(value) in kinds else text

    def _decode_in_union(self, value: JSON, choices: list[JSONObject]) -> JSON:
        """Decode by the first choice that the decoded value fits; if it fits none, by the only possible choice."""
        possible = candidate_choices(value, choices, self.root)
        for choice in possible:
            decoded = self.decode_value(value, choice)
            if self.checker.is_valid(decoded, choice):
                return decoded
        return self.decode_value(value, possible[0]) if len(possible) == 1 else value

    def _decode_in_object(self, value: JSONObject, schema: JSONObject) -> JSONObject:
        named = schema.get("properties", {})
        others = schema.get("additionalProperties")
        decoded = {
            key: self.decode_value(inner, part) if is_object(part := named.get(key, others)) else inner
            for key, inner in value.items()
        }
        return value if all(decoded[key] is value[key] for key in value) else decoded

    def _decode_in_array(self, value: list[JSON], schema: JSONObject) -> list[JSON]:
        first = schema.get("prefixItems", [])
        rest = schema.get("items")
        parts = [first[i] if i < len(first) else rest for i in range(len(value))]
        decoded = [
            self.decode_value(inner, part) if is_object(part) else inner
            for inner, part in zip(value, parts, strict=True)
        ]
        return value if all(a is b for a, b in zip(decoded, value, strict=True)) else decoded
