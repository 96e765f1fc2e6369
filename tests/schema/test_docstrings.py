"""Docstrings of functions and classes in the three forms."""

import dataclasses
import enum
from collections.abc import Callable
from typing import NamedTuple

import pytest

from agentkit.schema.docstrings import ParsedDocstring, parse_docstring, read_docstring


def google() -> None:
    """Place an order.

    Use it once every line is confirmed.

    Args:
        lines (list[Line], optional): What to order,
            at least one line.
        note: Delivery: note for the driver.

    Returns:
        A receipt.
    """


def numpy() -> None:
    """Place an order.

    Use it once every line is confirmed.

    Parameters
    ----------
    lines : list of Line
        What to order,
        at least one line.
    note : str, optional
        Delivery: note for the driver.

    Returns
    -------
    Receipt
        A receipt.
    """


def rest() -> None:
    """Place an order.

    Use it once every line is confirmed.

    :param lines: What to order,
        at least one line.
    :param str note: Delivery: note for the driver.
    :returns: A receipt.
    """


@pytest.mark.parametrize("function", [google, numpy, rest])
def test_each_form_gives_the_same(function: Callable[[], None]) -> None:
    docs = read_docstring(function)
    assert docs.description == "Place an order.\n\nUse it once every line is confirmed."
    assert docs.parameters == {
        "lines": "What to order, at least one line.",
        "note": "Delivery: note for the driver.",
    }


def test_sections_without_a_place_of_their_own_stay_in_the_description() -> None:
    docs = parse_docstring("Add.\n\nExample:\n    >>> add(1)\n\nNote:\n    Slow.\n\nArgs:\n    x: A number.\n")
    assert ">>> add(1)" in docs.description
    assert "Slow." in docs.description
    assert "A number." not in docs.description


def test_numpy_names_that_share_a_text_each_get_it() -> None:
    docs = parse_docstring("Add.\n\nParameters\n----------\nx, y : int\n    A number.\n")
    assert docs.parameters == {"x": "A number.", "y": "A number."}


def test_lists_in_a_parameters_text_keep_their_lines() -> None:
    docs = parse_docstring("Sort.\n\nArgs:\n    by: The key:\n        - name\n        - age\n")
    assert docs.parameters["by"] == "The key:\n- name\n- age"


def test_attributes_of_a_class_are_parameters() -> None:
    class Item:
        """An item.

        Attributes:
            name: Its name.
        """

    class Other:
        """Another.

        :ivar name: Its name.
        """

    assert read_docstring(Item) == ParsedDocstring("An item.", {"name": "Its name."})
    assert read_docstring(Other) == ParsedDocstring("Another.", {"name": "Its name."})


def test_docstrings_that_python_makes_up_say_nothing() -> None:
    @dataclasses.dataclass
    class Data:
        x: int

    class Pair(NamedTuple):
        x: int

    class Colour(enum.Enum):
        RED = 1

    class Child(Data):
        pass

    for cls in (Data, Pair, Colour, Child):
        assert read_docstring(cls) == ParsedDocstring()


@pytest.mark.parametrize(
    "text", ["", "   ", "Args:", "Args:\n  nope", ":param", "Parameters\n----", "Search: a: b:\n e.g.: x", "x" * 10_000]
)
def test_nothing_that_only_looks_like_a_form_raises(text: str) -> None:
    assert isinstance(parse_docstring(text), ParsedDocstring)


def test_a_text_in_no_form_is_the_description() -> None:
    assert parse_docstring("Search: a list of things.\ne.g. tea").description == "Search: a list of things.\ne.g. tea"
    assert read_docstring(lambda: None) == ParsedDocstring()
