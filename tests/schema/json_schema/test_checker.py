"""Whether JSON data fits a JSON Schema, in time that does not double with every union on the way down."""

from __future__ import annotations

import time

import pytest
from jsonschema import Draft202012Validator

from agentkit import DefinitionError
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.checker import SchemaChecker, SchemaViolation, require_valid_schema

EXPRESSIONS: JSONObject = {
    "$defs": {
        "Sum": {
            "type": "object",
            "properties": {
                "op": {"const": "sum"},
                "left": {"$ref": "#/$defs/Any"},
                "right": {"$ref": "#/$defs/Any"},
            },
            "required": ["op", "left", "right"],
        },
        "Product": {
            "type": "object",
            "properties": {
                "op": {"const": "product"},
                "left": {"$ref": "#/$defs/Any"},
                "right": {"$ref": "#/$defs/Any"},
            },
            "required": ["op", "left", "right"],
        },
        "Any": {"oneOf": [{"$ref": "#/$defs/Sum"}, {"$ref": "#/$defs/Product"}, {"type": "number"}]},
    },
    "type": "object",
    "properties": {"value": {"$ref": "#/$defs/Any"}},
}
"""A recursive union: jsonschema alone takes three times longer for each level of a value that does not fit."""


def expression(depth: int, leaf: JSON) -> JSONObject:
    value: JSON = leaf
    for _ in range(depth):
        value = {"op": "product", "left": value, "right": 1}
    return {"value": value}


@pytest.mark.parametrize("leaf", [1, "x"])
def test_a_recursive_union_takes_time_in_proportion_to_its_depth(leaf: JSON) -> None:
    started = time.perf_counter()
    assert SchemaChecker(EXPRESSIONS).is_valid(expression(30, leaf)) is (leaf == 1)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("leaf", [1, "x", None, {"op": "sum"}])
def test_it_says_what_jsonschema_says(depth: int, leaf: JSON) -> None:
    value = expression(depth, leaf)
    assert SchemaChecker(EXPRESSIONS).is_valid(value) is Draft202012Validator(EXPRESSIONS).is_valid(value)


def test_a_union_that_no_choice_fits_is_one_misfit() -> None:
    misfits = SchemaChecker(EXPRESSIONS).find_violations(expression(2, "x"))
    assert [(misfit.keyword, misfit.path) for misfit in misfits] == [("oneOf", ("value",))]


def test_one_of_takes_exactly_one_choice_and_any_of_at_least_one() -> None:
    choices = [{"type": "integer"}, {"minimum": 3}]
    assert not SchemaChecker({"oneOf": choices}).is_valid(5)
    assert SchemaChecker({"oneOf": choices}).is_valid(1)
    assert SchemaChecker({"anyOf": choices}).is_valid(5)
    assert not SchemaChecker({"anyOf": choices}).is_valid(2.5)


def test_choices_may_be_true_or_false() -> None:
    assert SchemaChecker({"anyOf": [False, True]}).is_valid("x")
    assert not SchemaChecker({"anyOf": [False, {"type": "null"}]}).is_valid("x")


def test_a_misfit_names_keyword_wish_value_and_path() -> None:
    schema: JSONObject = {"properties": {"a": {"items": {"type": "integer"}}}}
    assert SchemaChecker(schema).find_violations({"a": [1, "x"]}) == [
        SchemaViolation("type", "integer", "x", {"type": "integer"}, ("a", 1), is_key=False)
    ]


def test_a_wrong_key_is_told_from_a_wrong_value() -> None:
    schema: JSONObject = {"properties": {"prices": {"propertyNames": {"enum": ["tea"]}}}}
    (misfit,) = SchemaChecker(schema).find_violations({"prices": {"coffee": 1}})
    assert (misfit.keyword, misfit.value, misfit.path, misfit.is_key) == ("enum", "coffee", ("prices",), True)


def test_a_part_of_a_schema_may_refer_to_the_root() -> None:
    checker = SchemaChecker({"$defs": {"Id": {"type": "integer"}}})
    part: JSONObject = {"items": {"anyOf": [{"$ref": "#/$defs/Id"}, {"type": "null"}]}}
    assert checker.is_valid([1, None], part)
    assert not checker.is_valid(["x"], part)


def test_formats_are_checked_only_when_asked_for() -> None:
    schema: JSONObject = {"format": "date"}
    assert SchemaChecker(schema).is_valid("tomorrow")
    assert not SchemaChecker(schema, checks_formats=True).is_valid("tomorrow")


def test_one_value_may_be_judged_again_after_another_took_its_place_in_memory() -> None:
    checker = SchemaChecker({"items": {"anyOf": [{"required": ["a"]}]}})
    assert [checker.is_valid([{"a": 1} if i % 2 else {"b": 1}]) for i in range(100)] == [
        bool(i % 2) for i in range(100)
    ]


SOUND: list[JSONObject] = [
    {},
    EXPRESSIONS,
    {"type": "object", "properties": {"$ref": {"type": "string"}}},
    {"properties": {"next": {"$ref": "#"}}},
    {"anyOf": [{"properties": {"next": {"$ref": "#"}}}, {"type": "null"}]},
]


@pytest.mark.parametrize("schema", SOUND)
def test_a_sound_schema_passes(schema: JSONObject) -> None:
    require_valid_schema(schema)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "not a JSON Schema"),
        (True, "not a JSON Schema"),
        ({"type": "text"}, "not a JSON Schema"),
        ({"x": {1}}, "not JSON"),
        ({"x": float("nan")}, "not JSON"),
        ({"items": {"pattern": "["}}, "'['"),
        ({"patternProperties": {"(": {}}}, "'('"),
        ({"items": {"$ref": "#/$defs/Nowhere"}}, "'#/$defs/Nowhere'"),
        ({"items": {"$ref": "https://example.com/schema"}}, "'https://example.com/schema'"),
        ({"items": {"$ref": "#anchor"}, "$defs": {"A": {"$anchor": "anchor"}}}, "'#anchor'"),
        ({"items": {"$dynamicRef": "#a"}}, "dynamicRef"),
        ({"properties": {"a": {"$id": "https://example.com/a"}}}, "nested `$id`"),
        ({"$ref": "#"}, "'#'"),
        ({"anyOf": [{"$ref": "#"}]}, "does not lead"),
        (
            {"$defs": {"A": {"allOf": [{"$ref": "#/$defs/B"}]}, "B": {"oneOf": [{"$ref": "#/$defs/A"}]}}},
            "does not lead",
        ),
    ],
)
def test_what_is_no_schema_or_leads_out_of_itself_is_refused_with_the_reason(schema: object, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        require_valid_schema(schema)
    assert said in str(caught.value)
