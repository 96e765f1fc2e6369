"""Tools whose signatures are hard to compile, one for each row of `test_signature_table.py`; they note what came."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar

import anyio.lowlevel
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypedDict

from agentkit import Tool, tool

T = TypeVar("T")
AnyTool = Tool[..., Any]
came: list[object] = []
"""The arguments of the last call."""


class Address(BaseModel):
    street: str
    city: str = "Bonn"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    barks: bool


class Tree(BaseModel):
    name: str
    kids: list[Tree] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Options(TypedDict):
    must: int
    may: NotRequired[str]


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Coded(BaseModel):
    postal_code: str = Field(alias="postalCode")


class Person(BaseModel):
    name: str


class Page(BaseModel, Generic[T]):
    items: list[T]


class Tags(RootModel[list[str]]):
    pass


@tool
def nested(address: Address, count: int) -> None:
    """Ship.

    Args:
        address: Where to.
        count: How many.
    """
    came[:] = [address, count]


@tool
def tagged(pet: Annotated[Cat | Dog, Field(discriminator="kind")]) -> None:
    came[:] = [pet]


@tool
def recursive(tree: Tree) -> None:
    came[:] = [tree]


@tool
def records(point: Point, options: Options) -> None:
    came[:] = [point, options]


@tool
def choices(
    size: Size, level: Level, mode: Literal["a", 1, None], limit: int | None = None, key: int | str = 3
) -> None:
    came[:] = [size, level, mode, limit, key]


@tool
def scalars(
    at: datetime.datetime, on: datetime.date, lasting: datetime.timedelta, key: uuid.UUID, price: Decimal, data: bytes
) -> None:
    came[:] = [at, on, lasting, key, price, data]


@tool
def containers(homes: dict[str, Address], pair: tuple[int, str], unique: set[int]) -> None:
    came[:] = [homes, pair, unique]


@tool
def constrained(
    a: Annotated[int, Field(ge=1, le=5, description="From Annotated.")],
    b: Annotated[str, Field(min_length=2)] = "xy",
    c: str = Field("d", max_length=3),
) -> None:
    """Constrain.

    Args:
        a: From the docstring.
        c: The third.
    """
    came[:] = [a, b, c]


@tool
def aliased(value: Annotated[str, Field(alias="X-Y")], coded: Coded) -> None:
    """Alias.

    Args:
        value: Goes by another name.
    """
    came[:] = [value, coded]


@tool
def generic(page: Page[Person], tags: Tags) -> None:
    """Page.

    Parameters
    ----------
    page : Page
        The page.
    tags
        Its tags.
    """
    came[:] = [page, tags]


@tool
async def asynchronous(n: int) -> None:
    await anyio.lowlevel.checkpoint()
    came[:] = [n]


@tool
def mixed(items: list[int | Address | Later]) -> dict[str, int]:
    came[:] = [items]
    return {"count": len(items)}


class Later(BaseModel):
    z: int


@tool(examples=[{"address": {"street": "Main"}}])
def defaulted(
    address: Address = Address(street="Side"),  # noqa: B008 - the row is about a model as the default
    n: Annotated[int, Field(examples=[1, 2])] = 1,
    names: list[str] = Field(default_factory=lambda: ["x"]),  # noqa: B008 - as above
) -> None:
    came[:] = [address, n, names]


class Shop:
    def find(self, words: list[str]) -> None:
        came[:] = [words]


method: AnyTool = tool(Shop().find)
