"""Every word that is written about a type reaches the model, wherever the type stands."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar

import pytest
from pydantic import BaseModel, Field, RootModel
from typing_extensions import Doc, TypeAliasType, TypedDict

from agentkit import Agent, tool
from agentkit.schema import compile_type
from agentkit.schema.strict.form import NotStrictable, strict_form

T = TypeVar("T")
LIST: Any = list
DICT: Any = dict


class Pair(NamedTuple):
    """PAIR-CLASS"""

    left: Annotated[int, "PAIR-LEFT"]
    """PAIR-BELOW"""
    right: Annotated[list[Annotated[int, Doc("PAIR-ITEM")]], Field(description="PAIR-RIGHT")]


class Options(TypedDict):
    """OPTIONS-CLASS

    Attributes:
        depth: OPTIONS-BEATEN
        gone: OPTIONS-GONE
    """

    depth: NotRequired[Annotated[int, "OPTIONS-DEPTH"]]
    names: list[Annotated[str, Doc("OPTIONS-ITEM")]]
    """OPTIONS-BELOW"""


@dataclasses.dataclass
class Box(Generic[T]):
    """Box(of things) BOX-CLASS

    :param content: BOX-CONTENT
    :ivar counts: BOX-BEATEN
    """

    content: T
    counts: dict[str, Annotated[int, "BOX-VALUE"]] = dataclasses.field(default_factory=dict[str, int])
    """BOX-BELOW"""
    size: int = dataclasses.field(default=1, metadata={"description": "BOX-METADATA"})


class Unit(enum.Enum):
    """UNIT-CLASS"""

    CELSIUS = "C"
    """UNIT-MEMBER"""
    KELVIN = "K"


class Urgency(enum.Enum):
    LOW = ("low", "URGENCY-MEMBER")

    def __new__(cls, value: str, doc: str) -> Urgency:
        made = object.__new__(cls)
        made._value_ = value
        made.__doc__ = doc
        return made


class Words(RootModel[list[Annotated[str, "WORDS-ITEM"]]]):
    """WORDS-CLASS"""

    root: list[Annotated[str, "WORDS-ITEM"]] = Field(description="WORDS-FIELD")
    """WORDS-BELOW"""


class Base(BaseModel):
    inherited: int
    """BASE-BELOW"""


class Page(Base, Generic[T]):
    """PAGE-CLASS

    Args:
        rows: PAGE-ROWS
        renamed: PAGE-ALIAS
        other: PAGE-OTHER

    Notes
    -----
    PAGE-NOTES
    """

    rows: list[Annotated[T, "PAGE-ITEM"]]
    key: Annotated[int | str, Field(description="PAGE-FIELD"), "PAGE-NOTE", Doc("PAGE-DOC")]
    """PAGE-BELOW"""
    renamed_: int = Field(alias="renamed")
    one: Annotated[int, "PAGE-ONE"] | Annotated[str, "PAGE-TWO"] | None = None
    pair: Annotated[Pair, "PAGE-PAIR"] = Pair(1, [2])


class Cat(BaseModel):
    """CAT-CLASS"""

    kind: Literal["cat"]
    """CAT-BELOW"""


class Dog(BaseModel):
    kind: Literal["dog"]


Celsius = TypeAliasType("Celsius", Annotated[float, "CELSIUS-NOTE"])
Animal = Annotated[Annotated[Cat, "ANIMAL-CAT"] | Dog, Field(discriminator="kind", description="ANIMAL-FIELD")]
WORDS: list[tuple[object, str]] = [
    (Pair, "PAIR-CLASS PAIR-LEFT PAIR-BELOW PAIR-ITEM PAIR-RIGHT"),
    (Options, "OPTIONS-CLASS OPTIONS-BEATEN OPTIONS-GONE OPTIONS-DEPTH OPTIONS-ITEM OPTIONS-BELOW"),
    (Box[int], "BOX-CLASS BOX-CONTENT BOX-BEATEN BOX-VALUE BOX-BELOW BOX-METADATA"),
    (Unit, "UNIT-CLASS UNIT-MEMBER"),
    (Urgency, "URGENCY-MEMBER"),
    (Words, "WORDS-CLASS WORDS-ITEM WORDS-FIELD WORDS-BELOW"),
    (Page[int], "PAGE-CLASS PAGE-ROWS PAGE-ALIAS PAGE-OTHER PAGE-NOTES PAGE-ITEM PAGE-FIELD PAGE-NOTE PAGE-DOC"),
    (Page[int], "PAGE-BELOW PAGE-ONE PAGE-TWO PAGE-PAIR BASE-BELOW PAIR-CLASS"),
    (Celsius, "CELSIUS-NOTE"),
    (Animal, "ANIMAL-CAT ANIMAL-FIELD CAT-CLASS CAT-BELOW"),
]


@pytest.mark.parametrize(("kind", "words"), WORDS)
def test_every_word_about_a_type_reaches_the_model_wherever_the_type_stands(kind: Any, words: str) -> None:
    many = LIST[kind]
    annotations: list[Any] = [kind, many, DICT[str, kind], kind | None, Annotated[many, "OUTER"]]
    for annotation in annotations:

        def look_up(given: Any) -> None: ...

        look_up.__annotations__["given"] = annotation
        given = tool(look_up).input_schema
        agent = Agent("reader", model="claude-opus-5-5", input=annotation, output=annotation)
        for schema in (given, compile_type(annotation).schema, agent.as_tool(description="Read.").input_schema):
            assert [word for word in words.split() if word not in json.dumps(schema)] == [], annotation
        try:
            strict = json.dumps(strict_form(given).schema)
        except NotStrictable:
            continue
        assert [word for word in words.split() if word not in strict] == [], annotation
