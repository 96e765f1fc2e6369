"""Where schemas stand inside schemas."""

import pytest

from agentkit.schema.json_schema.subschemas import (
    look_up_reference,
    resolve_reference,
    subschemas,
    transform_schemas,
    walk_schemas,
)

SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string", "title": "Noise"}, "const": {"const": {"title": "data"}}},
    "$defs": {"A/B": {"items": [{"type": "null"}], "additionalProperties": True}},
    "default": {"properties": {"x": {"title": "data"}}},
}


def test_names_and_data_are_not_schemas() -> None:
    assert [way for way, _ in subschemas(SCHEMA)] == ["properties.title", "properties.const", "$defs.A/B"]
    assert {"type": "null"} in list(walk_schemas(SCHEMA))
    assert {"title": "data"} not in list(walk_schemas(SCHEMA))


def test_rebuild_leaves_names_and_data_alone_and_the_original_too() -> None:
    without = transform_schemas(SCHEMA, lambda schema: {key: value for key, value in schema.items() if key != "title"})
    assert without["properties"]["title"] == {"type": "string"}
    assert without["properties"]["const"] == {"const": {"title": "data"}}
    assert without["default"] == SCHEMA["default"]
    assert SCHEMA["properties"]["title"] == {"type": "string", "title": "Noise"}  # type: ignore[index]


def test_references_are_followed_with_their_escapes() -> None:
    assert look_up_reference("#/$defs/A~1B/items/0", SCHEMA) == {"type": "null"}
    assert look_up_reference("#", SCHEMA) is SCHEMA
    assert resolve_reference({"$ref": "#/$defs/A~1B/items/0", "description": "d"}, SCHEMA) == {
        "type": "null",
        "description": "d",
    }


@pytest.mark.parametrize("ref", ["#/nope", "#/properties/const/const/title", "other.json", "#/$defs/A~1B/items/7"])
def test_a_reference_to_nowhere_is_a_key_error(ref: str) -> None:
    with pytest.raises(KeyError):
        look_up_reference(ref, SCHEMA)


def test_a_circle_of_references_ends() -> None:
    root = {"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}
    with pytest.raises(KeyError):
        resolve_reference({"$ref": "#/$defs/A"}, root)
