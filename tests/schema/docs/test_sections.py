"""The texts of parameters are taken out of docstrings in every form; all other words stay."""

import pytest

from agentkit.schema.docs.sections import divide_docstring

NAMES = {"lines": "list[Line]", "note": str}
GOOGLE = """Place an order.

Use it once every line is confirmed.

Args:
    lines (list[Line], optional): What to order,
        at least one line.
    note: Delivery: note for the driver.
"""
NUMPY = """Place an order.

Use it once every line is confirmed.

Parameters
----------
lines : list of Line
    What to order,
    at least one line.
note : str, optional
    Delivery: note for the driver.
"""
SPHINX = """Place an order.

Use it once every line is confirmed.

:param lines: What to order,
    at least one line.
:type lines: list[Line]
:param str note: Delivery: note for the driver.
"""
EPYTEXT = """Place an order.

Use it once every line is confirmed.

@param lines: What to order,
    at least one line.
@param note Delivery: note for the driver.
"""
MARKDOWN = """Place an order.

Use it once every line is confirmed.

## Parameters
- **lines** (list[Line]): What to order,
  at least one line.
- `note`: Delivery: note for the driver.
"""
MIXED = """Place an order.

Use it once every line is confirmed.

**Args:**
    * `lines` - What to order,
    at least one line.

:param note:
    Delivery: note for the driver.
"""


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX, EPYTEXT, MARKDOWN, MIXED])
def test_each_form_gives_the_same(text: str) -> None:
    assert divide_docstring(text, NAMES) == (
        "Place an order.\n\nUse it once every line is confirmed.",
        {"lines": "What to order, at least one line.", "note": "Delivery: note for the driver."},
    )


@pytest.mark.parametrize(
    "entry",
    [
        "city: Where.",
        "- city: Where.",
        "1. city: Where.",
        "`city`: Where.",
        "``city`` (str): Where.",
        "**city**: Where.",
        "**city:** Where.",
        '"city": Where.',
        "*city: Where.",
        "city - Where.",
        "city -- Where.",
        "city \N{EN DASH} Where.",
        "city => Where.",
        "city:Where.",
        "city [str, optional]: Where.",
        "city (Callable[[int], str], optional): Where.",
        "city\n        Where.",
        "city (str)\n        Where.",
        ":param city: Where.",
    ],
)
def test_a_name_is_recognised_however_it_is_marked(entry: str) -> None:
    assert divide_docstring(f"Look up.\n\nArgs:\n    {entry}", {"city": str}) == ("Look up.", {"city": "Where."})


def test_what_nobody_has_stays_below_its_heading() -> None:
    text = "Add.\n\nArgs:\n    All are numbers.\n    a: The a.\n    bb: The b.\n\nReturns:\n    The sum.\n"
    description, found = divide_docstring(text, {"a": int, "b": int})
    assert found == {"a": "The a."}
    assert description == "Add.\n\nArgs:\n    All are numbers.\n    bb: The b.\n\nReturns:\n    The sum."


@pytest.mark.parametrize(
    "rest",
    [
        "Returns:\n    The sum.\n\nRaises:\n    ValueError: Too large.",
        "Returns\n-------\nint\n    The sum.\n\nRaises\n------\nValueError\n    Too large.",
        ":returns: The sum.\n:rtype: int\n:raises ValueError: Too large.",
        "@return: The sum.",
        "Example:\n    >>> add(1)\n\nNote:\n    Slow.",
        "```\nArgs:\n    a: In a fence.\n\n\n:param a: here, too\n```",
        "Example::\n\n    Args:\n        a: Indented.",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "- one\n  more of one\n    - deeper",
    ],
)
def test_everything_else_stays_as_it_is_written(rest: str) -> None:
    for text in (f"Add.\n\n{rest}\n\nArgs:\n    a: The a.", f"Add.\n\nArgs:\n    a: The a.\n\n{rest}"):
        assert divide_docstring(text, {"a": int}) == (f"Add.\n\n{rest}", {"a": "The a."})


def test_names_that_share_a_text_each_get_it() -> None:
    text = "Add.\n\nParameters\n----------\nx, y : int\n    A number.\n"
    assert divide_docstring(text, {"x": int, "y": int})[1] == {"x": "A number.", "y": "A number."}
    description, found = divide_docstring(text, {"x": int})
    assert (found, "x, y : int\n    A number." in description) == ({"x": "A number."}, True)


def test_a_type_that_says_more_than_the_annotation_is_kept() -> None:
    text = "Read.\n\nArgs:\n    unit ({'C', 'F'}): The unit.\n    limit (int, default 3): The most."
    assert divide_docstring(text, {"unit": str, "limit": int})[1] == {
        "unit": "({'C', 'F'}) The unit.",
        "limit": "(int, default 3) The most.",
    }
    assert divide_docstring(":param x: The x.\n:type x: degrees", {"x": float})[1] == {"x": "The x.\n(degrees)"}


def test_a_text_written_where_numpy_has_the_type() -> None:
    text = "Read.\n\nParameters\n----------\ncity : The city, as on the map.\nunit : str\n"
    assert divide_docstring(text, {"city": str, "unit": str}) == ("Read.", {"city": "The city, as on the map."})


def test_a_section_ends_where_prose_goes_on() -> None:
    text = "Read.\n\nParameters\n----------\ncity : str\n    Where.\n\nLook at the map, too."
    assert divide_docstring(text, {"city": str}) == ("Read.\n\nLook at the map, too.", {"city": "Where."})


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX, "One line.", "Look.\n\nArgs:\n\n\nMore.", ":param x: The x."])
def test_a_docstring_that_mentions_no_parameter_stays_as_it_is(text: str) -> None:
    unknown = {"parameter_of_another": int}
    assert divide_docstring(text, unknown) == divide_docstring(text, {}) == (text.rstrip(), {})
    mentioned = f"{text.rstrip()}\n\nSee parameter_of_another."
    assert divide_docstring(mentioned, unknown) == (mentioned, {})
