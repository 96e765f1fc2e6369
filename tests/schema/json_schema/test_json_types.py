"""The JSON types of values and schemas."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.json_types import json_type_of, json_types_of

ROOT: JSONObject = {"$defs": {"Cat": {"type": "object"}}}


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ({"type": "number"}, {"number", "integer"}),
        ({"type": ["string", "null"]}, {"string", "null"}),
        ({"$ref": "#/$defs/Cat"}, {"object"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"string", "null"}),
        ({"enum": ["a", 1, None]}, {"string", "integer", "null"}),
        ({"allOf": [{"type": ["string", "array"]}, {"type": ["array", "object"]}]}, {"array"}),
        ({}, {"object", "array", "string", "number", "integer", "boolean", "null"}),
    ],
)
def test_the_kinds_that_a_schema_takes(schema: JSONObject, kinds: set[str]) -> None:
    assert json_types_of(schema, ROOT) == kinds


def test_the_kind_of_a_value_is_that_of_json() -> None:
    values: list[JSON] = [None, True, 1, 1.0, 1.5, "x", [], {}]
    assert list(map(json_type_of, values)) == [
        "null",
        "boolean",
        "integer",
        "integer",
        "number",
        "string",
        "array",
        "object",
    ]
