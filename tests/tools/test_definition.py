"""A tool as a value: `test_decorator.py`, `test_from_schema.py` and `test_api_tools.py` have the ways to make one."""

from __future__ import annotations

from agentkit import Tool, tool
from agentkit.tools import decorator, definition


def test_the_decorator_and_the_classmethods_make_the_same_kind() -> None:
    @tool(effect="read", allowed_callers=["code_execution_20260120"])
    def stock(item: str) -> int:
        """How many are left."""
        return len(item)

    schema = {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}
    other = Tool.from_schema(
        "stock", "How many are left.", schema, lambda given: 3, allowed_callers=["code_execution_20260120"]
    )
    assert isinstance(stock, definition.Tool)
    assert decorator.Tool is definition.Tool is type(other)
    assert stock.strict is other.strict is False  # the API refuses strict tools that code may call
    assert {key: stock.to_param()[key] for key in ("name", "description", "allowed_callers")} == {
        key: other.to_param()[key] for key in ("name", "description", "allowed_callers")
    }
