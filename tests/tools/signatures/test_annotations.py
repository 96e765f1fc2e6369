# The rows are about types that are missing, unknown or private.
# pyright: basic
"""Annotations are found wherever their names were defined, and the RunContext under any name."""

from __future__ import annotations

import functools
import sys
import typing
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar, Union

import pytest
from pydantic import BaseModel

import agentkit
from agentkit import Agent, DefinitionError, RunContext, Tool, tool
from agentkit import RunContext as Context
from agentkit.tools.signatures.annotations import (
    ResolvedAnnotation,
    needed_names,
    resolve_annotation,
    underlying_function,
    visible_names,
)

if TYPE_CHECKING:
    from somewhere import Nowhere  # type: ignore[import-not-found]  # what is being tested: no such name at run time

R = TypeVar("R")


class Item(BaseModel):
    name: str


def properties(made: Tool[..., Any]) -> dict[str, Any]:
    found: dict[str, Any] = made.input_schema["properties"]
    return found


class TestTheContextIsFound:
    @staticmethod
    def plain(ctx: RunContext, n: int) -> None: ...
    @staticmethod
    def with_deps(n: int, anything: RunContext[Item]) -> None: ...
    @staticmethod
    def renamed(c: Context[Item], n: int) -> None: ...
    @staticmethod
    def dotted(c: agentkit.RunContext[int], n: int) -> None: ...
    @staticmethod
    def optional(c: Optional[RunContext[Item]], n: int) -> None: ...  # noqa: UP045 - this way of writing is tested
    @staticmethod
    def union(n: int, c: RunContext[Item] | None = None) -> None: ...
    @staticmethod
    def old_union(n: int, c: Union[RunContext[Item], None] = None) -> None: ...  # noqa: UP007 - as above
    @staticmethod
    def annotated(c: Annotated[RunContext[Item], "the context"], n: int) -> None: ...
    @staticmethod
    def annotated_optional(c: Annotated[RunContext[Item] | None, "the context"], n: int) -> None: ...
    @staticmethod
    def unknown(c: RunContext[Nowhere], n: int) -> None: ...
    @staticmethod
    def unknown_optional(c: RunContext[Nowhere] | None, n: int) -> None: ...
    @staticmethod
    def unknown_old_optional(c: Optional[RunContext[Nowhere]], n: int) -> None: ...  # noqa: UP045 - as above
    @staticmethod
    def unknown_annotated(c: Annotated[RunContext[Nowhere], "x"], n: int) -> None: ...
    @staticmethod
    def quoted(c: RunContext["Nowhere"], n: int) -> None: ...  # noqa: UP037 - as above
    @staticmethod
    def quoted_whole(c: "RunContext[Item]", n: int) -> None: ...  # noqa: UP037 - as above
    @staticmethod
    def nested(c: RunContext[dict[str, list[Nowhere]]], n: int) -> None: ...
    @staticmethod
    def keyword_only(n: int, *, c: RunContext[Item]) -> None: ...

    @pytest.mark.parametrize(
        "name",
        [
            "plain",
            "with_deps",
            "renamed",
            "dotted",
            "optional",
            "union",
            "old_union",
            "annotated",
            "annotated_optional",
            "unknown",
            "unknown_optional",
            "unknown_old_optional",
            "unknown_annotated",
            "quoted",
            "quoted_whole",
            "nested",
            "keyword_only",
        ],
    )
    def test_however_it_is_written(self, name: str) -> None:
        assert list(properties(tool(getattr(self, name)))) == ["n"]

    def test_by_meaning_and_not_by_name(self) -> None:
        class RunContext(BaseModel):
            x: int

        def tricky(ctx: RunContext) -> None: ...

        assert list(properties(tool(tricky))) == ["ctx"]

    def test_two_of_them_are_one_too_many(self) -> None:
        def two(a: RunContext[Item], b: RunContext[Item]) -> None: ...

        with pytest.raises(DefinitionError, match="`b` is a second RunContext beside `a`"):
            tool(two)

    @pytest.mark.anyio
    async def test_where_it_is_optional_a_call_needs_none(self) -> None:
        @tool
        def show(n: int, ctx: RunContext[Item] | None = None) -> str:
            return "no context" if ctx is None else ctx.deps.name

        @tool
        def show_optional(n: int, ctx: RunContext[Item] | None) -> str:
            return "no context" if ctx is None else ctx.deps.name

        for made in (show, show_optional):
            assert await made.call({"n": 1}) == "no context"
            assert await made.call({"n": 1}, RunContext(deps=Item(name="tea"))) == "tea"


