"""Schemas that no value fits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.satisfiable import require_satisfiable, without_impossible_properties
from agentkit.schema.json_schema.subschemas import is_object, transform_schemas


def of(part: JSON, *required: str, **definitions: JSON) -> JSONObject:
    return {"type": "object", "properties": {"a": part}, "required": list(required), "$defs": definitions}


NODE: JSONObject = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}
EITHER: JSONObject = {"oneOf": [{"$ref": "#/$defs/Leaf"}, {"$ref": "#/$defs/Pair"}]}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (of({"enum": []}), "no value fits `a`: its enum has no members"),
        (of({"type": "array", "items": {"enum": []}}), "`a[]`"),
        (of({"type": "object", "additionalProperties": {"not": {}}}), "`a.*`: it allows nothing"),
        (of({"type": "array", "prefixItems": [{"enum": []}]}), "`a[0]`"),
        (of({"minimum": 3, "maximum": 2, "type": "number"}), "its bounds 3 and 2 exclude each other"),
        (of({"exclusiveMinimum": 3, "maximum": 3, "type": "integer"}), "exclude each other"),
        (of({"exclusiveMinimum": 3, "exclusiveMaximum": 4, "type": "integer"}), "no whole number"),
        (of({"minLength": 3, "maxLength": 2, "type": "string"}), "`minLength` is 3 and `maxLength` is 2"),
        (of({"type": "array", "minItems": 2, "maxItems": 1}), "`minItems` is 2"),
        (of({"type": "array", "minItems": 1, "items": False}), "it allows nothing"),
        (of({"type": "string", "enum": [1]}), "its types exclude one another"),
        (of({"anyOf": []}), "`anyOf` has no choices"),
        (of({"allOf": [{"type": "string"}, {"type": "integer"}]}), "exclude one another"),
        ({"type": "object", "required": ["b"], "additionalProperties": False}, "`b` is required, and is not among"),
        (of(False), "it allows nothing"),
        (of({"$ref": "#/$defs/Node"}, Node=NODE), "it contains itself without end"),
        (
            of(
                {"$ref": "#/$defs/A"},
                A={"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}, "required": ["b"]},
                B={"type": "array", "items": {"$ref": "#/$defs/A"}, "minItems": 1},
            ),
            "it contains itself without end",
        ),
    ],
)
def test_a_part_that_no_value_fits_is_named_with_the_reason(schema: JSONObject, said: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(said)):
        require_satisfiable(schema)


@pytest.mark.parametrize(
    "schema",
    [
        of({"anyOf": [{"enum": []}, {"type": "null"}]}),
        of({"type": "array", "prefixItems": [{}], "items": False, "maxItems": 1}),
        of({"type": "array", "items": {"$ref": "#/$defs/Node"}}, Node={**NODE, "required": []}),
        of(EITHER, Leaf={"type": "integer"}, Pair={**NODE, "properties": {"next": EITHER}}),
        of({"exclusiveMinimum": 3, "maximum": 4, "type": "integer"}),
        of({"minimum": 3, "maximum": 2, "type": ["number", "string"]}),
        of({"type": "array", "maxItems": 0}),
        of({"minLength": 3, "maxLength": 2}),
    ],
)
def test_what_some_value_fits_passes(schema: JSONObject) -> None:
    require_satisfiable(schema)
    assert without_impossible_properties(schema) is schema


@pytest.mark.parametrize("kind", ["string", "object", "number", "text", ["string", "null"], [], None])
@pytest.mark.parametrize("beside", [{}, {"$ref": "#/$defs/Text"}, {"default": 1}])
def test_a_keyword_that_limits_nothing_makes_no_difference(kind: JSON, beside: JSONObject) -> None:
    def outcome(part: JSONObject) -> str:
        try:
            require_satisfiable(of(part, Text={"type": "string"}))
        except DefinitionError as error:
            return str(error)
        return ""

    part = {**beside, **({} if kind is None else {"type": kind})}
    assert outcome(part) == outcome({**part, "x-note": "which"})


def _with_unknown_keyword(schema: JSONObject) -> JSONObject:
    return transform_schemas(schema, lambda part: {**part, "x-unknown": 1})


def _reason(schema: JSONObject) -> str:
    try:
        require_satisfiable(schema)
    except DefinitionError as error:
        return str(error)
    return ""


_LEAVES: list[Any] = [
    {"type": "string"},
    {"type": "array"},
    {"$ref": "#/$defs/A"},
    {"$ref": "#/$defs/B"},
    {"enum": ["x"]},
    {"type": "integer", "minimum": 1},
    {"type": "string", "enum": [1]},
    False,
    True,
]


def _parts_around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.lists(inner, max_size=2)
    required = st.lists(st.sampled_from("ab"), max_size=1)
    of_object = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("ab"), inner), "required": required}
    )
    of_array = st.fixed_dictionaries({"type": st.just("array")}, optional={"items": inner, "prefixItems": few})
    return of_object | of_array | st.fixed_dictionaries({"anyOf": few})


_PARTS = st.recursive(st.sampled_from(_LEAVES), _parts_around, max_leaves=5)


@given(part=_PARTS, first=_PARTS, second=_PARTS)
def test_an_unknown_keyword_makes_no_difference_in_any_schema(part: JSON, first: JSON, second: JSON) -> None:
    """Most schemas pass at a glance, one with an unknown keyword does not."""
    schema = of(part, A=first if is_object(first) else {}, B=second if is_object(second) else {})
    assert _reason(schema) == _reason(_with_unknown_keyword(schema))


def test_an_optional_property_without_values_is_left_out_at_any_depth() -> None:
    inner: JSONObject = {"type": "object", "properties": {"colour": {"enum": []}, "size": {"type": "string"}}}
    kept = without_impossible_properties({"type": "object", "properties": {"colour": {"enum": []}, "inner": inner}})
    assert kept["properties"] == {"inner": {**inner, "properties": {"size": {"type": "string"}}}}
    with pytest.raises(DefinitionError, match="`colour` is required, and its enum has no members"):
        without_impossible_properties(
            {"type": "object", "properties": {"colour": {"enum": []}}, "required": ["colour"]}
        )
