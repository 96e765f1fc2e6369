"""Types and parameters as lossless JSON Schema."""

from __future__ import annotations

import collections
import datetime
import math
import re
import subprocess
import sys
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, WithJsonSchema
from typing_extensions import Doc

from agentkit.errors import DefinitionError
from agentkit.schema import MISSING, Parameter, compile_parameters, compile_type


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


@dataclass
class Data:
    point: Point
    when: datetime.date | None = None


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


def parameters(**annotations: object) -> dict[str, Any]:
    return compile_parameters([Parameter(name, annotation) for name, annotation in annotations.items()]).schema


def test_equal_annotations_keep_their_own_order() -> None:
    assert schema(int | str)["anyOf"][0] == {"type": "integer"}
    assert schema(str | int)["anyOf"][0] == {"type": "string"}


def test_a_class_is_compiled_once() -> None:
    assert compile_type(Line) is compile_type(Line)


def test_dumping_gives_what_validating_reads() -> None:
    compiled = compile_type(Data)
    value = Data(Point(x=1), datetime.date(2026, 1, 31))
    assert compiled.dump(value) == {"point": {"x": 1, "title": ""}, "when": "2026-01-31"}
    assert compiled.validate(compiled.dump(value)) == value


# -- parameters -------------------------------------------------------------------------------------


def test_parameters_become_a_closed_object() -> None:
    compiled = compile_parameters(
        [
            Parameter("point", Point, description="Where."),
            Parameter("count", int, 3),
            Parameter("names", list[str], Field(default_factory=list, max_length=2)),
        ]
    )
    assert compiled.schema == {
        "type": "object",
        "properties": {
            "point": {"$ref": "#/$defs/Point", "description": "Where."},
            "count": {"type": "integer", "default": 3},
            "names": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        },
        "required": ["point"],
        "additionalProperties": False,
        "$defs": {"Point": POINT},
    }
    assert compiled.validate({"point": {"x": 1.0}}) == {"point": Point(x=1), "count": 3, "names": []}
    with pytest.raises(ValidationError) as refused:
        compiled.validate({"point": {"x": "1", "y": 2}, "z": 3})
    assert {error["loc"] for error in refused.value.errors()} == {("point", "x"), ("point", "y"), ("z",)}


