"""The signatures that are hard to compile, one by one: what the API gets, a call that is right, one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from agentkit import DefinitionError, InvalidArguments, tool
from agentkit.messages.message import JSONObject
from tests.tools.signatures.signature_rows import ROWS, Row
from tests.tools.signatures.tricky_signatures import Shop, came

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
NO_STRICT_FORM = {3: "recursive", 7: "open dictionary"}


@every_row
def test_the_api_gets_the_lossless_schema(row: Row) -> None:
    param = row.tool.to_param()
    assert param["name"] == row.tool.name
    assert "strict" not in param
    schema = param["input_schema"]
    if row.number == 6:  # how the digits of a Decimal are written is the business of its own tests
        assert re.fullmatch(schema["properties"]["price"]["anyOf"][1].pop("pattern"), "-1.50")
    assert schema == row.schema


@every_row
def test_the_strict_form_is_derived_or_refused_with_the_reason(row: Row) -> None:
    if row.number in NO_STRICT_FORM:
        with pytest.raises(DefinitionError, match=NO_STRICT_FORM[row.number]):
            row.tool.to_param(strict=True)
        return
    param = row.tool.to_param(strict=True)
    assert param["strict"] is True
    assert param["input_schema"]["properties"].keys() == row.schema["properties"].keys()
    assert "oneOf" not in str(param["input_schema"])


@every_row
@pytest.mark.anyio
async def test_a_good_call_gets_python_values(row: Row) -> None:
    came.clear()
    await row.tool.call(row.good)
    assert came == row.values
    assert list(map(type, came)) == list(map(type, row.values))


@every_row
@pytest.mark.anyio
async def test_a_bad_call_is_told_every_problem_and_runs_nothing(row: Row) -> None:
    came.clear()
    with pytest.raises(InvalidArguments) as caught:
        await row.tool.call(row.bad)
    header, *lines = str(caught.value).splitlines()
    name = row.tool.name
    assert header.startswith(f"Invalid arguments for tool `{name}`. Nothing was executed.")
    assert len(lines) == len(row.problems), lines
    assert [begin for begin in row.problems if not any(line.startswith(f"- {begin}") for line in lines)] == [], lines
    assert came == []


def test_what_the_first_docstring_and_examples_say_goes_along() -> None:
    params: dict[int, JSONObject] = {row.number: row.tool.to_param() for row in ROWS}
    assert params[1]["description"] == "Ship."
    assert "description" not in params[2], "an empty description is not sent"
    assert params[19]["input_examples"] == [{"address": {"street": "Main"}}]


def any_number(*values: int) -> None: ...
def any_name(**values: int) -> None: ...
def by_position(value: int, /) -> None: ...
def untyped(value) -> None: ...  # type: ignore[no-untyped-def]  # the row is about a missing annotation
def takes_a_callable(rule: Callable[[int], int]) -> None: ...
def takes_an_opaque_one(shop: Shop) -> None: ...


REFUSED: list[tuple[int, Callable[..., Any], tuple[str, ...]]] = [
    (10, any_number, ("`values`", "`values: list[...]`")),
    (10, any_name, ("`values`", "`values: dict[str, ...]`")),
    (11, by_position, ("`value`", "positional-only", "remove the `/`")),
    (12, untyped, ("`value`", "no type", "`value: str`")),
    (13, Shop.find, ("`self`", "tool(instance.find)")),
    (14, takes_a_callable, ("`rule`", "callable")),
    (14, takes_an_opaque_one, ("`shop`", "opaque type Shop", "a pydantic model, a dataclass")),
]


@pytest.mark.parametrize(("number", "function", "said"), REFUSED, ids=lambda part: getattr(part, "__name__", None))
def test_what_cannot_work_is_refused_with_parameter_place_and_fix(
    number: int, function: Callable[..., Any], said: tuple[str, ...]
) -> None:
    with pytest.raises(DefinitionError) as caught:
        tool(function)
    text = str(caught.value)
    code = function.__code__
    assert f"{code.co_filename}:{code.co_firstlineno}" in text
    assert [words for words in said if words not in text] == [], text


@pytest.mark.parametrize("name", ["find items", "find.items", "a" * 129, "", "caf\u00e9", "find\n"])
def test_a_name_that_the_api_refuses_is_refused_at_decoration(name: str) -> None:
    """Row 16."""

    def find(words: list[str]) -> None: ...

    with pytest.raises(DefinitionError, match="letters, digits, underscore and dash") as caught:
        tool(name=name)(find)
    assert __file__ in str(caught.value)


def test_every_row_of_the_table_is_here() -> None:
    assert {row.number for row in ROWS} | {number for number, *_ in REFUSED} | {16} == set(range(1, 20))
