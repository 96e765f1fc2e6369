"""`Self` in the annotations of methods."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, Optional, Self

import pytest
import typing_extensions
from pydantic import BaseModel

from agentkit import DefinitionError, tool
from agentkit.tools.signatures.self_type import bound_class, replace_self

pytestmark = pytest.mark.anyio
SELF: Any = vars(typing_extensions)["Self"]  # checkers allow it in classes only


class Money(BaseModel):
    cents: int

    def plus(self, other: Self, more: list[Self] | None = None) -> int:
        """Add amounts."""
        return self.cents + other.cents + sum(one.cents for one in more or ())

    @classmethod
    def total(cls, each: dict[str, Self]) -> int:
        """Add all."""
        return sum(one.cents for one in each.values())

    def double(self) -> Self:
        """Double it."""
        return self.model_copy(update={"cents": 2 * self.cents})


class Euro(Money):
    pass


class Adder:
    def __call__(self, other: Optional[Self]) -> str:  # noqa: UP045 - the older form is the row
        """Add."""
        return repr(other)


async def test_it_is_the_class_that_the_method_is_bound_to() -> None:
    plus = tool(Euro(cents=1).plus, effect="read")
    assert plus.input_schema["properties"]["other"] == {"$ref": "#/$defs/Euro"}
    assert await plus.call({"other": {"cents": 2}, "more": [{"cents": 3}]}) == "6"
    assert await tool(Money.total, effect="read").call({"each": {"a": {"cents": 2}}}) == "2"
    partial = tool(functools.partial(Money(cents=1).plus, more=None), name="plus")
    assert await partial.call({"other": {"cents": 2}}) == "3"
    double = tool(Money(cents=1).double)
    assert double.returns is Money
    assert await double.call({}) == '{"cents":2}'


@pytest.mark.parametrize("annotation", [SELF, list[SELF], Annotated[SELF, "x"], SELF | None])
def test_without_a_class_it_is_refused_with_the_parameter(annotation: object) -> None:
    def pay(amount: object) -> str:
        """Pay."""
        return repr(amount)

    pay.__annotations__["amount"] = annotation
    with pytest.raises(DefinitionError, match="parameter `amount`: `Self` is the class of an object"):
        tool(pay)


def test_everything_around_it_stays() -> None:
    assert replace_self(Annotated[SELF, "x"], int) == Annotated[int, "x"]
    assert replace_self(SELF | None, int) == int | None
    assert replace_self(dict[str, tuple[SELF, ...]], int) == dict[str, tuple[int, ...]]
    kept = Literal["Self"]
    assert replace_self(kept, None) is kept


def test_a_callable_object_is_bound_to_its_class_and_a_function_to_none() -> None:
    assert bound_class(Adder()) is Adder
    assert bound_class(Money.total) is Money
    assert bound_class(replace_self) is None
    assert bound_class(len) is None
    assert bound_class(functools.lru_cache(replace_self)) is None
