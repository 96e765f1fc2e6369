"""Types as JSON objects, wrapped where they are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from agentkit import InvalidArguments
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema import compile_type
from agentkit.schema.validation.object_form import ObjectForm


class Item(BaseModel):
    name: str
    parts: list[Item] = []


@dataclass
class Refusal:
    reason: str


class Names(RootModel[list[str]]):
    pass


def form(kind: object) -> ObjectForm[object]:
    return ObjectForm(compile_type(kind), "answer")


@pytest.mark.parametrize("kind", [Item, Refusal, dict[str, int]])
def test_a_type_that_is_an_object_stays_as_it_is(kind: object) -> None:
    assert not form(kind).is_wrapped
    assert form(kind).schema == compile_type(kind).schema


ROWS: list[tuple[object, JSON]] = [
    (int, 5),
    (list[Item], [{"name": "a", "parts": []}]),
    (Item | Refusal, {"reason": "no"}),
    (Names, ["a"]),
    (Literal["yes", "no"], "yes"),
    (Item | None, None),
]


@pytest.mark.parametrize(("kind", "value"), ROWS)
def test_any_other_stands_in_an_object_with_one_key(kind: object, value: JSON) -> None:
    wrapped = form(kind)
    assert wrapped.is_wrapped
    schema = wrapped.schema
    assert (schema["type"], schema["required"], schema["additionalProperties"]) == ("object", ["answer"], False)
    assert "$defs" not in schema["properties"]["answer"]
    assert ("$defs" in schema) == ("$defs" in compile_type(kind).schema)
    read = wrapped.validate_object({"answer": value}, "Header")
    assert compile_type(kind).dump(read) == value


def test_problems_have_the_path_with_the_key() -> None:
    with pytest.raises(InvalidArguments) as caught:
        form(list[Item]).validate_object({"answer": [{"nmae": "a"}]}, "Not so:")
    assert str(caught.value).splitlines() == [
        "Not so:",
        "- answer[0].name: missing; expected a string",
        "- answer[0].nmae: unknown key; did you mean `name`? Valid keys: `name`, `parts`",
    ]


@pytest.mark.parametrize("value", [{}, {"answr": 5}, {"answer": 5, "more": 1}, {"answer": None}])
def test_an_object_without_exactly_the_key_is_refused(value: JSONObject) -> None:
    with pytest.raises(InvalidArguments, match="Not so:"):
        form(int).validate_object(value, "Not so:")


def test_validators_inside_the_wrapper_speak_too() -> None:
    def even(n: int) -> int:
        if n % 2:
            raise ValueError("odd numbers bring bad luck")
        return n

    class Lucky(BaseModel):
        n: Annotated[int, AfterValidator(even)]

    with pytest.raises(InvalidArguments, match=r"^Not so:\n- answer\[0\]\.n: odd numbers bring bad luck$"):
        form(list[Lucky]).validate_object({"answer": [{"n": 3}]}, "Not so:")


def test_a_structure_that_came_as_a_string_is_decoded() -> None:
    assert form(list[int]).validate_object({"answer": "[1, 2]"}, "Not so:") == [1, 2]


def below_ten(n: int) -> int:
    if n >= 10:
        raise ValueError("at most nine")
    return n


class Query(BaseModel):
    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["$top"]}, {"required": ["имя"]}]})
    top: Annotated[int, AfterValidator(below_ten)] = Field(0, alias="$top")
    name: str = Field("", alias="имя")


def test_as_the_input_of_a_tool_it_has_names_that_the_api_takes_and_no_alternatives_at_its_root() -> None:
    query = form(Query)
    assert list(query.schema["properties"]) == ["$top", "имя"]
    assert list(query.input_schema["properties"]) == ["_top", "___"]
    assert query.input_schema["properties"]["___"]["description"] == "`имя`."
    assert '{"anyOf":[{"required":["_top"]},{"required":["___"]}]}' in query.input_schema["description"]
    expected = Query.model_validate({"$top": 3, "имя": "x"})
    assert query.validate_input({"_top": 3, "___": "x"}, "Not so:") == expected
    assert query.validate_input({"$top": 3, "имя": "x"}, "Not so:") == expected
    with pytest.raises(InvalidArguments, match=r"^Not so:\n- _top: at most nine$"):
        query.validate_input({"_top": 10}, "Not so:")
    with pytest.raises(InvalidArguments, match="_top: expected an integer"):
        query.validate_input({"_top": "x"}, "Not so:")
    assert form(Item).input_schema == form(Item).schema
