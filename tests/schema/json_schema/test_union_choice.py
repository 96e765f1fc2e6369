"""Which choice of a union was meant."""

from __future__ import annotations

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.union_choice import (
    candidate_choices,
    find_union_tag,
    intended_choice,
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
