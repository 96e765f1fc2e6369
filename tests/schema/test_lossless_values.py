"""Single values in lossless JSON Schema, and what cannot come as JSON."""

import datetime
import enum
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import UUID4, BaseModel, Field, NaiveDatetime, StringConstraints, ValidationError

from agentkit.errors import DefinitionError
from agentkit.schema import Parameter, compile_parameters, compile_type
from tests.schema.generated_instances import accepts


class Kind(enum.Enum):
    """Kinds."""

    A = "a"
    B = 2


class Opaque:
    pass


class Mutable(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int | str | None, {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
        (Literal["a", 1, None], {"enum": ["a", 1, None]}),
        (Kind, {"enum": ["a", 2], "description": "Kinds."}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (dict[str, Any], {"type": "object", "additionalProperties": True}),
        (datetime.datetime, {"type": "string", "format": "date-time"}),
        (datetime.date, {"type": "string", "format": "date"}),
        (datetime.time, {"type": "string", "format": "time"}),
        (datetime.timedelta, {"type": "string", "format": "duration"}),
        (UUID, {"type": "string", "format": "uuid"}),
        (bytes, {"type": "string", "format": "binary"}),
        (Any, {}),
        (Annotated[int, Field(ge=1, le=5)], {"type": "integer", "minimum": 1, "maximum": 5}),
    ],
)
def test_simple_types(annotation: object, expected: dict[str, Any]) -> None:
    assert compile_type(annotation).schema == expected


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (Callable[[int], int], "a callable"),
        (int | Callable[[], int], "a callable"),
        (type[int], r"a class \(type\[int\]\)"),
        (Opaque, "opaque type Opaque"),
        (list[Opaque], "opaque type Opaque"),
        (typing.Iterator[int], r"use list\[...\]"),
        (set[Mutable], "a set of Mutable"),
        (set[list[int]], "a set of lists"),
        (dict[tuple[int, int], int], "keys are lists or tuples"),
        ("Nowhere", "the name Nowhere"),
        (Literal[Kind.A], "a StrEnum"),
    ],
)
def test_what_json_cannot_carry_is_refused_with_the_parameters_name(annotation: object, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason) as refused:
        compile_parameters([Parameter("fine", int), Parameter("bad", annotation)])
    assert str(refused.value).startswith("parameter `bad`: ")
    assert "pydantic.dev" not in str(refused.value)


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (NaiveDatetime, "2026-01-31T09:30:00", "2026-01-31T09:30:00Z"),
        (UUID4, "12345678-1234-4678-9234-567812345678", "12345678-1234-1678-9234-567812345678"),
        (complex, "1+2j", "one"),
        (Annotated[datetime.date, Field(ge=datetime.date(2020, 1, 1))], "2020-01-01", "2019-12-31"),
        (Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)], " ab ", " a  "),
        (Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], " a ", "   "),
    ],
)
def test_the_schema_and_pydantic_agree(annotation: Any, good: str, bad: str) -> None:
    compiled = compile_type(annotation)
    assert accepts(compiled.schema, good)
    compiled.validate(good)
    assert not accepts(compiled.schema, bad)
    with pytest.raises(ValidationError):
        compiled.validate(bad)


def test_temporal_bounds_are_said_in_words() -> None:
    bounded = Annotated[datetime.timedelta, Field(gt=datetime.timedelta(hours=1), description="How long")]
    assert compile_type(bounded).schema["description"] == "How long. More than PT1H."


def test_flags_are_their_combinations() -> None:
    class Rights(enum.IntFlag):
        READ = 1
        WRITE = 4

    compiled = compile_type(Rights)
    assert compiled.schema == {"type": "integer", "enum": [0, 1, 4, 5]}
    assert compiled.validate(5) == Rights.READ | Rights.WRITE


def test_an_enum_of_anything_but_plain_values_is_refused() -> None:
    class Pairs(enum.Enum):
        A = (1, 2)

    with pytest.raises(DefinitionError, match="use str or int values"):
        compile_type(Pairs)
    with pytest.raises(DefinitionError, match="use a str"):
        compile_type(Literal[b"x"])
