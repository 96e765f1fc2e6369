"""Tools that the API defines: with a function where the client executes them, as dictionaries where the API does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentkit import Agent, DefinitionError, Image, RunContext, Tool, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.pictures import png

MEMORY: JSONObject = {"type": "memory_20250818", "name": "memory"}
CODE: JSONObject = {"type": "code_execution_20260120", "name": "code_execution"}
BASH: JSONObject = {"type": "bash_20250124", "name": "bash"}
EDITOR: JSONObject = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 9}
COMPUTER: JSONObject = {
    "type": "computer_20251124", "name": "computer", "display_width_px": 9, "display_height_px": 9
}  # fmt: skip


def do(input: JSONObject) -> str:  # noqa: A002
    return json.dumps(input)


@pytest.mark.parametrize("definition", [MEMORY, BASH, EDITOR, COMPUTER])
@pytest.mark.anyio
async def test_it_is_sent_as_the_api_defines_it_and_executed_here(definition: JSONObject) -> None:
    made = Tool.from_api(definition, do, effect="idempotent")
    assert made.name == definition["name"]
    assert made.to_param() == definition
    given = {"command": "view", "path": "/memories", "deep": {"x": [1]}}
    agent = Agent("keeper", model="claude-haiku-5-5", tools=[made], artifacts=False)
    with script(Reply.tool(made.name, **given), Reply.text("Done.")) as api:
        result = await agent.run("Go.")
    assert result.ok
    assert api.requests[0]["tools"] == [definition]
    assert json.loads(api.requests[1]["messages"][-1]["content"][0]["content"]) == given


@pytest.mark.anyio
async def test_its_function_takes_the_context_and_returns_what_any_tool_may() -> None:
    async def look(ctx: RunContext[str], input: JSONObject) -> Image:  # noqa: A002
        assert input == {"action": "screenshot"}
        assert ctx.deps == "screen"
        return Image.of(png())

    agent = Agent("user", model="claude-haiku-5-5", deps=str, tools=[Tool.from_api(COMPUTER, look)])
    with script(Reply.tool("computer", action="screenshot"), Reply.text("A page.")) as api:
        assert (await agent.run("What is there?", deps="screen")).ok
    assert api.requests[1]["messages"][-1]["content"][0]["content"][0]["type"] == "image"


@pytest.mark.anyio
async def test_a_toolset_is_one_tool_whose_members_are_actions() -> None:
    acted: list[JSONObject] = []

    async def act(input: JSONObject) -> str:  # noqa: A002
        acted.append(input)
        return "done"

    toolset = {"type": "computer_toolset_20260801", "configs": {"zoom": {"enabled": False}}}
    agent = Agent("user", model="claude-haiku-5-5", tools=[Tool.from_api(toolset, act)], artifacts=False)
    member = {"type": "tool_use", "toolset_name": "computer"}
    turn = Reply.block({**member, "name": "left_click", "input": {"coordinate": [1, 2]}})
    turn += Reply.block({**member, "name": "type", "input": {"text": "tea"}})
    with script(turn, Reply.text("Clicked.")) as api:
        result = await agent.run("Click.")
    assert result.ok
    assert api.requests[0]["tools"] == [toolset]
    assert acted == [{"action": "left_click", "coordinate": [1, 2]}, {"action": "type", "text": "tea"}]
    said = api.requests[1]["messages"]
    assert [block["name"] for block in said[1]["content"]] == ["left_click", "type"]
    assert [block["toolset_name"] for block in said[2]["content"]] == ["computer"] * 2
    resumed = agent.conversation(result.messages[:2])  # its calls are open: each gets a result of its toolset
    with script(Reply.text("It may have been clicked.")) as api:
        assert (await resumed.send("And?")).ok
    assert [block["toolset_name"] for block in api.requests[0]["messages"][2]["content"]] == ["computer"] * 2


def test_options_are_added_to_the_definition() -> None:
    made = Tool.from_api(MEMORY, do, defer_loading=True, allowed_callers=["code_execution_20260120"])
    assert made.to_param() == {**MEMORY, "allowed_callers": ["code_execution_20260120"], "defer_loading": True}
    assert Tool.from_api(MEMORY, do, strict=True).to_param() == {**MEMORY, "strict": True}


@pytest.mark.parametrize("definition", [MEMORY, BASH, COMPUTER, {"type": "computer_toolset_20260801"}])
def test_a_dictionary_without_a_function_is_refused_with_the_fix(definition: JSONObject) -> None:
    with pytest.raises(DefinitionError, match=r"Agent\('keeper', tools=.*executed by your program.*Tool\.from_api"):
        Agent("keeper", model="claude-haiku-5-5", tools=[definition])


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (CODE, r"'code_execution'\): the API executes code_execution_20260120 itself"),
        ({"type": "web_search_20260318", "name": "web_search"}, "give its dictionary to Agent"),
        ({"type": "memory_20250818"}, "lacks its `name`"),
        ({"name": "find"}, "it takes the API's own dictionary"),
        ({"type": "custom", "name": "find"}, "it takes the API's own dictionary"),
        ("memory", "it takes the API's own dictionary"),
        ({"type": "memory_20250818", "name": "my memory"}, "the name 'my memory' does not work"),
    ],
)
def test_what_is_no_such_tool_is_refused_with_the_fix(definition: Any, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        Tool.from_api(definition, do)


def test_code_may_call_a_tool_only_where_something_runs_code() -> None:
    @tool(effect="read", allowed_callers=["direct", "code_execution_20260120"])
    def stock(item: str) -> int:
        """How many are left."""
        return len(item)

    with pytest.raises(DefinitionError, match=r"code may call the tool 'stock', .* add the API's code execution"):
        Agent("shop", model="claude-haiku-5-5", tools=[stock])
    agent = Agent("shop", model="claude-haiku-5-5", tools=[stock, CODE])
    assert stock.to_param()["allowed_callers"] == ["direct", "code_execution_20260120"]
    with script(Reply.text("Hi.")) as api:
        assert agent.run_sync("Hi?").ok
    assert "strict" not in api.requests[0]["tools"][0]


@pytest.mark.anyio
async def test_a_tool_of_ones_own_finds_deferred_tools_instead_of_the_apis_search() -> None:
    @tool(effect="read", finds_tools=True)
    def find_tools(words: str) -> list[JSONObject]:
        """Find tools."""
        return [{"type": "tool_reference", "tool_name": words}]

    @tool(effect="read", defer_loading=True, examples=[{"currency": "GBP"}])
    def rate(currency: str) -> float:
        """The rate of a currency."""
        return len(currency)

    agent = Agent("bank", model="claude-haiku-5-5", tools=[find_tools, rate], artifacts=False)
    replies = Reply.tool("find_tools", words="rate"), Reply.tool("rate", currency="GBP"), Reply.text("3")
    with script(*replies) as api:
        assert (await agent.run("Pound?")).ok
    assert [param["name"] for param in api.requests[0]["tools"]] == ["find_tools", "rate"]
    assert api.requests[0]["tools"][1]["input_examples"] == [{"currency": "GBP"}]
    with script(Reply.text("Hi.")) as api:
        assert (await Agent("bank", model="claude-haiku-5-5", tools=[rate], artifacts=False).run("Hi?")).ok
    assert [param["name"] for param in api.requests[0]["tools"]] == ["rate", "tool_search_tool_bm25"]
