"""Keys of dictionaries as text."""

import re
from enum import Enum, IntEnum
from typing import Any, Literal

import pytest

from agentkit.errors import DefinitionError
from agentkit.schema import compile_type
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


class Mixed(Enum):
    RED = "red"
    BLUE = 2


class Number(IntEnum):
    ONE = 1


class Truth(Enum):
    YES = True


@pytest.mark.parametrize("keys", [Mixed, Literal["a", 1]])
def test_keys_that_pydantic_does_not_read_from_text_are_refused(keys: Any) -> None:
    with pytest.raises(DefinitionError, match=r"a dictionary with the key (Mixed.BLUE|1) .*use a StrEnum"):
        compile_type(dict[keys, int])


@pytest.mark.parametrize(("keys", "key"), [(Number, "1"), (Truth, "true"), (Literal["a", "b"], "b"), (bool, "false")])
def test_keys_that_it_reads_are_shown_and_taken(keys: Any, key: str) -> None:
    compiled = compile_type(dict[keys, int])
    assert key in compiled.schema["propertyNames"]["enum"]
    compiled.validate({key: 1})
