"""The docstring that describes a function, a callable object or a class."""

import dataclasses
import enum
import functools
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import pytest
from pydantic import BaseModel

from agentkit.schema.docstrings import ParsedDocstring, callable_docstring, own_docstring, parse_docstring

T = TypeVar("T")


def search(city: str, unit: str = "C") -> None:
    """Search."""


class Traced:
    """Counts calls."""

    def __init__(self, function: Callable[..., object]) -> None:
        functools.update_wrapper(self, function)

    def __call__(self, *args: object) -> None: ...


class Lookup:
    """Look up."""

    def __call__(self, number: int) -> None: ...


class SpecialLookup(Lookup): ...


class Finder:
    """Holds an index."""

    def __call__(self) -> None:
        """Find."""

    def find(self) -> None:
        """Find one."""


class SpecialFinder(Finder):
    def find(self) -> None: ...


@functools.cache
def cached() -> None:
    """Look up once."""


@functools.cache
def undocumented() -> None: ...


def extended() -> Callable[..., None]:
    @functools.wraps(search)
    def wrapper(*args: Any) -> None: ...

    wrapper.__doc__ = f"{search.__doc__} Only on Mondays."
    return wrapper


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (search, "Search."),
        (functools.partial(search, unit="F"), "Search."),
        (functools.partial(functools.partial(Lookup(), 1)), "Look up."),
        (Traced(search), "Search."),
        (functools.partial(Traced(search)), "Search."),
        (extended(), "Search. Only on Mondays."),
        (Lookup(), "Look up."),
        (Lookup().__call__, None),
        (SpecialLookup(), "Look up."),
        (Finder(), "Find."),
        (SpecialFinder(), "Find."),
        (SpecialFinder().find, "Find one."),
        (staticmethod(search), "Search."),
        (cached, "Look up once."),
        (undocumented, None),
        (lambda: None, None),
    ],
)
def test_a_callable_is_described_by_what_is_written_nearest_to_it(
    function: Callable[..., object], text: str | None
) -> None:
    assert callable_docstring(function) == text


def test_a_partial_may_have_a_docstring_of_its_own() -> None:
    one = functools.partial(search, unit="F")
    one.__doc__ = "Search in Fahrenheit."
    assert callable_docstring(one) == "Search in Fahrenheit."


def test_a_generic_model_with_its_arguments_has_the_docstring_of_the_model() -> None:
    class Page(BaseModel, Generic[T]):
        """One page."""

        rows: list[T]

    class Plain(BaseModel, Generic[T]):
        rows: list[T]

    assert (own_docstring(Page[int]), own_docstring(Plain[int])) == ("One page.", None)


def test_docstrings_that_python_makes_up_say_nothing() -> None:
    @dataclasses.dataclass
    class Data:
        x: int
        y: tuple[int, str] = (1, ")")

    class Pair(NamedTuple):
        x: int

    class Colour(enum.Enum):
        RED = 1

    class Child(Data):
        pass

    assert [own_docstring(cls) for cls in (Data, Pair, Colour, Child)] == [None] * 4


def test_a_written_docstring_may_begin_as_python_would() -> None:
    @dataclasses.dataclass
    class Point:
        """Point(x) of the map (in metres)"""

        x: int

    class Plain:
        """Plain(x)"""

    assert own_docstring(Point) == "Point(x) of the map (in metres)"
    assert own_docstring(Plain) == "Plain(x)"


@pytest.mark.parametrize(
    "text", ["", "   ", "Args:", "Args:\n  nope", ":param", "Parameters\n----", "Search: a: b:\n e.g.: x", "x" * 10_000]
)
def test_what_only_looks_like_a_form_is_the_description(text: str) -> None:
    assert parse_docstring(text, {"x": int}) == ParsedDocstring(text.strip())


def test_no_docstring_says_nothing() -> None:
    assert parse_docstring(None, {}) == ParsedDocstring()
