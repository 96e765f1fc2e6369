"""Structures that came as JSON text are decoded where nothing else can be meant."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema import compile_type
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.validation.stringified import decode_stringified

ITEM: JSONObject = {"type": "object", "properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}
ITEMS: JSONObject = {"type": "array", "items": ITEM}
TEXT: JSONObject = {"type": "string"}


class Node(BaseModel):
    name: str
    kids: list[Node] = []
    links: dict[str, Node | list[int]] = {}
    either: int | str | list[str] = 0


class Leaf(BaseModel):
    kind: Literal["leaf"]
    values: list[int]


class Branch(BaseModel):
    kind: Literal["branch"]
    parts: list[Annotated[Leaf | Branch, Field(discriminator="kind")]]


@pytest.mark.parametrize(
    ("value", "schema", "decoded"),
    [
        ('{"n": 1}', ITEM, {"n": 1}),
        (' [{"n": 1}] ', ITEMS, [{"n": 1}]),
        (['{"n": 1}', {"n": 2}], ITEMS, [{"n": 1}, {"n": 2}]),
        ('["{\\"n\\": 1}"]', ITEMS, [{"n": 1}]),
        ({"s": '{"n": 1}'}, ITEM, {"s": '{"n": 1}'}),
        ('{"s": "[1]"}', ITEM, {"s": "[1]"}),
        ({"k": '{"n": 1}'}, {"type": "object", "additionalProperties": ITEM}, {"k": {"n": 1}}),
        ({"k": "[]"}, {"type": "object", "additionalProperties": True}, {"k": "[]"}),
        (["[1]", "[2]"], {"type": "array", "prefixItems": [TEXT], "items": {"type": "array"}}, ["[1]", [2]]),
        ('{"n": 1}', {"anyOf": [ITEM, {"type": "null"}]}, {"n": 1}),
        ('{"n": 1}', {"anyOf": [ITEM, ITEMS]}, {"n": 1}),
        ('{"n": 1}', {"anyOf": [ITEM, TEXT]}, '{"n": 1}'),
        ('{"n": 1}', {"type": ["object", "string"]}, '{"n": 1}'),
        ('{"n": 1}', {"allOf": [ITEM]}, {"n": 1}),
        ('{"n": 1}', {}, '{"n": 1}'),
        ('{"n": 1}', {"type": "integer"}, '{"n": 1}'),
        ("[1]", {"type": "object"}, "[1]"),
        ("5", {"type": "array"}, "5"),
        ('{"n": 1', ITEM, '{"n": 1'),
        ('{"n": NaN}', ITEM, '{"n": NaN}'),
        ('{"n": 1, "n": 2}', ITEM, '{"n": 1, "n": 2}'),
        ("[" * 100_000, ITEMS, "[" * 100_000),
    ],
    ids=lambda part: str(part)[:40],
)
def test_what_becomes_of_a_string(value: JSON, schema: JSONObject, decoded: JSON) -> None:
    assert decode_stringified(value, schema) == decoded


def test_a_value_without_such_strings_is_the_same_object() -> None:
    value: JSON = {"s": "{not json", "n": 1}
    assert decode_stringified(value, ITEM) is value


def test_the_given_value_is_never_changed() -> None:
    value: JSON = [{"s": "a"}, '{"n": 1}']
    assert decode_stringified(value, ITEMS) == [{"s": "a"}, {"n": 1}]
    assert value == [{"s": "a"}, '{"n": 1}']


def test_a_recursive_type_is_decoded_all_the_way_down() -> None:
    schema = compile_type(Branch).schema
    inner = json.dumps({"kind": "leaf", "values": "[1, 2]"})
    outer = json.dumps({"kind": "branch", "parts": json.dumps([inner])})
    assert decode_stringified({"kind": "branch", "parts": [outer]}, schema) == {
        "kind": "branch",
        "parts": [{"kind": "branch", "parts": [{"kind": "leaf", "values": [1, 2]}]}],
    }


texts: st.SearchStrategy[JSON] = st.sampled_from(
    ["", "a", "[]", "[1]", "{}", '{"name": "a"}', '["x"]', "[[]]", "{", "null", "1"]
)
keys = st.sampled_from(["a", "[]", ""])
integers: st.SearchStrategy[JSON] = st.integers()


def node(inner: st.SearchStrategy[JSON]) -> st.SearchStrategy[JSON]:
    """Nodes, some of whose parts came as JSON text."""
    parts: dict[str, st.SearchStrategy[JSON]] = {
        "either": st.one_of(texts, integers, st.lists(texts)),
        "kids": st.lists(st.one_of(inner, inner.map(json.dumps)), max_size=2).map(list),
        "links": st.dictionaries(keys, st.one_of(inner, st.lists(integers).map(list), texts), max_size=2).map(dict),
    }
    return st.fixed_dictionaries({"name": texts}, optional=parts).map(dict)


nodes = st.recursive(st.fixed_dictionaries({"name": texts}).map(dict), node, max_leaves=6)


@given(nodes)
def test_a_value_that_fits_is_never_changed(value: JSON) -> None:
    schema = compile_type(Node).schema
    decoded = decode_stringified(value, schema)
    if SchemaChecker(schema).is_valid(value):
        assert decoded is value
    assert decode_stringified(decoded, schema) == decoded


@given(nodes)
def test_what_was_encoded_at_any_place_for_structures_comes_back(value: JSON) -> None:
    schema = compile_type(Node).schema
    if SchemaChecker(schema).is_valid(value):
        assert decode_stringified(json.dumps(value), schema) == value
