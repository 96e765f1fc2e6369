"""What a function asks for with its RunContext, as far as annotations say."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar, Union

import pytest

from agentkit import RunContext, Tool, tool
from agentkit.tools.signatures.deps_demand import DepsDemand, demand_of_annotation, demand_of_function

if TYPE_CHECKING:
    from pathlib import Path as OnlyForCheckers

    AliasForCheckers = OnlyForCheckers


class Shop:
    """A shop."""


T = TypeVar("T")
MaybeShop = Shop | None
ShopContext = RunContext[Shop]

ASKS: list[tuple[object, str]] = [
    (RunContext[Shop], "Shop"),
    ("RunContext[Shop]", "Shop"),
    ("RunContext['Shop']", "Shop"),
    ("ShopContext", "Shop"),
    (RunContext[dict[str, Shop]], "dict[str, "),
    ("RunContext[dict[str, Shop]]", "dict[str, Shop]"),
    ("RunContext[OnlyForCheckers]", "OnlyForCheckers"),
    ("RunContext[NotDefinedYet]", "NotDefinedYet"),
    (RunContext[Shop] | None, "Shop"),
    ("RunContext[Shop] | None", "Shop"),
    (Optional[RunContext[Shop]], "Shop"),  # noqa: UP045 - as people write it
    ("Optional[RunContext[Shop]]", "Shop"),
    (Annotated[RunContext[Shop], "the context"], "Shop"),
    ("Annotated[RunContext[Shop], 'the context']", "Shop"),
    (RunContext[Shop | int], " | int"),
]
ASKS_FOR_NOTHING: list[object] = [
    RunContext,
    "RunContext",
    RunContext[None],
    "RunContext[None]",
    RunContext[Any],
    "RunContext[Any]",
    "RunContext[typing.Any]",
    RunContext[object],
    "RunContext[object]",
    "RunContext[T]",
    RunContext[Shop | None],
    "RunContext[Shop | None]",
    "RunContext[None | Shop]",
    "RunContext[Optional[Shop]]",
    "RunContext[Union[Shop, None]]",
    RunContext[Optional[Shop]],  # noqa: UP045
    RunContext[Union[Shop, None]],  # noqa: UP007
    "RunContext[MaybeShop]",
    RunContext | None,
    "RunContext | None",
    Annotated[RunContext, "the context"],
    RunContext[Annotated[Any, "whatever"]],
]


def function(ctx: Any) -> None:
    """Stand for a function with any annotation; its module has the names."""


@pytest.mark.parametrize(("annotation", "name"), ASKS)
def test_deps_are_asked_for(annotation: object, name: str) -> None:
    found = demand_of_annotation(function, "ctx", annotation, {"typing": typing})
    assert found is not None
    assert found.parameter == "ctx"
    assert name in found.type_name


@pytest.mark.parametrize("annotation", ASKS_FOR_NOTHING)
def test_nothing_is_asked_for(annotation: object) -> None:
    assert demand_of_annotation(function, "ctx", annotation, {"typing": typing}) is None


def test_a_tool_says_what_it_asks_for() -> None:
    class Local:
        """A class of the enclosing function."""

    @tool
    def by_name(item: str, context: RunContext[Local]) -> str:
        """Look."""
        return item

    @tool
    async def with_default(item: str, ctx: RunContext[Shop] | None = None) -> str:
        """Look."""
        return item

    @tool
    def without(item: str, ctx: RunContext) -> str:
        """Look."""
        return item

    def of_dict(ctx: RunContext[Shop], given: dict[str, Any]) -> str:
        return "seen"

    def swapped(given: dict[str, Any], ctx: RunContext[Shop]) -> str:
        return "seen"

    assert by_name.deps_demand == DepsDemand("context", "Local")
    assert with_default.deps_demand == DepsDemand("ctx", "Shop")
    assert without.deps_demand is None
    for made_of in (of_dict, swapped):
        made = Tool.from_schema("a", "A.", {"type": "object"}, made_of)
        assert made.deps_demand == DepsDemand("ctx", "Shop")


WITHOUT_ANNOTATIONS: list[Callable[..., object]] = [
    len,
    print,
    lambda ctx: "x",  # pyright: ignore[reportUnknownLambdaType]
    lambda: "x",
]


@pytest.mark.parametrize("function", WITHOUT_ANNOTATIONS)
def test_a_function_without_annotations_asks_for_nothing(function: Callable[..., object]) -> None:
    assert demand_of_function(function) is None
