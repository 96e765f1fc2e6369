"""The keywords that agentkit checks itself, with patterns that Python does not have among them."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.checker import SchemaChecker

LETTERS = r"^\p{L}+$"


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"pattern": LETTERS}, "1", True),
        ({"pattern": r"^(?<d>\d)$"}, "x", False),
        ({"pattern": "^a$"}, 1, True),
        ({"patternProperties": {"^a": {"type": "string"}}}, {"ab": 1}, False),
        ({"patternProperties": {"^a": {"type": "string"}}}, {"b": 1}, True),
        ({"patternProperties": {"^a": {}}, "additionalProperties": False}, {"b": 1}, False),
        ({"patternProperties": {LETTERS: {"type": "string"}}, "additionalProperties": False}, {"b": 1}, True),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": 1}, False),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": "x"}, True),
        ({"additionalProperties": False}, [], True),
        ({"patternProperties": {LETTERS: {}}, "unevaluatedProperties": False}, {"b": 1}, True),
        ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, False),
    ],
)
def test_each_keyword_is_checked(schema: JSONObject, value: JSON, fits: bool) -> None:
    assert SchemaChecker(schema).is_valid(value) == fits


def test_a_violation_inside_properties_that_a_pattern_names_has_its_path() -> None:
    schema = {"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": {"type": "integer"}}
    found = SchemaChecker(schema).find_violations({"ab": 1, "c": "x"})
    assert [violation.path for violation in found] == [("ab",), ("c",)]


def test_a_value_of_the_format_regex_is_ecmascripts() -> None:
    checker = SchemaChecker(
        {"properties": {"search": {"format": "regex"}, "day": {"format": "date"}}}, checks_formats=True
    )
    assert checker.is_valid({"search": r"^\p{L}(?<year>\d)"})
    assert not checker.is_valid({"day": "tomorrow"})
