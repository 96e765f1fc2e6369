"""Return types that can never be written are refused where the tool is defined."""

from __future__ import annotations

import abc
import dataclasses
import decimal
import sqlite3
import threading
from collections.abc import Awaitable, Iterator
from enum import Enum
from typing import Annotated, Any, Generic, NamedTuple, NewType, Protocol, TypeVar

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from agentkit import Artifact, DefinitionError, Image, tool
from agentkit.tools.written_types import require_written_form

T = TypeVar("T")


class User:
    """As an ORM maps it."""

    id: int
    name: str

    def __init__(self) -> None:
        self.id, self.name = 1, "Ada"


UserAlias = NewType("UserAlias", User)


@pytest.mark.parametrize(
    "annotation",
    [User, list[User], User | None, dict[str, User], Annotated[User, "x"], tuple[int, User], UserAlias,
     threading.Event, list[dict[str, list[User]]]],
)  # fmt: skip
def test_a_class_without_a_written_form_is_refused_with_the_fix(annotation: object) -> None:
    with pytest.raises(DefinitionError, match=r"the class (User|Event), whose values cannot be written .*return what"):
        require_written_form(annotation)


class Shape:
    """A plain base class, whose values are of its subclasses."""


@dataclasses.dataclass
class Circle(Shape):
    radius: float


class Named(Protocol):
    name: str


class Abstract(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


class Model(BaseModel):
    x: int


class Row(NamedTuple):
    x: int


class Keys(TypedDict):
    x: int


class Colour(Enum):
    RED = 1


class Box(Generic[T]):
    def __iter__(self) -> Iterator[T]:
        return iter(())


class Proxy:
    def __getattr__(self, name: str) -> object:
        return name


@pytest.mark.parametrize(
    "annotation",
    [None, object, Any, str, int, decimal.Decimal, Model, list[Model], Circle, Shape, Named, Abstract, Row, Keys,
     Colour, Box, Box[int], Proxy, Image, list[Image], Artifact, sqlite3.Row, Awaitable[User], T, type[User],
     Exception, Iterator[int]],
)  # fmt: skip
def test_what_may_be_written_is_left_to_the_call(annotation: object) -> None:
    require_written_form(annotation)


def test_the_tool_names_the_place() -> None:
    def find() -> User | None:
        """Find."""

    with pytest.raises(DefinitionError, match=r"find.*test_written_types\.py:\d+.*the class User"):
        tool(find)


def test_a_class_that_is_defined_later_is_refused_once_it_is() -> None:
    @tool
    def find() -> Late:
        """Find."""
        raise NotImplementedError

    class Late:
        pass

    with pytest.raises(DefinitionError, match="the class Late"):
        find.resolve()
