"""One schema read as one thing."""

import pytest

from agentkit.schema.strict.flatten import NotStrictable, are_apart, distinct, flatten, kind_name


def test_each_keyword_gets_its_place() -> None:
    schema = {"type": "object", "properties": {}, "minProperties": 0, "maxProperties": 2, "minLength": 3}
    flat = flatten({**schema, "default": None}, {}, "")
    assert flat.kinds == ("object",)
    assert flat.structure == {"properties": {}}
    assert flat.constraints == {"maxProperties": 2}
    assert flat.default == (None,)


def test_a_type_is_implied_by_the_keywords_of_one() -> None:
    assert flatten({"properties": {"a": {}}}, {}, "").kinds == ("object",)
    assert flatten({"minLength": 1}, {}, "").kinds == ("string",)
    assert flatten({"minLength": 1, "minimum": 1}, {}, "").kinds == ()


def test_rules_beside_a_reference_are_merged_with_what_it_names() -> None:
    root = {"$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}, "required": []}}}
    flat = flatten({"$ref": "#/$defs/A", "required": ["a"], "description": "d"}, root, "")
    assert flat.reference is None
    assert flat.structure["required"] == ["a"]
    assert flat.description == "d"
    assert flatten({"$ref": "#/$defs/A", "description": "d"}, root, "").reference == "#/$defs/A"


def test_all_of_is_folded() -> None:
    root = {"$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    assert flatten({"allOf": [{"$ref": "#/$defs/A"}], "description": "d"}, root, "").reference == "#/$defs/A"
    flat = flatten({"allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {"type": "string"}}}]}, root, "")
    assert set(flat.structure["properties"]) == {"a", "b"}
    with pytest.raises(NotStrictable):
        flatten({"allOf": [{"type": "string"}, {"type": "integer"}]}, root, "x")


def test_keywords_follow_their_type() -> None:
    flat = flatten({"type": ["string", "integer"], "minLength": 1, "minimum": 2}, {}, "")
    assert list(flat.by_kind()) == [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 2}]


def test_choices_are_apart_by_type_or_by_tag() -> None:
    cat = {"type": "object", "properties": {"kind": {"const": "cat"}}, "required": ["kind"]}
    dog = {"type": "object", "properties": {"kind": {"enum": ["dog", "puppy"]}}, "required": ["kind"]}
    assert are_apart([cat, dog], {})
    assert are_apart([{"$ref": "#/$defs/Cat"}, dog], {"Cat": cat})
    assert not are_apart([cat, cat], {})
    assert not are_apart([cat, {**dog, "required": []}], {})
    assert are_apart([{"type": "string"}, {"type": "null"}], {})
    assert not are_apart([{"type": "integer"}, {"type": "number"}], {})


def test_repetitions_go_and_names_are_short() -> None:
    assert distinct([{"a": 1}, {"a": 1}, {"b": 1}]) == [{"a": 1}, {"b": 1}]
    assert kind_name({"anyOf": [{"$ref": "#/$defs/Cat"}, {"type": "null"}]}) == "Cat or null"
    assert kind_name({"type": "string"}, "A word.\nMore.") == "A word (string)"
