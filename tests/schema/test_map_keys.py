"""Keys of dictionaries as text."""

import re
from typing import Any

import pytest

from agentkit.schema.map_keys import UnsupportedKeyType, property_names_schema


def as_it_is(schema: dict[str, Any]) -> dict[str, Any]:
    return schema


def test_any_text_is_no_constraint() -> None:
    assert property_names_schema({"type": "string"}, as_it_is) == {}
    assert property_names_schema({}, as_it_is) == {}
    assert property_names_schema({"anyOf": [{"type": "integer"}, {"type": "string"}]}, as_it_is) == {}


def test_values_become_their_text() -> None:
    assert property_names_schema({"type": "boolean"}, as_it_is) == {"enum": ["true", "false"]}
    assert property_names_schema({"enum": ["a", 2]}, as_it_is) == {"enum": ["a", "2"]}
    assert property_names_schema({"type": "string", "format": "date"}, as_it_is) == {"format": "date"}


def test_numbers_become_patterns() -> None:
    integer = property_names_schema({"type": "integer"}, as_it_is)["pattern"]
    assert [text for text in ("0", "-12", "01", "1.0", "x", "1\n") if re.search(integer, text)] == ["0", "-12"]
    number = property_names_schema({"type": "number"}, as_it_is)["pattern"]
    assert [text for text in ("1.5", "1e+16", "-0.5", "inf", ".5") if re.search(number, text)] == [
        "1.5",
        "1e+16",
        "-0.5",
    ]


@pytest.mark.parametrize("kind", ["array", "object", "null"])
def test_what_has_no_text_is_refused(kind: str) -> None:
    with pytest.raises(UnsupportedKeyType):
        property_names_schema({"type": kind}, as_it_is)
    with pytest.raises(UnsupportedKeyType):
        property_names_schema({"anyOf": [{"type": "string", "format": "date"}, {"type": kind}]}, as_it_is)
    with pytest.raises(UnsupportedKeyType):
        property_names_schema({"enum": [None]}, as_it_is)
