"""What does not fit, in words: schema by schema, the whole list of what is told."""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from agentkit import Suggestion
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema import compile_type
from agentkit.schema.validation.problems import Problem, find_problems, format_path, json_excerpt


class Line(BaseModel):
    sku: str
    count: Annotated[int, Field(ge=1)] = 1


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Many(BaseModel):
    kind: Literal["many"]
    lines: Annotated[list[Line], Field(min_length=1, max_length=2)]


class One(BaseModel):
    kind: Literal["one"]
    line: Line


ROWS: list[tuple[object, JSON, list[str]]] = [
    (int, "7", ['expected an integer, got "7"']),
    (int, 1.5, ["expected an integer, got 1.5"]),
    (int, True, ["expected an integer, got true"]),
    (bool, "yes", ['expected true or false, got "yes"']),
    (float, None, ["expected a number, got null"]),
    (str | None, 5, ["expected a string or null, got 5"]),
    (list[int], {"a": 1}, ['expected an array, got {"a": 1}']),
    (list[int], [1, "2", None], ['[1]: expected an integer, got "2"', "[2]: expected an integer, got null"]),
    (tuple[int, str], [1], ["expected at least 2 items, got [1]"]),
    (tuple[int, str], ["a", 1], ['[0]: expected an integer, got "a"', "[1]: expected a string, got 1"]),
    (set[int], [1, 1], ["expected no item twice, got [1, 1]"]),
    (dict[str, int], {"a b": "x"}, ['["a b"]: expected an integer, got "x"']),
    (dict[Colour, int], {"rde": 1}, ['rde: expected one of "red", "green", "blue", got "rde"; did you mean "red"?']),
    (Line, {}, ["sku: missing; expected a string"]),
    (Line, {"sku": "a", "count": 0}, ["count: expected at least 1, got 0"]),
    (Line, {"SKU": "a"}, [
        "sku: missing; expected a string",
        "SKU: unknown key; did you mean `sku`? Valid keys: `sku`, `count`",
    ]),
    (Colour, "grene", ['expected one of "red", "green", "blue", got "grene"; did you mean "green"?']),
    (Colour, 3, ['expected one of "red", "green", "blue", got 3']),
    (Literal["on"], "off", ['expected "on", got "off"']),
    (Colour | int, "x", ['expected one of "red", "green", "blue" or an integer, got "x"']),
    (One | Many, {"kind": "many", "lines": []}, ["lines: expected at least 1 item, got []"]),
    (One | Many, {"kind": "one", "lines": []}, [
        "line: missing; expected an object with `sku`",
        "lines: unknown key; did you mean `line`? Valid keys: `kind`, `line`",
    ]),
    (One | Many, {"kind": "two"}, ['kind: expected one of "one", "many", got "two"']),
    (One | Many, {}, ['kind: missing; expected one of "one", "many"']),
    (One | Many | None, 5, ["expected an object with `kind`, `line` or an object with `kind`, `lines` or null, got 5"]),
    (list[Line] | Line, [{"sku": 1}], ["[0].sku: expected a string, got 1"]),
    (datetime.date, "31.1.", ['expected a string in the format date, such as 2026-01-31, got "31.1."']),
    (uuid.UUID, "x", ['expected a string in the format uuid, such as 123e4567-e89b-42d3-a456-426614174000, got "x"']),
    (Decimal, "much", ['expected a decimal number such as 12.50, got "much"']),
    (Annotated[str, Field(pattern="^[a-z]+$")], "A", ['expected matching the regular expression `^[a-z]+$`, got "A"']),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "told"), ROWS, ids=[f"{row[0]} {row[1]}"[:50] for row in ROWS])
def test_what_is_told(kind: object, value: JSON, told: list[str]) -> None:
    assert [str(problem) for problem in find_problems(value, compile_type(kind).schema)] == told


@pytest.mark.parametrize(
    ("kind", "value"), [(int, 7), (Line, {"sku": "a"}), (One | Many, {"kind": "one", "line": {"sku": ""}})]
)
def test_a_value_that_fits_has_no_problem(kind: object, value: JSON) -> None:
    assert find_problems(value, compile_type(kind).schema) == []


def test_a_repair_is_suggested_only_where_it_is_certain() -> None:
    schema = compile_type(list[Line] | Colour).schema
    [missing, unknown] = find_problems([{"skuu": "a"}], compile_type(list[Line]).schema)
    assert missing.suggestion is None
    assert unknown.suggestion == Suggestion("[0].skuu", "sku", "key")
    assert find_problems("gren", schema)[0].suggestion == Suggestion("", "green", "value")
    assert find_problems("violet", schema)[0].suggestion is None
    [*_, first, second] = find_problems([{"cuont": 1, "coutn": 1, "sku": ""}], compile_type(list[Line]).schema)
    assert first.suggestion is None, "two keys cannot both become `count`"
    assert second.suggestion is None


def test_long_lists_of_keys_and_choices_are_cut_with_their_number() -> None:
    properties: JSONObject = {f"key{n}": {"enum": [f"value{m}" for m in range(100)]} for n in range(100)}
    schema: JSONObject = {"type": "object", "properties": properties, "additionalProperties": False}
    text = "\n".join(map(str, find_problems({"key0": "x", "other": 1}, schema)))
    assert text.count(" and 80 more") == 2
    assert len(text) < 1500


SCHEMAS_OF_OTHERS: list[tuple[JSONObject, JSON, str]] = [
    ({"not": {"type": "string"}}, "x", "`not`"),
    ({"minProperties": 2}, {"a": 1}, "at least 2 properties"),
    ({"contains": {"type": "integer"}}, ["x"], "`contains`"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "b"),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1, "more than one"),
    ({"additionalProperties": False, "patternProperties": {"^x-": {}}}, {"x-a": 1, "y": 2}, "y: unknown key"),
    ({"properties": {"a": False}}, {"a": 1}, "expected nothing, got 1"),
    ({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}, {"a": 1, "c": 1}, "c: unknown key"),
    ({"propertyNames": {"maxLength": 2}}, {"abc": 1}, "abc: as a key, expected at most 2 characters"),
    ({"items": {"type": "string", "format": "email"}}, ["x"], "[0]: expected a string in the format email"),
]


@pytest.mark.parametrize(("schema", "value", "told"), SCHEMAS_OF_OTHERS, ids=str)
def test_schemas_of_others_have_words_too(schema: JSONObject, value: JSON, told: str) -> None:
    problems = find_problems(value, schema)
    assert len(problems) == 1
    assert told in str(problems[0])
    assert len(str(problems[0])) < 300


def test_a_path_is_written_as_people_write_it() -> None:
    assert format_path(["lines", 0, "kind"]) == "lines[0].kind"
    assert format_path([0, "a"]) == "[0].a"
    assert format_path(["X-Y", "über_1"]) == "X-Y.über_1"
    assert format_path(["a", "b c", "", "d\n"]) == 'a["b c"][""]["d\\n"]'
    assert format_path([]) == ""


def test_a_value_is_shown_as_json_on_one_line_and_clipped() -> None:
    assert json_excerpt({"a": ["ü\n\u2028"]}) == '{"a": ["ü\\n\\u2028"]}'
    assert json_excerpt("x" * 100) == '"' + "x" * 56 + "..."
    assert json_excerpt(None) == "null"


def test_a_problem_of_the_whole_has_no_path() -> None:
    assert str(Problem("", "expected an object")) == "expected an object"
    assert str(Problem("a", "missing")) == "a: missing"
