"""One schema read as one thing."""

import pytest

from agentkit.schema.strict.flatten import (
    NotStrictable,
    are_mutually_exclusive,
    distinct_schemas,
    flatten_schema,
    type_label,
)


def test_each_keyword_gets_its_place() -> None:
    schema = {"type": "object", "properties": {}, "minProperties": 0, "maxProperties": 2, "minLength": 3}
    flat = flatten_schema({**schema, "default": None}, {}, "")
    assert flat.types == ("object",)
    assert flat.structure == {"properties": {}}
    assert flat.constraints == {"maxProperties": 2}
    assert flat.default == (None,)


def test_a_type_is_implied_by_the_keywords_of_one() -> None:
    assert flatten_schema({"properties": {"a": {}}}, {}, "").types == ("object",)
    assert flatten_schema({"minLength": 1}, {}, "").types == ("string",)
    assert flatten_schema({"minLength": 1, "minimum": 1}, {}, "").types == ()


def test_rules_beside_a_reference_are_merged_with_what_it_names() -> None:
    root = {"$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}, "required": []}}}
    flat = flatten_schema({"$ref": "#/$defs/A", "required": ["a"], "description": "d"}, root, "")
    assert flat.reference is None
    assert flat.structure["required"] == ["a"]
    assert flat.description == "d"
    assert flatten_schema({"$ref": "#/$defs/A", "description": "d"}, root, "").reference == "#/$defs/A"


def test_all_of_is_folded() -> None:
    root = {"$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    assert flatten_schema({"allOf": [{"$ref": "#/$defs/A"}], "description": "d"}, root, "").reference == "#/$defs/A"
    flat = flatten_schema({"allOf": [{"$ref": "#/$defs/A"}, {"properties": {"b": {"type": "string"}}}]}, root, "")
    assert set(flat.structure["properties"]) == {"a", "b"}
    with pytest.raises(NotStrictable):
        flatten_schema({"allOf": [{"type": "string"}, {"type": "integer"}]}, root, "x")


def test_keywords_follow_their_type() -> None:
    flat = flatten_schema({"type": ["string", "integer"], "minLength": 1, "minimum": 2}, {}, "")
    assert list(flat.split_by_type()) == [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 2}]


def test_choices_are_apart_by_type_or_by_tag() -> None:
    cat = {"type": "object", "properties": {"kind": {"const": "cat"}}, "required": ["kind"]}
    dog = {"type": "object", "properties": {"kind": {"enum": ["dog", "puppy"]}}, "required": ["kind"]}
    assert are_mutually_exclusive([cat, dog], {})
    assert are_mutually_exclusive([{"$ref": "#/$defs/Cat"}, dog], {"Cat": cat})
    assert not are_mutually_exclusive([cat, cat], {})
    assert not are_mutually_exclusive([cat, {**dog, "required": []}], {})
    assert are_mutually_exclusive([{"type": "string"}, {"type": "null"}], {})
    assert not are_mutually_exclusive([{"type": "integer"}, {"type": "number"}], {})


def test_repetitions_go_and_names_are_short() -> None:
    assert distinct_schemas([{"a": 1}, {"a": 1}, {"b": 1}]) == [{"a": 1}, {"b": 1}]
    assert type_label({"anyOf": [{"$ref": "#/$defs/Cat"}, {"type": "null"}]}) == "Cat or null"
    assert type_label({"type": "string"}, "A word.\nMore.") == "A word (string)"
