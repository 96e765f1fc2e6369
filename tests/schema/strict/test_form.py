"""The strict form: what the grammar can say, in the grammar; the rest in words."""

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Optional

import pytest
from pydantic import BaseModel, Field

from agentkit.schema import Parameter, compile_parameters, compile_type
from agentkit.schema.strict.form import NotStrictable, StrictForm, strict_form


class Item(BaseModel):
    """An item."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    """Its name"""
    amount: Annotated[int, Field(ge=1)] = 1


class Order(BaseModel):
    items: list[Item] = Field(min_length=1, max_length=9)
    first: Item = Field(description="The first one.")


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"]


class Tree(BaseModel):
    kids: "list[Tree]"


class Pair(NamedTuple):
    left: int
    right: str


def of(annotation: Any) -> StrictForm:
    return strict_form(compile_type(annotation).schema)


def test_constraints_move_into_the_description() -> None:
    form = of(Order)
    assert form.schema == {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {"$ref": "#/$defs/Item"},
                "minItems": 1,
                "description": "At most 9 items.",
            },
            "first": {"$ref": "#/$defs/Item", "description": "The first one."},
        },
        "required": ["items", "first"],
        "additionalProperties": False,
        "$defs": {
            "Item": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "Its name. At least 1 character, at most 40 characters."},
                    "amount": {"type": "integer", "description": "At least 1. Default: 1."},
                },
                "required": ["name"],
                "additionalProperties": False,
                "description": "An item.",
            }
        },
    }
    assert form.moved == (
        "items[].name: at least 1 character",
        "items[].name: at most 40 characters",
        "items[].amount: at least 1",
        "items: at most 9 items",
    )


def test_one_of_becomes_any_of_and_constants_keep_their_type() -> None:
    form = of(Annotated[Cat | Dog, Field(discriminator="kind")])
    assert "oneOf" not in form.schema
    cat, dog = form.schema["anyOf"]
    assert cat["properties"]["kind"] == {"type": "string", "const": "cat"}
    assert cat["required"] == ["kind"]
    assert dog == {"$ref": "#/$defs/Dog"}
    assert form.moved == ()


def test_choices_that_overlap_say_so() -> None:
    form = strict_form({"oneOf": [{"type": "string"}, {"type": "string", "enum": ["a"]}]})
    assert form.moved == ("fitting exactly one of the choices",)


def test_a_tuple_keeps_its_types_and_its_order_in_words() -> None:
    form = of(Pair)
    assert form.schema == {
        "type": "array",
        "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "minItems": 1,
        "description": "Exactly 2 items, items in this order: 1. left (integer), 2. right (string).",
    }
    assert of(tuple[()]).schema["description"] == "At most 0 items."


def test_optional_properties_stay_optional() -> None:
    schema = compile_parameters([Parameter("x", Optional[int], None), Parameter("y", int)]).schema  # noqa: UP045
    assert strict_form(schema).schema["required"] == ["y"]
    assert strict_form(schema).schema["properties"]["x"] == {
        "anyOf": [{"type": "integer"}, {"type": "null"}],
        "description": "Default: null.",
    }


def test_formats_of_the_grammar_stay_and_others_move() -> None:
    assert of(uuid.UUID).schema == {"type": "string", "format": "uuid"}
    assert strict_form({"type": "string", "format": "iri"}).schema == {
        "type": "string",
        "description": "In the format iri.",
    }
    assert of(bytes).schema == {"type": "string"}


def test_bounded_decimals_are_described_without_their_pattern() -> None:
    form = of(Annotated[Decimal, Field(ge=0)])
    assert form.schema == {
        "anyOf": [
            {"type": "number", "description": "At least 0."},
            {"type": "string", "description": "The exact decimal as text. At least 0."},
        ]
    }
    assert len(form.moved) == 2


@pytest.mark.parametrize(
    ("annotation", "path", "reason"),
    [
        (dict[str, int], "", "an open dictionary"),
        (list[dict[str, int]], "[]", "an open dictionary"),
        (list[Any], "[]", "any value is allowed"),
        (Tree, "kids[].kids[]", "recursive: Tree contains itself"),
        (Any, "", "any value is allowed"),
    ],
)
def test_what_has_no_strict_form_is_reported_with_its_place(annotation: Any, path: str, reason: str) -> None:
    with pytest.raises(NotStrictable) as refused:
        of(annotation)
    assert refused.value.path == path
    assert refused.value.reason.startswith(reason)


def test_a_definition_that_nobody_uses_does_no_harm() -> None:
    tree = {"type": "object", "properties": {"kid": {"$ref": "#/$defs/Tree"}}}
    assert strict_form({"type": "string", "$defs": {"Tree": tree}}).schema == {"type": "string"}


def test_the_given_schema_is_left_alone() -> None:
    schema = compile_type(Order).schema
    before = repr(schema)
    strict_form(schema)
    assert repr(schema) == before


# -- schemas of others ------------------------------------------------------------------------------


def test_an_object_that_does_not_say_whether_it_is_open_is_closed() -> None:
    form = strict_form({"type": "object", "properties": {"a": {"type": "string"}}})
    assert form.schema["additionalProperties"] is False
    with pytest.raises(NotStrictable):
        strict_form({"type": "object"})
    with pytest.raises(NotStrictable):
        strict_form({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True})


def test_several_types_become_a_union() -> None:
    form = strict_form({"type": ["string", "null"], "minLength": 2, "description": "A word."})
    assert form.schema == {
        "anyOf": [{"type": "string", "description": "At least 2 characters."}, {"type": "null"}],
        "description": "A word.",
    }


def test_old_definitions_are_found() -> None:
    item = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = strict_form(
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/definitions/Item"}, "b": {"$ref": "#/properties/a"}},
            "definitions": {"Item": item},
        }
    )
    assert form.schema["properties"]["a"] == {"$ref": "#/$defs/Item"}
    assert set(form.schema["$defs"]) == {"Item", "a"}


def test_constraints_without_words_are_quoted_and_noise_goes() -> None:
    form = strict_form({"type": "string", "not": {"const": "a"}, "x-order": 1, "title": "T", "examples": ["b"]})
    assert form.schema == {"type": "string", "description": '`not`: {"const": "a"}.'}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "array"}, "any value is allowed"),
        ({"type": "thing"}, "unknown type 'thing'"),
        ({"$ref": "https://example.com/schema.json"}, "leads nowhere"),
        ({"$ref": "#"}, "recursive"),
        ({"enum": [{"a": 1}]}, "an enum of lists or objects"),
        ({"type": "object", "properties": {"a": {}}}, "any value is allowed"),
        ({"type": "object", "properties": {"a": True}}, "any value is allowed"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "`a` is required but not described"),
        ({"type": "object", "patternProperties": {"^a": {"type": "string"}}}, "an open dictionary"),
        ({"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]}, "two rules for `pattern`"),
    ],
)
def test_schemas_that_cannot_be_said_are_reported_rather_than_broken(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotStrictable) as refused:
        strict_form(schema)
    assert reason in refused.value.reason
