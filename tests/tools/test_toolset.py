"""Named collections of tools, and the tools of one agent by name."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from agentkit import Agent, DefinitionError, Tool, Toolset, tool
from agentkit.messages.message import JSONObject
from agentkit.tools.toolset import AgentTools


@tool
def find_items(words: list[str]) -> str:
    return " ".join(words)


@tool(name="place_order")
def order(lines: list[str]) -> str:
    return " ".join(lines)


@tool(name="find_items")
def another(words: list[str]) -> str:
    return " ".join(words)


WEB: JSONObject = {"type": "web_search_20250305", "name": "web_search"}


def place(one: Tool[..., Any]) -> str:
    return f"{__file__}:{inspect.getsourcelines(one.function)[1]}"


def test_a_toolset_is_a_named_frozen_collection() -> None:
    given: list[Tool[..., Any]] = [find_items, order]
    shop = Toolset("shop", given)
    given.clear()
    assert list(shop) == [find_items, order]
    assert len(shop) == 2
    assert shop.name == "shop"
    with pytest.raises(dataclasses.FrozenInstanceError):
        shop.name = "other"  # type: ignore[misc]  # what is being tested


def test_two_tools_of_one_name_are_refused_with_both_places() -> None:
    with pytest.raises(DefinitionError, match=r"Toolset\('shop'\): .*'find_items'") as caught:
        Toolset("shop", [find_items, order, another])
    assert place(find_items) in str(caught.value)
    assert place(another) in str(caught.value)
    assert "name=" in str(caught.value)


def test_so_are_they_across_the_tools_and_toolsets_of_an_agent() -> None:
    with pytest.raises(DefinitionError, match=r"tools=.*'find_items'") as caught:
        Agent("a", model="m", tools=[Toolset("shop", [find_items, order]), another])
    assert place(find_items) in str(caught.value)
    assert place(another) in str(caught.value)


def test_the_same_tool_twice_is_a_collision_too() -> None:
    with pytest.raises(DefinitionError, match="find_items"):
        AgentTools.from_sources([find_items, Toolset("shop", [find_items])])


def test_a_tool_and_one_of_the_apis_own_cannot_share_a_name() -> None:
    with pytest.raises(DefinitionError, match="'find_items' stands for one of the API's tools") as caught:
        AgentTools.from_sources([find_items, {"type": "web_search_20250305", "name": "find_items"}])
    assert place(find_items) in str(caught.value)


def test_two_of_the_apis_own_cannot_share_a_name_either() -> None:
    with pytest.raises(DefinitionError, match="web_search"):
        AgentTools.from_sources([WEB, dict(WEB)])


def test_tools_keep_the_order_in_which_they_were_given() -> None:
    box = AgentTools.from_sources([WEB, order, Toolset("more", [find_items])])
    assert list(box.tools) == ["place_order", "find_items"]
    assert box.api_tools == (WEB,)


def plain(n: int) -> int:
    return n


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (plain, "`plain` is a function without @tool; put @tool on it"),
        (Agent("reader", model="m"), "the agent 'reader' is not a tool; write `.as_tool()` behind it"),
        ("find_items", "the text 'find_items' is not a tool; give the tool itself"),
        (None, "None is not a tool"),
    ],
)
def test_what_is_no_tool_is_refused_with_the_fix(source: Any, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        Agent("a", model="m", tools=[source])
    assert said in str(caught.value)


def test_what_is_no_tool_is_refused_in_a_toolset_too() -> None:
    sources: list[Any] = [plain]
    with pytest.raises(DefinitionError, match="put @tool on it"):
        Toolset("shop", sources)


def test_a_list_of_tools_that_was_not_spread_is_refused_with_the_fix() -> None:
    sources: list[Any] = [[find_items, order]]
    with pytest.raises(DefinitionError, match="not a tool"):
        Agent("a", model="m", tools=sources)
