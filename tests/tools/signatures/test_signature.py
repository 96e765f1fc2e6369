# The rows are about types that are missing, unknown or private.
# pyright: basic
"""Which parameters the model fills in, and what is refused; see test_signature_table.py for the hard types."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from agentkit import DefinitionError, RunContext, Tool, tool
from agentkit.schema import MISSING, Parameter
from agentkit.tools.signatures.signature import open_parameters, read_signature, source_location

R = TypeVar("R")


class Item(BaseModel):
    name: str


def properties(made: Tool[..., Any]) -> dict[str, Any]:
    found: dict[str, Any] = made.input_schema["properties"]
    return found


def test_a_signature_is_read_to_parameters_and_context() -> None:
    def find(ctx: RunContext[Item], words: list[str], limit: int = 3) -> None:
        """Find.

        Args:
            words: What to look for.
        """

    signature = read_signature(find, {})
    assert signature.context_parameter == "ctx"
    assert signature.needs_context
    assert signature.unresolved == {}
    assert signature.parameters == (
        Parameter("words", list[str], MISSING, "What to look for."),
        Parameter("limit", int, 3),
    )


def test_the_place_is_file_and_line_behind_every_wrapper() -> None:
    def find(n: int) -> None: ...

    line = inspect.getsourcelines(find)[1]
    assert source_location(find) == f"{__file__}:{line}"
    assert source_location(functools.partial(find, 1)) == f"{__file__}:{line}"
    assert source_location(len) == "len"


def test_what_python_itself_does_not_know_is_refused() -> None:
    with pytest.raises(DefinitionError, match="write a function of your own"):
        open_parameters(dict.fromkeys(()).update)


def test_self_outside_of_a_class_is_only_a_parameter_without_type() -> None:
    def odd(self) -> None: ...  # type: ignore[no-untyped-def]  # the row is about a missing annotation

    with pytest.raises(DefinitionError, match="`self` has no type"):
        tool(odd)


def test_every_name_that_python_allows_works_as_a_parameter() -> None:
    def odd(schema: int, copy: int, model_config: int, _private: int, self: int, json: int) -> None: ...

    assert list(properties(tool(odd))) == ["schema", "copy", "model_config", "_private", "self", "json"]


def test_a_partial_asks_only_for_what_is_left() -> None:
    def join(one: Item, key: str, sep: str) -> None: ...

    assert list(properties(tool(functools.partial(join, key="secret")))) == ["one", "sep"]
    assert list(properties(tool(functools.partial(join, Item(name="x"))))) == ["key", "sep"]


def test_a_callable_object() -> None:
    class Finder:
        """Holds an index."""

        def __call__(self, words: list[str]) -> None:
            """Find by words."""

    made = tool(name="find")(Finder())
    assert made.to_param()["description"] == "Find by words."
    assert list(properties(made)) == ["words"]


def test_a_wrapped_function_counts_as_what_it_wraps() -> None:
    def logged(function: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> R:
            return function(*args, **kwargs)

        return wrapper

    @tool
    @logged
    def use(one: Item) -> None:
        """Use."""

    assert (use.name, use.description) == ("use", "Use.")
    assert list(properties(use)) == ["one"]


def test_a_cached_function_counts_as_what_it_caches() -> None:
    @tool
    @functools.lru_cache(maxsize=3)
    def look_up(key: str) -> str:
        """Look up."""
        return key

    assert look_up.to_param()["description"] == "Look up."
    assert list(properties(look_up)) == ["key"]


def test_bound_methods_of_instance_and_class() -> None:
    class Shop:
        class Line(BaseModel):
            n: int

        def order(self, line: Line) -> None: ...

        @classmethod
        def sell(cls, item: Item) -> None: ...

    assert list(properties(tool(Shop().order))) == ["line"]
    assert list(properties(tool(Shop.sell))) == ["item"]
