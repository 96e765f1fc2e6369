"""Which choice of a union was meant."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.validation.union_choice import (
    candidate_choices,
    find_union_tag,
    intended_choice,
    json_type_of,
    json_types_of,
)


def closed(**properties: JSON) -> JSONObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


CAT = closed(kind={"const": "cat"}, lives={"type": "integer"})
DOG = closed(kind={"enum": ["dog", "wolf"]}, size={"enum": ["s", "l"]})
POINT = closed(x={"type": "number"}, y={"type": "number"})
NAMED = closed(name={"type": "string"}, x={"type": "number"})
ROOT: JSONObject = {"$defs": {"Cat": CAT, "Dog": DOG}}
PETS: list[JSONObject] = [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]


def test_a_tag_decides_also_where_other_constants_are_wrong() -> None:
    assert intended_choice({"kind": "wolf", "size": "x"}, PETS, ROOT) is PETS[1]
    assert intended_choice({"kind": "cat"}, PETS, ROOT) is PETS[0]


def test_a_tag_that_is_missing_or_nobodys_is_the_problem_itself() -> None:
    assert intended_choice({"lives": 9}, PETS, ROOT) is None
    assert intended_choice({"kind": "cow", "lives": 9}, PETS, ROOT) is None


def test_without_a_tag_the_nearest_object_is_meant() -> None:
    assert intended_choice({"name": "a"}, [POINT, NAMED], ROOT) is NAMED
    assert intended_choice({"y": 1, "x": "1"}, [POINT, NAMED], ROOT) is POINT


def test_only_choices_of_the_values_kind_are_candidates() -> None:
    text, number, names = {"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}
    assert candidate_choices("x", [text, number, names, POINT], ROOT) == [text]
    assert candidate_choices(1, [text, number, names, POINT], ROOT) == [number]
    assert candidate_choices([1], [text, number, names, POINT], ROOT) == [names]
    assert candidate_choices(None, [text, number], ROOT) == []


def test_a_tag_is_constant_in_every_choice_and_not_the_same_in_all() -> None:
    tag = find_union_tag(PETS, ROOT)
    assert tag is not None
    assert (tag.name, tag.all_values(), tag.is_required) == ("kind", ["cat", "dog", "wolf"], True)
    assert find_union_tag([POINT, NAMED], ROOT) is None
    same = closed(kind={"const": "cat"}, size={"const": "s"})
    assert find_union_tag([CAT, same], ROOT) is None


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
