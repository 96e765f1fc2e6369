"""`typing.TypedDict` wherever a type comes in, on every Python: Python 3.11's is one that pydantic itself refuses."""

import sys
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, NotRequired, Required, TypedDict, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from agentkit import Agent, RunContext, tool
from agentkit.errors import DefinitionError
from agentkit.schema import compile_type
from agentkit.schema.type_adapter import make_type_adapter
from agentkit.testing import Reply, script

T = TypeVar("T")


class Price(TypedDict):
    """A price."""

    eur: int
    """Whole euros."""


class Item(TypedDict, total=False):
    name: Required[str]
    price: Price


class Offer(Item):
    parts: "list[Offer]"
    until: NotRequired[int]


class Page(TypedDict, Generic[T]):
    items: list[T]


class Line(NamedTuple):
    item: Item
    pieces: int = 1


@dataclass
class Order:
    lines: list[Line]
    first: Page[Price] | None = None


class Cart(BaseModel):
    model_config = ConfigDict(defer_build=True)
    orders: dict[str, Item]


def test_fields_optional_fields_inheritance_and_descriptions_are_read() -> None:
    assert compile_type(Price).schema == {
        "type": "object",
        "description": "A price.",
        "properties": {"eur": {"type": "integer", "description": "Whole euros."}},
        "required": ["eur"],
        "additionalProperties": False,
    }
    offer = compile_type(Offer)
    assert sorted(offer.schema["properties"]) == ["name", "parts", "price", "until"]
    assert sorted(offer.schema["required"]) == ["name", "parts"]
    given: dict[str, Any] = {"name": "tea", "parts": [{"name": "leaf", "parts": []}]}
    assert offer.validate(given) == given
    with pytest.raises(ValidationError, match="parts"):
        offer.validate({"name": "tea"})


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        (list[Price], [{"eur": 4}]),
        (Page[Price], {"items": [{"eur": 4}]}),
        (Price | None, None),
        (Line, [{"name": "tea"}, 2]),
        (Order, {"lines": [[{"name": "tea", "price": {"eur": 4}}, 1]], "first": {"items": []}}),
        (Cart, {"orders": {"a": {"name": "tea"}}}),
    ],
)
def test_it_may_stand_at_any_depth(annotation: Any, given: Any) -> None:
    compiled = compile_type(annotation)
    assert compiled.dump(compiled.validate(given)) == given


def test_a_tool_takes_and_returns_it_and_an_agent_answers_with_it() -> None:
    @tool(effect="read")
    def cheapest(ctx: RunContext[None], offers: list[Item]) -> Item:
        """Return the cheapest offer."""
        return min(offers, key=lambda offer: offer.get("price", {"eur": 0})["eur"])

    clerk = Agent("clerk", model="claude-haiku-4-5", input=Page[Price], output=Item, tools=[cheapest])
    tea: Item = {"name": "tea", "price": {"eur": 4}}
    with script(Reply.tool("cheapest", offers=[tea]), Reply.output(tea)):
        result = clerk.run_sync({"items": [{"eur": 1}]})
    assert result.output == tea
    assert result.messages[2]["content"][0]["content"] == '{"name":"tea","price":{"eur":4}}'


def test_a_type_without_a_json_form_is_refused_beside_it() -> None:
    class Odd(TypedDict):
        price: Price
        event: threading.Event

    with pytest.raises(DefinitionError, match="Event"):
        compile_type(Odd)


def test_pydantic_by_itself_is_left_as_it_was() -> None:
    make_type_adapter(Price)
    is_taken = sys.version_info >= (3, 12)  # from there on pydantic takes every TypedDict
    with nullcontext() if is_taken else pytest.raises(PydanticUserError, match="typing_extensions"):
        TypeAdapter(Price)