def test_no_parameters_are_an_empty_closed_object() -> None:
    assert parameters() == {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize("name", ["schema", "copy", "json", "model_config", "_private", "__dunder__", "self", "cls"])
def test_any_name_will_do(name: str) -> None:
    compiled = compile_parameters([Parameter(name, int)])
    assert compiled.validate({name: 1}) == {name: 1}


def test_what_is_annotated_beats_the_docstring() -> None:
    described = [
        Annotated[int, Field(description="annotated")],
        Annotated[int, "annotated"],
        Annotated[int, Doc("annotated")],
    ]
    for annotation in described:
        compiled = compile_parameters([Parameter("x", annotation, description="docstring")])
        assert compiled.schema["properties"]["x"] == {"type": "integer", "description": "annotated"}
    compiled = compile_parameters([Parameter("x", int, Field(description="annotated"), description="docstring")])
    assert compiled.schema["properties"]["x"]["description"] == "annotated"


def test_an_alias_is_the_property_and_keeps_the_docstring() -> None:
    compiled = compile_parameters([Parameter("class_", Annotated[str, Field(alias="X-Class")], description="Which.")])
    assert compiled.schema["properties"] == {"X-Class": {"type": "string", "description": "Which."}}
    assert compiled.validate({"X-Class": "a"}) == {"class_": "a"}


def test_two_parameters_of_one_alias_are_refused() -> None:
    with pytest.raises(DefinitionError, match="same alias"):
        parameters(a=Annotated[int, Field(alias="x")], b=Annotated[int, Field(alias="x")])


def test_a_default_that_the_type_does_not_take_is_not_shown() -> None:
    compiled = compile_parameters([Parameter("x", int, None), Parameter("y", Optional[int], None)])  # noqa: UP045
    assert compiled.schema["properties"]["x"] == {"type": "integer"}
    assert compiled.schema["properties"]["y"]["default"] is None
    assert compiled.validate({}) == {"x": None, "y": None}


def test_an_iterable_is_read_as_a_list() -> None:
    for annotation in (Iterable[int], typing.Iterable[int]):
        compiled = compile_parameters([Parameter("x", annotation)])
        assert compiled.validate({"x": [1]}) == {"x": [1]}
        with pytest.raises(ValidationError):
            compiled.validate({"x": ["a"]})


def test_patterns_may_look_ahead() -> None:
    compiled = compile_parameters([Parameter("x", Annotated[str, Field(pattern="^(?!a)")])])
    assert compiled.validate({"x": "b"}) == {"x": "b"}


def test_a_users_own_conversion_is_respected() -> None:
    price = Annotated[Decimal, BeforeValidator(lambda text: str(text).strip("$"))]
    compiled = compile_parameters([Parameter("price", price), Parameter("when", datetime.date)])
    read = compiled.validate({"price": "$12.5", "when": "2026-01-31"})
    assert read == {"price": Decimal("12.5"), "when": datetime.date(2026, 1, 31)}


def test_counters_and_other_containers() -> None:
    compiled = compile_type(collections.Counter[str])
    assert compiled.validate({"a": 2}) == collections.Counter(a=2)
    with pytest.raises(ValidationError):
        compiled.validate({"a": "2"})


def test_compiling_and_good_calls_do_without_jsonschema() -> None:
    program = (
        "import sys; from agentkit.schema import *; from agentkit.schema.strict.form import strict_form\n"
        "compiled = compile_parameters([Parameter('x', list[int])]); strict_form(compiled.schema)\n"
        "assert compiled.validate({'x': [1]}) == {'x': [1]}; assert 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_missing_says_so() -> None:
    assert repr(MISSING) == "MISSING"


class Colour(Enum):
    """Without members, as `RED: "red"` makes one by mistake."""


class Chain(BaseModel):
    next: Chain


class Unlimited(float, Enum):
    NONE = math.inf


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        (Colour, "no value fits Colour, an enum without members"),
        (Literal[()], "lists none"),
        (Unlimited, "whose value is inf"),
        (Chain, "it contains itself without end; make one level of it optional"),
        (list[Colour], "an enum without members"),
        (Annotated[int, Field(gt=3, lt=4)], "no whole number"),
        (Annotated[str, Field(min_length=3, max_length=2)], "`minLength` is 3"),
    ],
)
def test_a_type_that_no_json_fits_is_refused_with_the_parameter(annotation: object, said: str) -> None:
    with pytest.raises(DefinitionError, match=f"^parameter `it`: .*{re.escape(said)}"):
        parameters(other=int, it=annotation)


@pytest.mark.parametrize("name", ["größe", "имя"])
def test_a_name_that_the_api_refuses_is_refused_with_the_fix(name: str) -> None:
    with pytest.raises(DefinitionError, match=rf"^parameter `{name}`: the API takes no property named .*alias="):
        parameters(other=int, **{name: int})
    with pytest.raises(DefinitionError, match=r"^parameter `top`: .*`\$top`.*Field\(alias=\"_top\"\)"):
        parameters(top=Annotated[int, Field(alias="$top")])


def test_a_default_that_json_does_not_have_is_words() -> None:
    compiled = compile_parameters([Parameter("most", float, math.inf, "The limit.")])
    assert compiled.schema["properties"]["most"] == {"type": "number", "description": "The limit. Default: Infinity."}
    assert compiled.validate({}) == {"most": math.inf}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Annotated[int, WithJsonSchema({"type": "intger"})], "`type` of its schema must be one of array, "),
        (Annotated[int, WithJsonSchema({"$ref": "#/$defs/Nope"})], "refers to '#/$defs/Nope', which is not in it"),
        (Annotated[int, WithJsonSchema({"enum": []})], "its enum has no members"),
    ],
)
def test_a_schema_of_the_users_own_that_is_none_is_refused(kind: object, said: str) -> None:
    with pytest.raises(DefinitionError, match=f"^parameter `it`: .*{re.escape(said)}"):
        parameters(other=int, it=kind)


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"^(?=a)\w+\Z", r"^(?P<word>\w+)$"])
def test_patterns_of_either_engine_are_taken(pattern: str) -> None:
    compiled = compile_parameters([Parameter("it", Annotated[str, Field(pattern=pattern)])])
    assert compiled.validate({"it": "abc"}) == {"it": "abc"}
    with pytest.raises(ValidationError):
        compiled.validate({"it": "-"})
