"""JSON data as Python values: as strict as the schema, no stricter."""

import datetime
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agentkit.schema import compile_type


class Closed(BaseModel):
    name: str
    size: int = 1


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    inner: Closed


def problems(annotation: Any, value: object) -> set[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as refused:
        compile_type(annotation).validate(value)
    return {(error["loc"], error["type"]) for error in refused.value.errors()}


def read(annotation: Any, value: object) -> object:
    return compile_type(annotation).validate(value)


@pytest.mark.parametrize(("annotation", "value"), [(int, "7"), (int, True), (bool, 1), (str, 7), (list[int], (1.5,))])
def test_nothing_is_coerced(annotation: Any, value: object) -> None:
    assert problems(annotation, value)


def test_json_has_one_kind_of_number() -> None:
    assert read(int, 1.0) == 1
    assert read(int, 1e22) == 10**22
    assert read(float, 1) == 1.0
    assert read(int, 10**30) == 10**30


def test_unknown_keys_are_refused_where_the_model_ignores_them() -> None:
    assert problems(list[Closed], [{"name": "a", "sise": 2}]) == {((0, "sise"), "extra_forbidden")}


def test_an_open_model_takes_unknown_keys_and_what_is_inside_it_does_not() -> None:
    assert read(Open, {"inner": {"name": "a"}, "more": 1}) == Open(inner=Closed(name="a"), more=1)  # type: ignore[call-arg]
    assert problems(Open, {"inner": {"name": "a", "sise": 2}, "more": 1}) == {(("inner", "sise"), "extra_forbidden")}


def test_every_problem_is_named_at_once_also_beside_open_models() -> None:
    assert problems(Open, {"inner": {"name": 3, "sise": 2}, "more": 1}) == {
        (("inner", "sise"), "extra_forbidden"),
        (("inner", "name"), "string_type"),
    }


def test_an_unknown_key_is_not_dropped_by_a_union_with_an_open_model() -> None:
    assert (("Closed", "sise"), "extra_forbidden") in problems(Open | Closed, {"name": "a", "sise": 1})


class Converted(BaseModel):
    """A model whose own code sees the input first."""

    when: Annotated[datetime.date, BeforeValidator(lambda text: "2026-01-31" if text == "today" else text)]
    count: int = 1

    @model_validator(mode="before")
    @classmethod
    def _rename(cls, data: Any) -> Any:
        if isinstance(data, dict) and "at" in data:
            return {**{key: value for key, value in data.items() if key != "at"}, "when": data["at"]}
        return data


@pytest.mark.parametrize("value", [{"when": "today"}, {"when": "2026-01-31"}, {"at": "2026-01-31"}])
def test_the_users_own_conversions_work(value: object) -> None:
    assert read(Converted, value) == Converted(when=datetime.date(2026, 1, 31))


def test_problems_beside_own_conversions_are_the_true_ones() -> None:
    assert problems(Converted, {"when": "2026-01-31", "count": "many"}) == {(("count",), "int_parsing")}


def test_own_errors_keep_their_words() -> None:
    class Custom(BaseModel):
        model_config = ConfigDict(extra="allow")
        word: str

        @field_validator("word")
        @classmethod
        def _check(cls, word: str) -> str:
            if word == "custom":
                raise PydanticCustomError("my_type", "my {words}", {"words": "text"})
            raise ValueError("not this one")

    class Outer(BaseModel):
        custom: Custom
        closed: Closed

    def said(word: str) -> list[str]:
        with pytest.raises(ValidationError) as refused:
            compile_type(Outer).validate({"custom": {"word": word, "x": 1}, "closed": {"name": 1}})
        return [error["msg"] for error in refused.value.errors()]

    assert said("custom") == ["my text", "Input should be a valid string"]
    assert said("other") == ["Value error, not this one", "Input should be a valid string"]


def test_a_lone_surrogate_is_replaced() -> None:
    assert read(Closed, {"name": "a\ud800b"}) == Closed(name="a\ufffdb")
    assert read(str, "\U0001f600") == "\U0001f600"


def test_python_values_of_a_caller_in_python_are_read_as_their_json() -> None:
    assert read(datetime.date, datetime.date(2026, 1, 31)) == datetime.date(2026, 1, 31)
    assert read(tuple[int, str], (1, "a")) == (1, "a")