class TestLocalNames:
    def test_a_class_inside_the_function_around(self) -> None:
        class Local(BaseModel):
            x: int

        @tool
        def use(one: Local, some: list[Local], maybe: Local | None = None) -> None: ...

        assert "Local" in use.input_schema["$defs"]

    def test_a_class_two_frames_up(self) -> None:
        class Outer(BaseModel):
            x: int

        def make() -> Tool[..., Any]:
            def use(one: Outer) -> None: ...

            return tool(use)

        assert "Outer" in make().input_schema["$defs"]

    def test_the_nearest_of_two_classes_of_one_name(self) -> None:
        class Item(BaseModel):
            local: int

        @tool(effect="read")
        def use(one: Item) -> None: ...

        assert list(use.input_schema["$defs"]["Item"]["properties"]) == ["local"]

    def test_a_type_that_only_the_closure_knows(self) -> None:
        def maker(kind: type[R]) -> Callable[[], Callable[..., None]]:
            def make() -> Callable[..., None]:
                def use(one: kind) -> None:  # type: ignore[valid-type]  # a type made at run time
                    assert kind

                return use

            return make

        made = tool(maker(Item)())
        assert "Item" in made.input_schema["$defs"]

    def test_a_decorator_factory_two_calls_deep(self) -> None:
        class Local(BaseModel):
            x: int

        def read_tool(function: Callable[..., R]) -> Tool[..., R]:
            return tool(effect="read")(function)

        @read_tool
        def use(one: Local) -> None: ...

        assert "Local" in use.input_schema["$defs"]

    def test_no_frame_and_no_stranger_is_kept_alive(self) -> None:
        class Local(BaseModel):
            x: int

        big = bytearray(10)

        @tool
        def use(one: Local) -> None: ...

        assert big not in vars(use._body)["names"].values()
        assert not any(isinstance(value, FrameType) for value in vars(use._body)["names"].values())


class TestLateNames:
    def test_a_class_that_is_defined_after_the_tool(self) -> None:
        @tool
        def use(one: Later, some: list[Later]) -> None: ...

        with pytest.raises(DefinitionError, match=r"`one`: its type cannot be resolved.*define it before"):
            _ = use.input_schema

        class Later(BaseModel):
            x: int

        Agent("a", model="m", tools=[use])
        assert "Later" in use.input_schema["$defs"]

    def test_a_module_level_class_that_comes_later(self) -> None:
        assert list(late.input_schema["$defs"]) == ["LateItem"]

    def test_a_name_that_never_comes_is_refused_when_the_agent_is_made(self) -> None:
        made = use_of_missing()
        with pytest.raises(DefinitionError) as caught:
            Agent("a", model="m", tools=[made])
        text = str(caught.value)
        assert "`one`" in text
        assert "'Nowhere'" in text
        assert __file__ in text
        assert "import it outside `if TYPE_CHECKING`" in text

    def test_the_return_type_need_not_be_known(self) -> None:
        @tool
        def use(n: int) -> Nowhere: ...

        assert list(properties(use)) == ["n"]


def use_of_missing() -> Tool[..., Any]:
    def use(one: Nowhere) -> None: ...

    return tool(use)


@tool
def late(one: LateItem) -> None: ...


class LateItem(BaseModel):
    x: int


def test_what_counts_is_the_innermost_function() -> None:
    def inner(n: int) -> None: ...

    @functools.wraps(inner)
    def outer(*args: Any) -> None: ...

    assert underlying_function(functools.partial(outer, 1)) is inner
    assert underlying_function(staticmethod(outer)) is inner


def test_resolve_evaluates_one_annotation_with_the_names_around() -> None:
    def inner(a: int) -> None: ...

    assert resolve_annotation(inner, "list[Here]", {"Here": Item}) == ResolvedAnnotation(list[Item])
    missing = resolve_annotation(inner, "list[Nobody]", {})
    assert missing.value is None
    assert "Nobody" in (missing.unresolved_reason or "")
    assert resolve_annotation(inner, "typing.Annotated[int, 5]", {"typing": typing}).value == Annotated[int, 5]


@pytest.mark.parametrize("text", ["int if", "1/0", "5 + None"])
def test_what_no_later_definition_can_make_right_is_refused_at_once(text: str) -> None:
    def broken(a: int) -> None: ...

    broken.__annotations__["a"] = text
    with pytest.raises(DefinitionError, match="parameter `a`"):
        tool(broken)


def test_only_names_that_an_annotation_mentions_are_kept() -> None:
    assert needed_names({"a": "list[Item]"}, {"Item": Item, "secret": 1}) == {"Item": Item}


def test_frames_of_another_module_are_left_out() -> None:
    names = visible_names(functools.reduce, sys._getframe())
    assert "names" not in names


class OwnContext(RunContext[int]):
    """A subclass, which nobody makes."""


@pytest.mark.parametrize("kind", [list[RunContext[int]], dict[str, RunContext[None]], list[RunContext], OwnContext])
def test_a_context_inside_another_type_is_refused(kind: object) -> None:
    with pytest.raises(DefinitionError, match=r"RunContext comes by itself"):
        resolve_annotation(lambda: None, kind, {})
