"""A server's schema is shown as it is where the API takes it; where not, the arguments find their way back."""

from __future__ import annotations

from math import inf

import pytest

from agentkit.errors import DefinitionError, InvalidArguments
from agentkit.schema.validation.api_form import ApiForm, api_form, object_schema
from agentkit.simulator.rules import refuse


def fitted(schema: object) -> ApiForm:
    return api_form(object_schema(schema))


TEXT = {"type": "string"}
ODATA = {"type": "object", "properties": {"$top": {"type": "integer"}, "name": TEXT}, "required": ["$top", "name"]}
EITHER = {
    "type": "object",
    "properties": {"path": TEXT},
    "required": ["path"],
    "anyOf": [{"required": ["text"], "properties": {"text": TEXT}}, {"$ref": "#/$defs/Lines"}],
    "$defs": {"Lines": {"required": ["lines"], "properties": {"lines": {"type": "integer"}}}},
}
KINDS = {
    "type": "object",
    "oneOf": [
        {"properties": {"kind": {"const": "tea"}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "cup"}, "size": TEXT}, "required": ["kind", "size"]},
    ],
}


def test_a_schema_that_the_api_takes_stays_what_it_is() -> None:
    schema = {"type": "object", "properties": {"a": TEXT}, "$schema": "http://json-schema.org/draft-07/schema#"}
    fit = fitted(schema)
    assert fit.shown == schema
    assert fit.read_arguments("t", {"a": "x"}) == {"a": "x"}
    assert fit.note == ""


def test_properties_with_strange_names_are_renamed_and_named_back() -> None:
    fit = fitted(ODATA)
    assert list(fit.shown["properties"]) == ["_top", "name"]
    assert fit.shown["required"] == ["_top", "name"]
    assert fit.read_arguments("t", {"_top": 3, "name": "x"}) == {"$top": 3, "name": "x"}
    assert fit.read_arguments("t", {"$top": 3, "name": "x"}) == {"$top": 3, "name": "x"}
    with pytest.raises(InvalidArguments, match="_top"):
        fit.read_arguments("t", {"name": "x"})


def test_alternatives_at_the_root_stand_side_by_side_and_are_still_checked() -> None:
    fit = fitted(EITHER)
    assert "anyOf" not in fit.shown
    assert list(fit.shown["properties"]) == ["path", "text", "lines"]
    assert "must also fit" in fit.note
    assert '"required":["text"]' in fit.note
    assert fit.read_arguments("t", {"path": "a", "lines": 3}) == {"path": "a", "lines": 3}
    with pytest.raises(InvalidArguments, match="Nothing was executed"):
        fit.read_arguments("t", {"path": "a"})


def test_a_property_that_differs_between_alternatives_may_be_each_of_them() -> None:
    fit = fitted(KINDS)
    assert fit.shown["properties"]["kind"] == {"anyOf": [{"const": "tea"}, {"const": "cup"}]}
    assert fit.read_arguments("t", {"kind": "tea"}) == {"kind": "tea"}
    with pytest.raises(InvalidArguments):
        fit.read_arguments("t", {"kind": "cup"})


def test_a_long_rule_is_not_quoted() -> None:
    fit = fitted({"type": "object", "anyOf": [{"required": ["a" * 2_000]}]})
    assert fit.note.startswith("Not all of the parameters go together")


@pytest.mark.parametrize("schema", [ODATA, EITHER, KINDS])
def test_what_is_shown_the_api_takes(schema: dict[str, object]) -> None:
    tool = {"name": "t", "input_schema": fitted(schema).shown}
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    assert refuse({**body, "tools": [tool]}) is None
    refused = refuse({**body, "tools": [{**tool, "input_schema": schema}]})
    assert refused is not None


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array"}, "not 'array'"),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, "is not a JSON Schema"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/Gone"}}}, "does not lead to a schema"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "is no regular expression"),
        ({"type": "object", "properties": {"a": {"items": [{"type": "string"}]}}}, "is not a JSON Schema"),
    ],
)
def test_a_schema_that_cannot_work_is_refused_with_the_reason(schema: dict[str, object], words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        fitted(schema)


def test_patterns_that_only_ecmascript_has_are_left_to_the_server() -> None:
    names = {"type": "string", "pattern": r"^[\p{L} ]+$"}
    fit = fitted({"type": "object", "properties": {"name": names, "day": {"pattern": r"^(?<year>\d{4})$"}}})
    assert fit.read_arguments("t", {"name": "1", "day": "2026"}) == {"name": "1", "day": "2026"}
    with pytest.raises(InvalidArguments, match="day"):
        fit.read_arguments("t", {"day": "26"})


def test_what_json_schema_forbids_and_everybody_writes_is_mended() -> None:
    count = {"type": "number", "maximum": inf, "default": inf}
    fit = fitted({"type": "object", "properties": {"a": count}, "required": ["a", "a"]})
    assert fit.shown["required"] == ["a"]
    assert fit.shown["properties"] == {"a": {"type": "number", "description": "Default: Infinity."}}


def test_alternatives_that_are_all_objects_make_the_root_one() -> None:
    fit = fitted(
        {
            "oneOf": [{"type": "object", "properties": {"a": TEXT}}, {"$ref": "#/$defs/B"}],
            "$defs": {"B": {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}},
        }
    )
    assert (fit.shown["type"], list(fit.shown["properties"])) == ("object", ["a", "b"])
    assert fit.read_arguments("t", {"a": "x"}) == {"a": "x"}


def test_rules_on_names_are_checked_by_the_original_where_names_change() -> None:
    schema = {"type": "object", "properties": {"$a": TEXT, "$b": TEXT}, "dependentRequired": {"$a": ["$b"]}}
    fit = fitted(schema)
    assert "dependentRequired" not in fit.shown
    assert fit.read_arguments("t", {"_b": "x"}) == {"$b": "x"}
    with pytest.raises(InvalidArguments):
        fit.read_arguments("t", {"_a": "x"})
