"""Lists and mappings have entries; tuples and objects are one value, whatever their types are written with."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeAlias

import pytest
from pydantic import BaseModel, Field, SkipValidation
from typing_extensions import TypedDict

from agentkit.messages.message import JSON
from agentkit.patterns.profile.shapes import Shape


class Named(NamedTuple):
    name: str
    size: int


class Typed(TypedDict):
    name: str


class Node(BaseModel):
    name: str = Field(alias="Name")
    inner: list[Node] = []
    found: dict[str, tuple[str, list[str]]] = {}


class Handle:
    """A type without a JSON Schema."""


Names: TypeAlias = Annotated[list[str], Field(max_length=3)]


class Outline(BaseModel, arbitrary_types_allowed=True):
    names: Names | None = None
    some: tuple[str, ...] = ()
    pair: tuple[str, int] | None = None
    named: Named
    typed: Typed
    by_name: dict[str, str] | None = None
    node: Node | None = None
    anything: Any = None


class Odd(BaseModel, arbitrary_types_allowed=True):
    handle: SkipValidation[Handle]


@pytest.mark.parametrize(
    ("name", "value", "has_entries"),
    [
        *[("names", ["a"], True), ("names", None, False), ("some", ["a"], True), ("pair", ["a", 1], False)],
        *[("named", ["a", 1], False), ("typed", {"name": "a"}, False), ("by_name", {"a": "b"}, True)],
        *[("node", {"name": "a"}, False), ("anything", ["a"], True), ("anything", {"a": "b"}, False)],
    ],
)
def test_lists_and_mappings_have_entries(name: str, value: JSON, has_entries: bool) -> None:
    assert Shape.of_field(Outline, name).has_entries(value) is has_entries


def test_a_shape_leads_to_the_shapes_inside() -> None:
    node = Shape.of_field(Outline, "node")
    deep = node.inside("inner").inside(5).inside("inner").inside(0)
    assert deep == node.inside("inner").inside(0)
    assert deep.inside("found").has_entries({"a": ["b", []]})
    pair = deep.inside("found").inside("any")
    assert not pair.has_entries(["b", []])
    assert pair.inside(1).has_entries([])
    assert (node.inside("name").has_entries(["a"]), Shape.of_field(Odd, "handle").schemas) == (True, ())
