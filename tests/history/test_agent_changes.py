"""What a model is told of an agent that has changed since the conversation began."""

from __future__ import annotations

from dataclasses import replace

from agentkit import tool
from agentkit.history.agent_changes import describe_changes
from agentkit.messages.message import JSONObject
from agentkit.messages.request import PromptPrefix
from agentkit.tools.reserved_names import ANSWER_TOOL
from agentkit.tools.toolset import AnyTool


@tool(effect="read")
def look(word: str) -> int:
    """Look a word up."""
    return len(word)


@tool(effect="read")
def order(name: str) -> int:
    """Order something."""
    return len(name)


@tool(name="look", effect="read")
def look_twice(word: str, times: int = 2) -> int:
    """Look a word up, several times."""
    return times


def offer(system: str | None = None, *tools: AnyTool | JSONObject, by_tool: JSONObject | None = None) -> PromptPrefix:
    params = [one if isinstance(one, dict) else one.to_param() for one in tools]
    if by_tool is not None:
        params.append({"name": ANSWER_TOOL, "description": "", "input_schema": by_tool})
    return PromptPrefix(system, params, answers_by_tool=by_tool is not None)


def told(began: PromptPrefix, now: PromptPrefix, *tools: AnyTool, known: PromptPrefix | None = None) -> str | None:
    return describe_changes(began, known or began, now, {one.name: one for one in tools})


def test_nothing_is_told_where_nothing_has_changed() -> None:
    assert told(offer("Be brief.", look), offer("Be brief.", look), look) is None


def test_new_instructions_are_told_in_full() -> None:
    said = told(offer("Be brief."), offer("Be kind."))
    assert said == "Your instructions have changed. From now on, instead of the earlier ones:\nBe kind."
    assert told(offer("Be brief."), offer()) == "Your earlier instructions no longer hold."


def test_tools_that_are_gone_are_named_and_so_are_the_apis_own() -> None:
    web: JSONObject = {"type": "web_search_20250305", "name": "web_search"}
    said = told(offer(None, look, order, web), offer(None, look), look)
    assert said == "These tools are no longer available: order, web_search. Do not call them any more."


def test_what_was_told_before_is_not_told_again_and_a_tool_may_come_back() -> None:
    began = offer(None, look, order)
    assert told(began, offer(None, look), look, known=offer(None, look)) is None
    assert told(began, began, look, order, known=offer(None, look)) == "These tools are available again: order."


def test_a_tool_that_has_changed_is_described_anew() -> None:
    said = told(offer(None, look), offer(None, look_twice), look_twice)
    assert said is not None
    assert said.startswith('The tool `look` has changed. It is now: {"name":"look"')
    assert '"times"' in said


def test_a_tool_that_is_strict_now_or_no_longer_has_not_changed() -> None:
    loose, strict = offer(None, look.to_param(strict=False)), offer(None, look.to_param(strict=True))
    assert told(loose, strict, look) is None
    assert told(strict, loose, look) is None


def test_a_new_tool_is_not_told() -> None:
    assert told(offer(None, look), offer(None, look, order), look) is None


def test_how_the_answer_has_to_come_is_told_where_neither_format_nor_tool_says_it() -> None:
    schema: JSONObject = {"type": "object", "properties": {"title": {}}}
    text, typed = offer(None, look), replace(offer(None, look), answer_format={"type": "json_schema"})
    by_tool = offer(None, look, by_tool=schema)
    assert told(text, typed, look) is None
    assert told(typed, text, look) == "Your answer is plain text from now on."
    said = told(text, by_tool, look)
    assert said is not None
    assert said.endswith('nothing else, that fits this schema: {"type":"object","properties":{"title":{}}}')
    assert told(text, by_tool, look, known=by_tool) is None
    said = told(by_tool, offer(None, look, by_tool={**schema, "properties": {}}), look)
    assert said is not None
    assert said.startswith(f"The tool `{ANSWER_TOOL}` has changed.")
    said = told(by_tool, text, look)
    assert said is not None
    assert f"no longer available: {ANSWER_TOOL}" in said
    assert "plain text" in said
