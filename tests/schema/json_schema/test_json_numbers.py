"""Numbers that JSON does not have never reach a schema."""

from __future__ import annotations

from math import inf, nan

import pytest

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.json_numbers import is_finite, with_json_numbers


@pytest.mark.parametrize(
    ("part", "mended"),
    [
        ({"default": inf}, {"description": "Default: Infinity."}),
        ({"default": {"a": [-inf]}, "description": "D."}, {"description": 'D. Default: {"a": [-Infinity]}.'}),
        ({"examples": [1.0, nan], "example": inf}, {"examples": [1.0]}),
        ({"minimum": -inf, "exclusiveMaximum": inf, "type": "number"}, {"type": "number"}),
        ({"default": 1.5, "enum": [1.5, None]}, {"default": 1.5, "enum": [1.5, None]}),
    ],
)
def test_what_says_nothing_in_json_is_left_out_and_a_default_is_words(part: JSONObject, mended: JSONObject) -> None:
    assert with_json_numbers(part) == mended


@pytest.mark.parametrize(
    "part", [{"minimum": inf}, {"maximum": -inf}, {"multipleOf": nan}, {"enum": [1, inf]}, {"const": nan}]
)
def test_a_number_that_a_value_has_to_have_is_refused(part: JSONObject) -> None:
    with pytest.raises(DefinitionError, match="none that JSON has"):
        with_json_numbers(part)


def test_numbers_are_found_at_any_depth() -> None:
    assert is_finite({"a": [1, (2.5, None)], "b": "inf"})
    assert not is_finite({"a": [{"b": (1, nan)}]})
