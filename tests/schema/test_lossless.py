"""Structures in lossless JSON Schema: objects, arrays, unions."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, create_model
from typing_extensions import TypedDict

from agentkit.schema import compile_type

T = TypeVar("T")


class Point(BaseModel):
    """A point.

    Attributes:
        x: Across.
    """

    x: int
    title: str = ""
    """What it is called."""


class Line(BaseModel):
    """A line."""

    start: Point = Field(description="Where it starts.")
    end: Point


class Tree(BaseModel):
    value: int
    kids: list[Tree] = []


class Page(BaseModel, Generic[T]):
    items: list[T]


class Names(RootModel[list[str]]):
    """Names."""


class Options(TypedDict):
    must: int
    may: NotRequired[str]


class Pair(NamedTuple):
    """A pair."""

    left: int
    """The left one."""
    right: str = ""


@dataclass
class Data:
    point: Point
    when: datetime.date | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"]


POINT = {
    "type": "object",
    "properties": {
        "x": {"type": "integer", "description": "Across."},
        "title": {"type": "string", "default": "", "description": "What it is called."},
    },
    "required": ["x"],
    "description": "A point.",
    "additionalProperties": False,
}


def schema(annotation: object) -> dict[str, Any]:
    return compile_type(annotation).schema


def test_a_model_is_closed_documented_and_without_titles() -> None:
    assert schema(Point) == POINT


def test_a_description_stands_beside_a_reference() -> None:
    assert schema(Line)["properties"] == {
        "start": {"$ref": "#/$defs/Point", "description": "Where it starts."},
        "end": {"$ref": "#/$defs/Point"},
    }
    assert schema(Line)["$defs"] == {"Point": POINT}


def test_a_recursive_root_says_its_type() -> None:
    tree = schema(Tree)
    assert tree["type"] == "object"
    assert tree["properties"]["kids"]["items"] == {"$ref": "#/$defs/Tree"}
    assert compile_type(Tree).validate({"value": 1, "kids": [{"value": 2}]}).kids[0].value == 2


def test_an_open_model_stays_open() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        x: int

    assert schema(Open)["additionalProperties"] is True


def test_generics_and_local_models() -> None:
    class Local(BaseModel):
        n: int
        """The n."""

    page = compile_type(Page[Local])
    assert page.schema["$defs"]["Local"]["properties"]["n"]["description"] == "The n."
    assert page.validate({"items": [{"n": 1}]}).items == [Local(n=1)]


def test_dataclasses_and_typed_dicts_are_closed_objects() -> None:
    assert schema(Data)["required"] == ["point"]
    assert schema(Data)["additionalProperties"] is False
    assert schema(Options)["required"] == ["must"]
    assert schema(Options)["additionalProperties"] is False


def test_a_union_by_tag_is_one_of_with_the_tag_required() -> None:
    compiled = compile_type(Annotated[Cat | Dog, Field(discriminator="kind")])
    assert compiled.schema["oneOf"] == [{"$ref": "#/$defs/Cat", "required": ["kind"]}, {"$ref": "#/$defs/Dog"}]
    assert "discriminator" not in compiled.schema
    assert compiled.validate({"kind": "cat"}) == Cat()
    with pytest.raises(ValidationError):
        compiled.validate({})


def test_tuples_keep_their_positions() -> None:
    assert schema(tuple[int, str]) == {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
        "minItems": 2,
        "maxItems": 2,
    }
    assert schema(Pair) == {
        "type": "array",
        "prefixItems": [
            {"type": "integer", "description": "left: The left one."},
            {"type": "string", "default": "", "description": "right"},
        ],
        "minItems": 1,
        "maxItems": 2,
        "description": "A pair.",
    }
    assert compile_type(Pair).validate([3]) == Pair(3)


def test_a_root_model_is_what_its_root_is() -> None:
    class Names(RootModel[list[str]]):
        """Names."""

    assert schema(Names) == {"type": "array", "items": {"type": "string"}, "description": "Names."}


def test_dictionaries_describe_their_keys() -> None:
    assert schema(dict[str, Point])["additionalProperties"] == {"$ref": "#/$defs/Point"}
    assert schema(dict[Literal["a", "b"], int])["propertyNames"] == {"enum": ["a", "b"]}
    assert compile_type(dict[int, int]).validate({"7": 1}) == {7: 1}


def test_a_docstring_given_by_hand_is_kept() -> None:
    class Hand(BaseModel):
        """Docstring."""

        model_config = ConfigDict(json_schema_extra={"description": "By hand."}, title="Noise")
        title: int = Field(1, title="Noise")

    assert schema(Hand)["description"] == "By hand."
    assert schema(Hand)["properties"] == {"title": {"type": "integer", "default": 1}}


def test_aliases_are_the_property_names() -> None:
    class Aliased(BaseModel):
        class_: str = Field(alias="class")
        """Which."""

    assert schema(Aliased)["properties"] == {"class": {"type": "string", "description": "Which."}}


def test_a_plain_set_of_frozen_models_is_fine() -> None:
    class Frozen(BaseModel, frozen=True):
        x: int

    assert compile_type(set[Frozen]).validate([{"x": 1}]) == {Frozen(x=1)}


def test_classes_of_one_name_have_longer_ones_and_equal_ones_a_single_definition() -> None:
    other: Any = create_model("Point", z=(int, ...))
    same: list[Any] = [create_model("Same", z=(int, ...)) for _ in range(2)]
    any_tuple: Any = tuple
    schema = compile_type(any_tuple[Point, Point, other, other, *same, *same]).schema
    module = __name__.replace(".", "__")
    assert list(schema["$defs"]) == [f"{module}__Point__1", f"{module}__Point__2", "Same"]


def test_a_class_may_have_the_schema_of_what_it_writes() -> None:
    class Replied(BaseModel):
        model_config = ConfigDict(
            json_schema_mode_override="serialization", json_schema_serialization_defaults_required=True
        )

        count: int = 3

    assert compile_type(Replied).schema["required"] == ["count"]
