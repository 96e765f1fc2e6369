"""Whatever the user's code raises in a validation is a misfit of the value at its place, and nothing else."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, NamedTuple, Optional

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    PrivateAttr,
    Tag,
    ValidationError,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticOmit, PydanticUseDefault

from agentkit import InvalidArguments, ToolError
from agentkit.messages.message import JSON
from agentkit.schema import Parameter, compile_parameters, compile_type
from agentkit.schema.type_adapter import make_type_adapter
from agentkit.schema.user_code import guarded_validator
from agentkit.schema.validation.arguments import validate_arguments

SECRET = "hunter2"


def fails(value: Any, *_: Any) -> Any:
    raise KeyError(SECRET)


def fails_around(value: Any, handler: Any) -> Any:
    raise KeyError(SECRET)


def fails_with(error: Exception) -> Callable[[Any], Any]:
    def validator(_: Any) -> Any:
        raise error

    return validator


class Person(BaseModel):
    name: str
    notes: list[str] = []

    @field_validator("name", mode="before")
    @classmethod
    def trimmed(cls, value: Any) -> Any:
        return value.strip()


class Started(BaseModel):
    name: str
    _seen: int = PrivateAttr(default=1)

    def model_post_init(self, context: Any, /) -> None:
        raise ZeroDivisionError(SECRET)


class Opened(BaseModel):
    name: str

    def __init__(self, **given: Any) -> None:
        raise LookupError(SECRET)


class Checked(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def in_order(self) -> Checked:
        raise OSError(SECRET)


@dataclass
class Order:
    items: list[str]

    def __post_init__(self) -> None:
        raise ConnectionError(SECRET)


@dataclass
class Parcel:
    item: str
    weight: InitVar[int]

    def __post_init__(self, weight: int) -> None:
        raise ConnectionError(SECRET)


class Filled(BaseModel):
    id: int = Field(default_factory=lambda: fails(None))
    name: str = ""


@dataclass
class Stamped:
    name: str
    at: str = field(default_factory=lambda: str(fails(None)))


class Colour(enum.Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Colour:
        raise KeyError(SECRET)


class Row(NamedTuple):
    id: Annotated[int, AfterValidator(fails)]


class Cat(BaseModel):
    meows: bool


class Dog(BaseModel):
    barks: bool


ran: list[str] = []


class Base(BaseModel):
    name: str
    _length: int = PrivateAttr(default=0)

    def model_post_init(self, context: Any, /) -> None:
        ran.append("model")
        self._length = len(self.name)

    @property
    def length(self) -> int:
        return self._length


@dataclass
class Data:
    base: Base

    def __post_init__(self) -> None:
        ran.append("dataclass")


Pet = Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(fails)]


ROWS: list[tuple[object, JSON, list[str]]] = [
    (Annotated[int, AfterValidator(fails)], 1, ["it: could not be checked (KeyError)"]),
    (Annotated[int, BeforeValidator(fails)], 1, ["it: could not be checked (KeyError)"]),
    (
        Annotated[int, WrapValidator(fails_around)],
        1,
        ["it: could not be checked (KeyError)"],
    ),
    (Annotated[int, PlainValidator(fails, int)], 1, ["it: could not be checked (KeyError)"]),
    (list[Annotated[int, AfterValidator(fails)]], [1], ["it[0]: could not be checked (KeyError)"]),
    (dict[str, Annotated[int, AfterValidator(fails)]], {"a": 1}, ["it.a: could not be checked (KeyError)"]),
    (Optional[Annotated[int, AfterValidator(fails)]], 1, ["it: could not be checked (KeyError)"]),  # noqa: UP045
    (Row, [1], ["it[0]: could not be checked (KeyError)"]),
    (Person, {"name": 5}, ["it.name: expected a string, got 5"]),
    (
        Person,
        {"name": 5, "notes": [1]},
        ["it.name: expected a string, got 5", "it.notes[0]: expected a string, got 1"],
    ),
    (Started, {"name": "x"}, ["it: could not be checked (ZeroDivisionError)"]),
    (Opened, {"name": "x"}, ["it: could not be checked (LookupError)"]),
    (list[Checked], [{"low": 1, "high": 2}], ["it[0]: could not be checked (OSError)"]),
    (Order, {"items": ["tea"]}, ["it: could not be checked (ConnectionError)"]),
    (Order, {"items": [5]}, ["it.items[0]: expected a string, got 5"]),
    (Parcel, {"item": "tea", "weight": 1}, ["it: could not be checked (ConnectionError)"]),
    (Filled, {}, ["it.id: no default could be made for it (KeyError)"]),
    (
        Filled,
        {"name": 5},
        ["it.name: expected a string, got 5", "it.id: no default could be made for it (KeyError)"],
    ),
    (Stamped, {"name": "x"}, ["it.at: no default could be made for it (KeyError)"]),
    (Colour, "blue", ['it: expected "red", got "blue"']),
    (Pet, {"meows": True}, ["it: could not be checked (KeyError)"]),
    (Pet, {"meows": 5}, ["it.meows: expected true or false, got 5"]),
    (Annotated[int, AfterValidator(fails_with(ValueError("must be even")))], 1, ["it: must be even"]),
    (Annotated[int, AfterValidator(fails_with(ToolError("Ask Ada.")))], 1, ["it: Ask Ada."]),
    (Annotated[int, AfterValidator(fails_with(AssertionError()))], 1, ["it: refused, got 1"]),
    (
        Annotated[int, AfterValidator(fails_with(ExceptionGroup(SECRET, [OSError(SECRET)])))],
        1,
        ["it: could not be checked (ExceptionGroup)"],
    ),
    (
        Annotated[int, AfterValidator(fails_with(RecursionError(SECRET)))],
        1,
        ["it: could not be checked (RecursionError)"],
    ),
    (
        Annotated[int, AfterValidator(fails_with(PydanticCustomError("odd", "Take {n}", {"n": 4})))],
        1,
        ["it: Take 4"],
    ),
]


@pytest.mark.parametrize(("annotation", "given", "expected"), ROWS)
def test_it_is_told_at_its_place_after_what_the_schema_says(
    annotation: object, given: JSON, expected: list[str]
) -> None:
    arguments = compile_parameters([Parameter("it", annotation)])
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("save", arguments, {"it": given})
    header, *problems = str(caught.value).splitlines()
    assert "Nothing was executed" in header
    assert problems == [f"- {problem}" for problem in expected]
    assert SECRET not in str(caught.value)


def test_the_exception_itself_is_the_cause_for_the_developer() -> None:
    one = compile_parameters([Parameter("it", Annotated[int, AfterValidator(fails)])])
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("save", one, {"it": 1})
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__cause__.__traceback__ is not None
    two = compile_parameters([Parameter("it", list[Annotated[int, AfterValidator(fails)]])])
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("save", two, {"it": [1, 2]})
    assert isinstance(caught.value.__cause__, ExceptionGroup)
    by_value_error = compile_parameters([Parameter("it", Annotated[int, AfterValidator(fails_with(ValueError("no")))])])
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("save", by_value_error, {"it": 1})
    assert caught.value.__cause__ is None


def test_a_failing_validator_is_asked_once() -> None:
    asked: list[object] = []

    def count(value: Any) -> Any:
        asked.append(value)
        raise ConnectionError

    for validator in (AfterValidator(count), BeforeValidator(count), PlainValidator(count, int)):
        asked.clear()
        with pytest.raises(ValidationError):
            compile_type(dict[str, Annotated[int, validator]]).validate({"a": 1})
        assert asked == [1]


def test_what_pydantic_takes_from_a_validator_is_left_to_it() -> None:
    def omit(value: int) -> int:
        if value < 0:
            raise PydanticOmit
        return value

    def defaulted(value: Any) -> Any:
        raise PydanticUseDefault

    assert compile_type(list[Annotated[int, AfterValidator(omit)]]).validate([1, -1]) == [1]

    class Model(BaseModel):
        n: Annotated[int, BeforeValidator(defaulted)] = 7

    assert compile_type(Model).validate({"n": 1}).n == 7


def test_methods_that_run_on_new_instances_still_run_once() -> None:
    ran.clear()
    value = compile_type(list[Data]).validate([{"base": {"name": "tea"}}])[0]
    assert (value.base.length, ran) == (3, ["model", "dataclass"])


def test_a_type_without_user_code_keeps_its_own_validator() -> None:
    class Plain(BaseModel):
        names: list[str] = Field(default_factory=list[str])
        _seen: int = PrivateAttr(default=1)

    class Bare(BaseModel):
        parts: list[int]

    assert guarded_validator(make_type_adapter(Bare)) is None
    assert compile_type(Plain).validate({}).names == []
