"""Each rule finds the tool that breaks it, and leaves the one that does not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from agentkit import tool
from agentkit.cli.commands.tool_lint import RULES, TOOL_SET_RULES, find_issues
from agentkit.cli.main import main
from agentkit.tools.toolset import AnyTool


@dataclass
class Line:
    """A line of an order."""

    item: str
    """Which item."""
    count: int
    """How many."""


@tool(effect="read", examples=[{"lines": [{"item": "tea", "count": 2}]}])
def good(lines: list[Line], user_id: str = "") -> str:
    """Look up what an order would cost. Use it before you place one; it changes nothing and gives the sum in EUR.

    Args:
        lines: What to order.
        user_id: Who orders; their discount counts.
    """
    return "4"


@tool
def bare(a: object, user: str) -> str:
    return "x"


@tool(effect="read")
def short(user: str) -> str:
    """Find.

    Args:
        user: Whom.
    """
    return "x"


@tool(effect="read")
def free(options: dict[str, str], names: dict[str, Line] | None = None) -> str:
    """Find something in everything that there is, with whatever options somebody may think of; it changes nothing.

    Args:
        options: How.
        names: Which.
    """
    return "x"


def wide_schema(count: int) -> dict[str, Any]:
    properties = {f"p{n}": {"type": "string", "description": "It is. " * 40} for n in range(count)}
    return {"type": "object", "properties": properties, "required": [*properties]}


def from_schema(name: str, schema: dict[str, Any]) -> AnyTool:
    from agentkit import Tool

    async def run(arguments: dict[str, Any]) -> str:
        return "x"

    description = "It does something that takes a while to describe, and then it gives back what came of it."
    return Tool.from_schema(name, description, schema, run, effect="read")


WIDE = from_schema("wide", wide_schema(21))
LONG = from_schema("n" * 65, {"type": "object", "properties": {}})

BREAKING: dict[str, AnyTool] = {
    "no-description": bare,
    "undocumented-parameter": bare,
    "many-parameters": WIDE,
    "open-parameter": free,
    "vague-parameter": short,
    "short-description": short,
    "no-effect": bare,
    "no-example": free,
    "not-strict": free,
    "large": WIDE,
    "long-name": LONG,
}


def rules_found(*tools: AnyTool) -> set[str]:
    return {finding.rule for finding in find_issues(tools)}


def test_a_good_tool_has_nothing_to_be_found() -> None:
    assert find_issues([good]) == []


def test_every_rule_has_a_tool_that_breaks_it() -> None:
    assert {rule.name for rule in RULES} == set(BREAKING)


@pytest.mark.parametrize("rule", BREAKING)
def test_a_rule_finds_what_breaks_it(rule: str) -> None:
    assert rule in rules_found(BREAKING[rule])


def test_names_that_are_nearly_equal_are_found() -> None:
    schema = {"type": "object", "properties": {}}
    assert "similar-names" in rules_found(from_schema("find_user", schema), from_schema("user_find", schema))
    assert "similar-names" in rules_found(from_schema("get_order", schema), from_schema("get_orders", schema))
    assert "similar-names" not in rules_found(from_schema("find_user", schema), from_schema("place_order", schema))


def test_many_tools_are_told_to_be_searched_for() -> None:
    schema = {"type": "object", "properties": {}}
    names = ["tea", "order", "refund", "weather", "invoice", "mail", "calendar", "search", "print", "payment"]
    tools = [from_schema(name, schema) for name in names]
    assert "many-tools" in rules_found(*tools)
    assert "many-tools" not in rules_found(*tools[:9])
    assert set(TOOL_SET_RULES) == {"similar-names", "many-tools"}


def test_problems_come_first_and_each_says_what_to_do() -> None:
    findings = find_issues([short, bare])
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, reverse=True)
    assert str(findings[0]).startswith("bare: [no-description] it has no description")
    assert all(finding.text.endswith(".") for finding in findings)


def test_the_command_fails_for_problems_and_not_for_hints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "lint", "tests.cli.commands.test_tool_lint:bare"]) == 1
    told = capsys.readouterr()
    assert "bare: [no-description]" in told.out
    assert "1 tool, about" in told.err
    assert main(["tools", "lint", "tests.cli.commands.test_tool_lint:short"]) == 0
    assert main(["tools", "lint", "tests.cli.commands.test_tool_lint:good"]) == 0
    assert "0 problems, 0 hints" in capsys.readouterr().err


def test_as_json_each_finding_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["tools", "lint", "--json", "tests.cli.commands.test_tool_lint:short"])
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {finding["rule"] for finding in findings} == {"vague-parameter", "short-description"}
    assert findings[0].keys() == {"rule", "severity", "tool", "text"}
