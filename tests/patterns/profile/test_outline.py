"""An outline is written section by section, and assembled again, whatever of it was thrown away or is refused."""

from __future__ import annotations

import datetime
import enum
from typing import Any

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_validator,
    model_validator,
)

from agentkit.errors import UsageError
from agentkit.messages.message import JSON
from agentkit.patterns.profile.outline import Section, assembled, sections_of
from tests.patterns.profile.test_writing import Person


class Rules(BaseModel):
    who: str
    names: list[str]
    age: int
    deep: Person


class Colour(enum.Enum):
    RED = "red"


class Defaults(BaseModel):
    who: str | None
    deep: Person = Person(name="Eva")
    name: str = "nobody"
    age: int = 3
    colour: Colour = Colour.RED
    when: datetime.date | None = None
    tags: list[str] = Field(["none"], min_length=1)


class Inner(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True, extra="forbid")
    size: int = Field(alias="Size")

    @computed_field
    def double(self) -> int:
        return 2 * self.size


class Named(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=str.upper)
    one: str = Field(validation_alias=AliasChoices("first", "eins"))
    two: str = Field(validation_alias=AliasPath("a", "b"))
    three: str = Field(serialization_alias="drei")
    four: datetime.date
    five: tuple[str, int]
    six: Inner


class Checked(BaseModel):
    name: str = ""
    other: str

    @field_validator("name", "other")
    @classmethod
    def refuse(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("it is bad.")
        return {"good": value, "": ""}[value]


class Together(BaseModel):
    name: str

    @model_validator(mode="after")
    def refuse(self) -> Together:
        raise RuntimeError("never")


def made(outline: type[BaseModel], values: dict[str, JSON]) -> tuple[BaseModel | None, dict[str, str]]:
    instance, refused = assembled(outline, values)
    return instance, {one.document: one.reason for one in refused}


def test_a_section_without_a_value_has_its_default_or_is_empty() -> None:
    whole: dict[str, JSON] = {"age": 3, "deep": {"name": "Ben"}}
    assert made(Rules, whole) == (Rules(who="", names=[], age=3, deep=Person(name="Ben")), {})
    assert made(Defaults, {}) == (Defaults.model_validate({"who": None}), {})
    instance, refused = made(Rules, {"who": "x", "names": []})
    assert instance is None
    assert [*refused] == ["section age", "section deep"]
    assert "no default" in refused["section age"]


def test_values_are_given_under_the_names_of_fields_and_as_json() -> None:
    written = {"one": "1", "two": "2", "three": "3", "four": "2024-01-31", "five": ["x", 5], "six": {"Size": 6}}
    values: dict[str, JSON] = {}
    for section in sections_of(Named):
        output = section.output.model_validate({section.name: written[section.name], "evidence_numbers": []})
        values[section.name] = section.value_in(output)
    instance, refused = made(Named, values)
    assert refused == {}
    assert instance is not None
    found: dict[str, Any] = dict(instance)
    assert found == {**written, "four": datetime.date(2024, 1, 31), "five": ("x", 5), "six": Inner(Size=6)}


def test_what_the_outline_refuses_is_a_gap_with_the_reason() -> None:
    assert made(Checked, {"name": "good", "other": "good"}) == (Checked(name="good", other="good"), {})
    said = {"section name": "the outline refuses it: Value error, it is bad"}
    assert made(Checked, {"name": "bad", "other": "good"}) == (Checked(name="", other="good"), said)
    raised = {"section other": "the outline refuses it: could not be checked (KeyError)"}
    assert made(Checked, {"name": "good", "other": "x"}) == (Checked(name="good", other=""), raised)
    few = {"section tags": "the outline refuses it: List should have at least 1 item after validation, not 0"}
    assert made(Defaults, {"tags": []}) == (Defaults.model_validate({"who": None}), few)
    instance, refused = made(Together, {"name": "x"})
    assert instance is None
    assert refused == {"profile": "the outline refuses its sections: could not be checked (RuntimeError)"}


def test_an_outline_has_fields_with_names() -> None:
    sections: list[Section] = sections_of(Rules)
    assert [section.name for section in sections] == ["who", "names", "age", "deep"]
    with pytest.raises(UsageError, match="a RootModel has no field"):
        sections_of(RootModel[list[str]])
