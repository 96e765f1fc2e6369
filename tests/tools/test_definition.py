"""A tool as a value: `test_decorator.py`, `test_from_schema.py` and `test_api_tools.py` have the ways to make one."""

from __future__ import annotations

import copy
import pickle

import pytest

from agentkit import Agent, Tool, tool
from agentkit.testing import Reply, script
from agentkit.tools import decorator, definition


def how_many(given: dict[str, str]) -> int:
    return len(given)


def test_the_decorator_and_the_classmethods_make_the_same_kind() -> None:
    @tool(effect="read", allowed_callers=["code_execution_20260120"])
    def stock(item: str) -> int:
        """How many are left."""
        return len(item)

    schema = {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}
    other = Tool.from_schema(
        "stock", "How many are left.", schema, how_many, allowed_callers=["code_execution_20260120"]
    )
    assert isinstance(stock, definition.Tool)
    assert decorator.Tool is definition.Tool is type(other)
    assert stock.strict is other.strict is False  # the API refuses strict tools that code may call
    assert {key: stock.to_param()[key] for key in ("name", "description", "allowed_callers")} == {
        key: other.to_param()[key] for key in ("name", "description", "allowed_callers")
    }


@tool(effect="read")
def price(item: str) -> str:
    """Look up a price."""
    return f"{item}: 4 EUR"


class Shop:
    """A place in which a tool may be defined."""

    @staticmethod
    @tool(effect="read", name="in_shop")
    def stock() -> str:
        """Look up the stock."""
        return "9"


def test_a_tool_of_a_module_travels_by_its_name() -> None:
    for one in (price, Shop.stock):
        assert pickle.loads(pickle.dumps(one)) is one
        assert copy.copy(one) is copy.deepcopy(one) is one
    agent = Agent("a", model="claude-haiku-5-5", tools=[price, Shop.stock])
    with script(Reply.tool("price", item="tea"), Reply.tool("in_shop"), Reply.text("Tea is 4 EUR.")):
        assert pickle.loads(pickle.dumps(agent)).run_sync("Tea?").output == "Tea is 4 EUR."


def test_a_tool_that_cannot_be_found_by_name_is_copied_but_not_pickled() -> None:
    @tool(effect="read")
    def local() -> str:
        """Look something up."""
        return "9"

    assert copy.deepcopy(local).name == copy.copy(local).name == "local"
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local)
