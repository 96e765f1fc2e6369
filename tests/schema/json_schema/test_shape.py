"""Schemas that people write beside their types."""

from __future__ import annotations

from math import inf

import pytest

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.shape import mended_part, require_shape


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text"},
        {"type": []},
        {"required": "a"},
        {"enum": "a"},
        {"properties": {"a": 1}},
        {"items": []},
        {"anyOf": []},
        {"minimum": "1"},
        {"maxLength": -1},
        {"minItems": True},
        {"pattern": 1},
    ],
)
def test_a_keyword_with_a_value_that_json_schema_does_not_know_is_named(part: JSONObject) -> None:
    with pytest.raises(DefinitionError, match=f"`{next(iter(part))}` of its schema must be"):
        require_shape(part)


def test_every_other_value_passes() -> None:
    require_shape({"type": ["string", "null"], "required": [], "enum": [], "items": False, "anyOf": [True], "x-y": {1}})
    require_shape({"minimum": -1.5, "maxLength": 0, "properties": {"a": {}}, "title": 1})


def test_names_are_required_once_and_numbers_are_those_of_json() -> None:
    assert mended_part({"required": ["a", "b", "a"], "maximum": inf}) == {"required": ["a", "b"]}
