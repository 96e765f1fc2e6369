"""One validator of the user's makes nothing around it lax, and nothing that it has left as it was."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, BeforeValidator, PlainValidator, ValidationError, WrapValidator, model_validator

from agentkit.messages.message import JSON
from agentkit.schema import Parameter, compile_parameters
from agentkit.schema.conversions import is_converted, is_deep


def split(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


def split_by_wrapping(value: Any, handler: Any) -> Any:
    return handler(split(value))


def parse(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value


class Old(BaseModel):
    """Takes an older name of a field."""

    count: int
    flag: bool = False

    @model_validator(mode="before")
    @classmethod
    def renamed(cls, given: Any) -> Any:
        if "number" in given:
            given["count"] = given.pop("number")
        return given


TAGS = Annotated[list[str], BeforeValidator(split)]
WRAPPED = Annotated[list[int], WrapValidator(split_by_wrapping)]
LENIENT: list[dict[str, JSON]] = [
    {"count": "5_000"},
    {"count": True},
    {"notify": "off"},
    {"at": 1700000000},
    {"price": "4.5"},
    {"old": {"count": "5"}},
    {"old": {"number": 5, "flag": "off"}},
    {"old": {"count": 1.5}},
    {"unknown": 1},
]


@pytest.mark.parametrize("converted", [{}, {"tags": "a,b"}, {"tags": ["a"]}, {"numbers": "1,2"}])
@pytest.mark.parametrize("lenient", LENIENT)
def test_what_is_beside_a_converter_is_as_strict_as_its_schema(
    lenient: dict[str, JSON], converted: dict[str, JSON]
) -> None:
    parameters = [
        Parameter("tags", TAGS, []),
        Parameter("numbers", WRAPPED, []),
        Parameter("count", int, 0),
        Parameter("notify", bool, False),
        Parameter("at", dt.datetime | None, None),
        Parameter("price", float, 0.0),
        Parameter("old", Old | None, None),
    ]
    arguments = compile_parameters(parameters)
    assert arguments.validate(converted)
    with pytest.raises(ValidationError):
        arguments.validate({**lenient, **converted})


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (TAGS, "a,b", ["a", "b"]),
        (TAGS | None, "a,b", ["a", "b"]),
        (WRAPPED, "1,2", [1, 2]),
        (dict[str, WRAPPED], {"a": "1,2", "b": [3]}, {"a": [1, 2], "b": [3]}),
        (Annotated[dt.date, BeforeValidator(lambda given: given.strip())], " 2026-01-31 ", dt.date(2026, 1, 31)),
        (Annotated[int, BeforeValidator(lambda given: str(given).strip())], " 5 ", 5),
        (Annotated[int, PlainValidator(int, json_schema_input_type=int)], "5", 5),
        (Old, {"number": 5, "flag": True}, Old(count=5, flag=True)),
        (list[Old], [{"number": 5}], [Old(count=5)]),
        (Annotated[Old, BeforeValidator(parse)], '{"count": 5}', Old(count=5)),
    ],
)
def test_what_a_converter_changes_is_taken(annotation: object, given: JSON, value: object) -> None:
    assert compile_parameters([Parameter("it", annotation)]).validate({"it": given}) == {"it": value}


def test_a_wrapper_that_speaks_for_the_rest_has_the_last_word_in_lax_mode() -> None:
    def friendly(value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise ValueError("write a date") from None

    arguments = compile_parameters([Parameter("at", Annotated[dt.date, WrapValidator(friendly)])])
    assert arguments.validate({"at": "2026-01-31"}) == {"at": dt.date(2026, 1, 31)}
    with pytest.raises(ValidationError, match="write a date"):
        arguments.validate({"at": "soon"})


def test_only_a_changed_place_is_converted() -> None:
    value: JSON = {"a": {"b": [1, "x"]}}
    assert is_converted(("a", "b", 1), value, [({"b": [1, "x"]}, {"b": [1, 2]})])
    assert is_converted(("a",), value, [({"b": [1, "x"]}, {"c": 1})])
    assert not is_converted(("a", "b", 1), value, [({"b": [1, "x"]}, {"b": [2, "x"]})])
    assert not is_converted(("a", "b", 0), {"a": {"b": [True]}}, [(1, "1")])
    assert not is_converted(("a",), value, [])
    assert is_deep(json.loads("[" * 150 + "]" * 150))
    assert not is_deep(value)
